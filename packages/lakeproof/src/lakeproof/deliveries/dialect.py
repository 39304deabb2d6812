"""How text becomes values in the deliveries of one folder: punctuation, markers, formats.

Declared, never guessed: a guess can change with the file. The defaults are strict, each field
loosens one thing, and a column may say its own (`schema`). What was parsed with what is noted in
the commit. `kedro deliveries declare` looks at files and proposes a dialect.
"""

import codecs
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lakeproof.deliveries.declared import EDIT_THE_CATALOG, declared
from lakeproof.deliveries.delivery_errors import DeliveryError, shown

# What a column may say for itself; `format` stands for that of its type.
OF_COLUMNS = (
    "decimal",
    "thousands",
    "null_values",
    "true_values",
    "false_values",
    "date_format",
    "timestamp_format",
    "zone",
    "point_zero",
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What text means.

    Args:
        separator: One character between two fields.
        decimal: The decimal mark of `double` and `float` columns.
        thousands: The mark between groups of three digits; none where empty.
        encoding: Of the bytes, by its name in Python; a byte order mark is passed over.
        quote: What encloses a field, doubled within as RFC 4180 has it; none where empty.
        null_values: Fields that mean a missing value, beside the empty one.
        true_values: Fields that mean true.
        false_values: Fields that mean false.
        date_format: Such as `%d.%m.%Y`; ISO 8601 where empty.
        timestamp_format: Such as `%d.%m.%Y %H:%M`; ISO 8601 where empty.
        zone: The time zone of times that say none, such as `Europe/Zurich`.
        point_zero: Whether whole numbers may be written `1.0`.
        sep_line: Whether a first line `sep=;`, as spreadsheets write, is passed over.
        empty_rows: Whether rows of nothing but separators are passed over.
        trailing_separator: Whether each line may end with one separator more.
        sheet: The sheet of a workbook that has several.
    """

    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    encoding: str = "utf-8"
    quote: str = '"'
    null_values: tuple[str, ...] = ()
    true_values: tuple[str, ...] = ("true", "True", "TRUE", "1")
    false_values: tuple[str, ...] = ("false", "False", "FALSE", "0")
    date_format: str = ""
    timestamp_format: str = ""
    zone: str = ""
    point_zero: bool = False
    sep_line: bool = False
    empty_rows: bool = False
    trailing_separator: bool = False
    sheet: str = ""

    @classmethod
    def from_config(cls, config: Mapping[str, Any] | None) -> "Dialect":
        """Read the catalog entry's `csv`.

        Raises:
            DeliveryError: An unknown key, or marks that cannot be told apart.
        """
        dialect = declared(cls, {} if config is None else config, "`csv`")
        _refuse(dialect, "csv")
        refuse_contradiction(dialect, "csv")
        return dialect

    def of_column(self, own: tuple[tuple[str, Any], ...]) -> "Dialect":
        """Give the dialect of a column that says some things for itself."""
        return replace(self, **dict(own)) if own else self

    def differing(self) -> dict[str, Any]:
        """Give what is not as strict as the default, as the catalog entry would say it."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
            if value != getattr(_STRICT, name)
        }


_STRICT = Dialect()


def column_values(config: Mapping[str, Any], where: str, kind: str) -> tuple[tuple[str, Any], ...]:
    """Read what a column of the schema says of its own text.

    Args:
        config: Those keys of its declaration that are in `OF_COLUMNS`, and `format`.
        where: Its place, for messages.
        kind: Its type, whose format `format` is.

    Raises:
        DeliveryError: A value of another type, or one that cannot be.
    """
    said = dict(config)
    if "format" in said:
        if kind not in ("date", "timestamp"):
            raise DeliveryError(
                f"{where} is a {kind} and has a `format`: dates and timestamps have one. "
                f"{EDIT_THE_CATALOG}"
            )
        said[f"{kind}_format"] = said.pop("format")
    dialect = declared(Dialect, said, where)
    _refuse(dialect, where.strip("`"))
    return tuple((name, getattr(dialect, name)) for name in said)


def _refuse(dialect: Dialect, where: str) -> None:
    separator, decimal = dialect.separator, dialect.decimal
    if not _is_mark(separator) or separator.isalnum():
        raise DeliveryError(
            f"`{where}: separator` is {shown(separator)}: it must be one character that no "
            f'number and no quote has, such as "," ";" or "\\t". {EDIT_THE_CATALOG}'
        )
    # It may be the separator: then such numbers stand in quotes, or their row has a field too many.
    if decimal not in (".", ","):
        raise DeliveryError(
            f'`{where}: decimal` is {shown(decimal)}: the decimal mark must be "." or ",". '
            f"{EDIT_THE_CATALOG}"
        )
    if dialect.quote not in ("", '"', "'") or dialect.quote == separator:
        raise DeliveryError(
            f"`{where}: quote` is {shown(dialect.quote)}: it must be '\"', \"'\" or empty. "
            f"{EDIT_THE_CATALOG}"
        )
    _refuse_encoding(dialect.encoding, where)
    _refuse_times(dialect, where)


def refuse_contradiction(dialect: Dialect, where: str) -> None:
    """Refuse what cannot be told apart, of a whole dialect or of a column's own beside it.

    Raises:
        DeliveryError: Naming both.
    """
    decimal, thousands = dialect.decimal, dialect.thousands
    if thousands and (len(thousands) != 1 or thousands.isalnum() or thousands in f"{decimal}+-"):
        raise DeliveryError(
            f"`{where}: thousands` is {shown(thousands)}: it must be one character that is neither "
            f"digit nor sign nor the decimal mark {shown(decimal)}. {EDIT_THE_CATALOG}"
        )
    if both := set(dialect.true_values) & set(dialect.false_values):
        raise DeliveryError(
            f"`{where}` has {shown(min(both))} among `true_values` and among `false_values`. "
            f"{EDIT_THE_CATALOG}"
        )


def _refuse_encoding(encoding: str, where: str) -> None:
    try:
        is_text = getattr(codecs.lookup(encoding), "_is_text_encoding", True)
    except LookupError:
        is_text = False
    if not is_text:
        raise DeliveryError(
            f"`{where}: encoding` is {shown(encoding)}, which Python does not know; such as "
            f"utf-8, cp1252, latin-1 or utf-16. {EDIT_THE_CATALOG}"
        )


def _refuse_times(dialect: Dialect, where: str) -> None:
    for name in ("date_format", "timestamp_format"):
        text = getattr(dialect, name)
        if text and "%" not in text:
            raise DeliveryError(
                f"`{where}: {name}` is {shown(text)}: a format names its parts, such as "
                f'"%d.%m.%Y". {EDIT_THE_CATALOG}'
            )
    if dialect.zone:
        try:
            zoneinfo.ZoneInfo(dialect.zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise DeliveryError(
                f"`{where}: zone` is {shown(dialect.zone)}, which is no time zone; such as "
                f"Europe/Zurich or UTC. {EDIT_THE_CATALOG}"
            ) from None


def is_utf8(encoding: str) -> bool:
    """Tell whether bytes need not be decoded before they are split."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def _is_mark(text: str) -> bool:
    # Arrow splits bytes, not characters.
    return len(text) == 1 and text.isascii() and text not in '"\r\n-+. '
