"""Guess what the columns of files are: types, formats, marks, and what means a missing value.

Every guess is held against every value that was looked at, by the rules by which deliveries are
read; where two readings fit, the text stays a text and a remark says so.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.rows.text_values import value_of_text
from lakeproof.deliveries.rows.values import POLARS

_MARKERS = ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "-", "--", "?", ".")
_WORDS = (
    ("true", "false"),
    ("True", "False"),
    ("TRUE", "FALSE"),
    ("yes", "no"),
    ("Yes", "No"),
    ("YES", "NO"),
    ("ja", "nein"),
    ("Ja", "Nein"),
    ("oui", "non"),
    ("Y", "N"),
    ("y", "n"),
    ("T", "F"),
)
_MARKS: tuple[dict[str, str], ...] = (
    {},
    {"decimal": ","},
    {"decimal": ",", "thousands": "."},
    {"thousands": ","},
    {"thousands": "'"},
    {"decimal": ",", "thousands": " "},
    {"decimal": ",", "thousands": "\u00a0"},
    {"decimal": ",", "thousands": "\u202f"},
)
_DATES = ("", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%Y/%m/%d")
_CLOCKS = (" %H:%M:%S", " %H:%M", "T%H:%M:%S")


@dataclass
class Guessed:
    """One column.

    Args:
        header: Its name in the file.
        kind: Its Delta type.
        own: What its text means, where that is not the default.
        markers: What means a missing value in it.
        is_nullable: Whether a value is missing.
        is_optional: Whether a file is without it.
        remarks: What a person should look at.
    """

    header: str
    kind: str = "string"
    own: dict[str, Any] = field(default_factory=dict)
    markers: tuple[str, ...] = ()
    is_nullable: bool = False
    is_optional: bool = False
    remarks: list[str] = field(default_factory=list)


def guess_column(header: str, values: pl.Series) -> Guessed:
    """Find what all values of a column can be.

    Args:
        header: Its name.
        values: As they are in the files: text, or with types.
    """
    if values.dtype != pl.String:
        return _typed(header, values)
    text = values.filter(values.is_not_null() & (values != ""))
    present = set(text.str.strip_chars().unique().to_list())
    markers = tuple(marker for marker in _MARKERS if marker in present)
    bare = text.filter(~text.str.strip_chars().is_in(list(markers)))
    found = _read_as(header, bare) if bare.len() else Guessed(header)
    found.markers = markers
    found.is_nullable = text.len() < values.len() or bool(markers)
    if not bare.len():
        found.remarks.append("no value was seen")
    return found


def _typed(header: str, values: pl.Series) -> Guessed:
    kind = next((name for name, one in POLARS.items() if one == values.dtype), "")
    if not kind and values.dtype.is_integer():
        kind = "long"
    elif not kind and isinstance(values.dtype, pl.Datetime):
        kind = "timestamp"
    elif not kind and values.dtype.is_decimal():
        kind = "double"
    found = Guessed(header, kind or "string", is_nullable=values.null_count() > 0)
    if kind == "timestamp" and values.dtype.time_zone is None:  # type: ignore[attr-defined]
        found.own = {"zone": "UTC"}
        found.remarks.append("its times say no zone; UTC is a guess")
    if values.dtype.is_float() and values.is_nan().any():
        found.markers, found.is_nullable = ("NaN",), True
    return found


def _read_as(header: str, text: pl.Series) -> Guessed:
    words = set(text.unique().head(3).to_list())
    for true, false in _WORDS:
        if words <= {true, false}:
            default = Dialect()
            is_default = true in default.true_values and false in default.false_values
            own = {} if is_default else {"true_values": [true], "false_values": [false]}
            return Guessed(header, "boolean", own)
    # A number is not padded: 00107 is a code.
    if not text.str.contains(r"^\s*[+-]?0[0-9]").any():
        for marks in _MARKS:
            if marks and not text.str.contains("[,.' \u00a0\u202f]").any():
                break
            for kind in ("long", "double"):
                if _is(text, kind, **marks):
                    return _number(header, text, kind, marks)
    return _time(header, text)


def _number(header: str, text: pl.Series, kind: str, marks: dict[str, str]) -> Guessed:
    found = Guessed(header, kind, dict(marks))
    if kind == "long" and "decimal" in marks:
        del found.own["decimal"]
    if "thousands" in marks and not text.str.contains(r"[0-9].*[.,' \u00a0\u202f].*[.,]").any():
        found.remarks.append(f"is {text[0]!r} a number with a mark of thousands?")
    return found


def _time(header: str, text: pl.Series) -> Guessed:
    if fits := [form for form in _DATES if _is(text, "date", date_format=form)]:
        found = Guessed(header, "date", {"format": fits[0]} if fits[0] else {})
        if len({form.replace("/", ".") for form in fits}) > 1:
            return Guessed(
                header,
                remarks=[f"reads as a date by {' and by '.join(fits)}: say which by `format`"],
            )
        return found
    if _is(text, "timestamp"):
        return Guessed(header, "timestamp")
    remark = "its times say no zone; UTC is a guess"
    if _is(text, "timestamp", zone="UTC"):
        return Guessed(header, "timestamp", {"zone": "UTC"}, remarks=[remark])
    for day, clock in ((day, clock) for day in _DATES[1:] for clock in _CLOCKS):
        form = day + clock
        if _is(text, "timestamp", timestamp_format=form, zone="UTC"):
            return Guessed(header, "timestamp", {"format": form, "zone": "UTC"}, remarks=[remark])
    return Guessed(header)


def _is(text: pl.Series, kind: str, **dialect: Any) -> bool:
    """Tell whether every text is a value of a type; the first few are asked before the rest."""
    for some in (text.head(100), text):
        frame = some.to_frame("text")
        value = value_of_text(pl.col("text"), kind, POLARS[kind], Dialect(**dialect))
        if frame.select(value.is_null().any()).item():
            return False
    return True


def table_names(headers: list[str]) -> Iterator[str]:
    """Give each header a name that Delta takes on both engines: its words, joined by `_`."""
    seen: set[str] = set()
    for header in headers:
        name = unicodedata.normalize("NFC", header)
        if re.search(r"[^\w]", name) or not name.strip():
            name = re.sub(r"\W+", "_", name).strip("_") or "column"
        base, number = name, 2
        while name.casefold() in seen:
            name, number = f"{base}_{number}", number + 1
        seen.add(name.casefold())
        yield name
