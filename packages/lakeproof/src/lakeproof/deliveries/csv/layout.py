"""Hold a delivery's header against the schema, and lay its rows out as declared.

Not for what is in the rows: `reading` looks at that while they stream.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from lakeproof.configuration import similar
from lakeproof.deliveries.csv.csv_records import is_text, records
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal, shown
from lakeproof.deliveries.schema import Column

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_COMPLETE = "Put the complete file in its place, or take it away, and run again: kedro run"


@dataclass(frozen=True, slots=True)
class Layout:
    """What one file has of the schema.

    Args:
        headers: The file's header, in the file's order.
        columns: The columns of its rows, in the schema's order, computed ones included.
        stem: The file's name without its ending, which computed columns are made of.
        key: The name of the key.
    """

    headers: tuple[str, ...]
    columns: tuple[Column, ...]
    stem: str
    key: str

    @property
    def from_file(self) -> tuple[Column, ...]:
        """The columns whose values stand in the file."""
        return tuple(column for column in self.columns if column.origin == "column")


def read_layout(delivery: "Delivery") -> Layout:
    """Read the header of a delivery, and no further than its first row.

    Raises:
        DeliveryError: The file is empty or a header alone, or the header is not the schema's.
    """
    found = records(delivery)
    line, headers = next(found, (0, []))
    if not headers:
        raise refusal(delivery.name, _emptiness(delivery), remedy=_COMPLETE)
    for header in headers:
        if not is_text(header):
            raise not_utf8(delivery.name, line)
    _refuse_other_columns(delivery, headers, line)
    if next(found, None) is None:
        raise refusal(delivery.name, "it has a header and no rows", remedy=_COMPLETE)
    columns = tuple(
        column
        for column in delivery.schema.columns
        if column.origin != "column" or column.header in headers
    )
    return Layout(tuple(headers), columns, PurePath(delivery.name).stem, delivery.schema.key)


def not_utf8(name: str, line: int) -> DeliveryError:
    """Word the refusal of bytes that are no text."""
    return refusal(
        name,
        "it has bytes that are not UTF-8 text",
        line=line,
        remedy="Save the file as UTF-8 and run again: kedro run",
    )


def _emptiness(delivery: "Delivery") -> str:
    size = delivery.path.stat().st_size
    return f"it has {size} bytes and no header" if size else "it is empty (0 bytes)"


def _refuse_other_columns(delivery: "Delivery", headers: list[str], line: int) -> None:
    declared = {column.header: column for column in delivery.schema.columns}
    for header, count in Counter(headers).items():
        if count > 1:
            raise refusal(
                delivery.name, f"its header names {shown(header)} {count} times", line=line
            )
    for column in delivery.schema.columns:
        if column.origin == "column" and not column.is_optional and column.header not in headers:
            raise refusal(
                delivery.name,
                f"it has no column {shown(column.header)}, which the schema declares; "
                f"it has {_listed(headers)}",
                line=line,
                remedy=_remedy_for_missing(delivery, column, headers, declared),
            )
    for header in headers:
        if header not in declared:
            absent = [name for name in declared if name not in headers]
            raise refusal(
                delivery.name,
                f"it has the column {shown(header)}, which the schema does not declare",
                line=line,
                remedy=f"Declare it under `schema` in catalog.yml ({header[:60]}: {{type: …, "
                f"optional: true}}) or take it out of the file.{similar(header, absent)}",
            )
        if declared[header].origin != "column":
            raise refusal(
                delivery.name,
                f"it has the column {shown(header)}, which the schema makes from the "
                f"{declared[header].origin}",
                line=line,
                remedy="Rename it in the file, or declare it without `from`",
            )


def _remedy_for_missing(
    delivery: "Delivery", column: Column, headers: list[str], declared: Iterable[str]
) -> str:
    if len(headers) == 1:
        return (
            f"The separator is {shown(delivery.dialect.separator)}: if the file has another, say "
            'so in catalog.yml, such as csv: {separator: ";"}'
        )
    strangers = [header for header in headers if header not in declared]
    return (
        "Add it to the file, or declare it `optional: true` in catalog.yml."
        f"{similar(column.header, strangers)}"
    )


def _listed(headers: list[str]) -> str:
    rest = f" and {len(headers) - 6} more" if len(headers) > 6 else ""
    return ", ".join(shown(header) for header in headers[:6]) + rest
