"""The rules by which text becomes a value: strict, and the same whatever the file.

- A missing value is empty text, and what the dialect says; nothing else: `NA` or a blank is text.
- Blanks around a number, a date or a time are cut off; around anything else they belong to it.
- A whole number is a sign and decimal digits: no hexadecimal, no exponent, no underscore.
- `nan`, `inf` and numbers too large for their type are no numbers: no NaN enters from a file.
- A time says its zone (`2026-01-31T00:00:00Z`), or the dialect does: two machines would read two
  instants. One that the zone's clock shows twice, or never, is refused.
"""

import re
from typing import Any

import polars as pl

from lakeproof.deliveries.dialect import Dialect

_BLANKS = " \t"
_ISO_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_TIME = (
    "^(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<hour>[0-9]{2})"
    r"(?P<minute>:[0-9]{2})?(?P<second>:[0-5][0-9](?:\.[0-9]{1,6})?)?"
    "(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?$"
)
_MOST_HOURS_FROM_UTC = 24


def is_marker(text: pl.Expr, kind: str, dialect: Dialect) -> pl.Expr:
    """Tell where a field means a missing value."""
    if not dialect.null_values:
        return text.is_null() | (text == "")
    bare = text if kind == "string" else text.str.strip_chars(_BLANKS)
    return text.is_null() | bare.is_in(["", *dialect.null_values])


def value_of_text(text: pl.Expr, kind: str, wanted: Any, dialect: Dialect) -> pl.Expr:
    """Give the value that a field is of a type; null where it is none, or missing.

    Args:
        text: The field.
        kind: The declared type, by Delta's name.
        wanted: The same as Polars has it.
        dialect: Of the column.
    """
    if dialect.null_values or kind == "string":
        text = pl.when(~is_marker(text, kind, dialect)).then(text)
    if kind == "string":
        return text
    if kind == "boolean":
        is_true, is_false = (
            text.is_in(list(words)) for words in (dialect.true_values, dialect.false_values)
        )
        return pl.when(is_true).then(True).when(is_false).then(False)
    bare = text.str.strip_chars(_BLANKS)
    if kind == "date":
        return _date(bare, dialect)
    if kind == "timestamp":
        return _time(bare, dialect)
    if kind in ("double", "float"):
        number = _plain_number(bare, dialect).cast(wanted, strict=False)
        return pl.when(number.is_finite()).then(number)
    whole = _plain_number(bare, dialect)
    if dialect.point_zero:
        without = whole.str.extract(r"^([+-]?[0-9]+)\.0*$")
        whole = pl.coalesce(without, whole)
    return whole.cast(wanted, strict=False)


def _plain_number(text: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Take the marks of a language out of a number; null where they stand in wrong places."""
    decimal, thousands = dialect.decimal, dialect.thousands
    if thousands:
        mark, point = re.escape(thousands), re.escape(decimal)
        groups = f"^[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{point}[0-9]*)?$"
        text = (
            pl.when(text.str.contains(groups))
            .then(text.str.replace_all(thousands, "", literal=True))
            .when(~text.str.contains(thousands, literal=True))
            .then(text)
        )
    if decimal != ".":
        text = pl.when(~text.str.contains(".", literal=True)).then(
            text.str.replace(decimal, ".", literal=True)
        )
    return text


def _date(text: pl.Expr, dialect: Dialect) -> pl.Expr:
    if not dialect.date_format:
        day = pl.when(text.str.contains(_ISO_DATE)).then(text)
        return _in_delta(day.str.to_date("%Y-%m-%d", strict=False), 1)
    return _in_delta(
        text.str.to_date(dialect.date_format, strict=False), _first_year(dialect.date_format)
    )


def _time(text: pl.Expr, dialect: Dialect) -> pl.Expr:
    form = dialect.timestamp_format
    if form:
        # What is finer than Delta has it would be cut off without a word.
        text = pl.when(~text.str.contains(r"\.[0-9]{7,}")).then(text)
        return _in_delta(_instant(text, form, dialect.zone), _first_year(form))
    part = text.str.extract_groups(_ISO_TIME).struct.field
    clock = pl.concat_str(
        part("day"),
        pl.lit("T"),
        part("hour"),
        part("minute").fill_null(pl.lit(":00")),
        # Seconds without minutes are none.
        pl.when(part("minute").is_not_null() | part("second").is_null()).then(
            part("second").fill_null(pl.lit(":00"))
        ),
    )
    offset = (
        pl.when(part("zone") == "Z")
        .then(pl.lit("+0000"))
        .otherwise(part("zone").str.replace(":", "", literal=True).str.pad_end(5, "0"))
    )
    is_offset = offset.str.slice(1, 2).cast(pl.Int8, strict=False) < _MOST_HOURS_FROM_UTC
    zoned = _instant(pl.when(is_offset).then(clock + offset), "%Y-%m-%dT%H:%M:%S%.f%z", "")
    if not dialect.zone:
        return _in_delta(zoned, 1)
    plain = pl.when(part("zone").is_null()).then(clock)
    return _in_delta(pl.coalesce(zoned, _instant(plain, "%Y-%m-%dT%H:%M:%S%.f", dialect.zone)), 1)


def _instant(text: pl.Expr, form: str, zone: str) -> pl.Expr:
    if has_zone(form):
        return text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
    if not zone:
        # Nobody knows which instant it is.
        return pl.when(text.is_null()).then(pl.lit(None, pl.Datetime("us", "UTC")))
    time = text.str.to_datetime(form, time_unit="us", strict=False)
    placed = time.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    return placed.dt.convert_time_zone("UTC")


def has_zone(form: str) -> bool:
    """Tell whether a format reads an offset from UTC."""
    return re.search("%[:#]*z", form) is not None


def _first_year(form: str) -> int:
    # `%Y` takes 26 for the year 26, where somebody wrote 2026.
    return 1000 if "%Y" in form else 1


def _in_delta(time: pl.Expr, first_year: int) -> pl.Expr:
    return pl.when(time.dt.year().is_between(first_year, 9999)).then(time)
