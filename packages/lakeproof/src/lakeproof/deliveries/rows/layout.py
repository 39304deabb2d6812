"""Hold a delivery's header against the schema, and lay its rows out as declared.

Not for what is in the rows: `checked` looks at that while they stream.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeproof.configuration import similar
from lakeproof.deliveries.delivery_errors import refusal, shown
from lakeproof.deliveries.rows.files import stem_of
from lakeproof.deliveries.schema import Column
from lakeproof.spelling import first_of

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

COMPLETE = "Put the complete file in its place, or take it away, and run again: kedro run"


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, and where they stand.

    Args:
        names: In the file's order.
        line: The line on which they stand; None where the format has no lines.
        has_rows: Whether at least one row follows.
        skipped: How many lines before them are none of the table.
        has_trailing: Whether each row ends with one separator more than there are columns.
    """

    names: tuple[str, ...]
    line: int | None = None
    has_rows: bool = True
    skipped: int = 0
    has_trailing: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """What one file has of the schema.

    Args:
        header: The file's own.
        columns: The columns of its rows, in the schema's order, computed ones included.
        stem: The file's name without its ending, which computed columns are made of.
        key: The names of the key.
    """

    header: Header
    columns: tuple[Column, ...]
    stem: str
    key: tuple[str, ...]

    @property
    def from_file(self) -> tuple[Column, ...]:
        """The columns whose values stand in the file."""
        return tuple(column for column in self.columns if column.origin == "column")


def lay_out(delivery: "Delivery", header: Header) -> Layout:
    """Hold the header of a delivery against its schema.

    Raises:
        DeliveryError: The file is a header alone, or the header is not the schema's.
    """
    _refuse_other_columns(delivery, list(header.names), header.line)
    if not header.has_rows:
        raise refusal(delivery.name, "it has a header and no rows", remedy=COMPLETE)
    columns = tuple(
        column
        for column in delivery.schema.columns
        if column.origin != "column" or column.header in header.names
    )
    return Layout(header, columns, stem_of(delivery.name), delivery.schema.key)


def _refuse_other_columns(delivery: "Delivery", headers: list[str], line: int | None) -> None:
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
                remedy=_remedy_for_stranger(header, headers, absent),
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
    separator = headers[0].removeprefix("sep=")[:1] or delivery.dialect.separator
    if headers[0].startswith("sep="):
        return (
            "Its first line names the separator. Say so in catalog.yml: "
            f'csv: {{separator: "{separator}", sep_line: true}}'
        )
    if len(headers) == 1:
        return (
            f"The separator is {shown(delivery.dialect.separator)}: if the file has another, say "
            'so in catalog.yml, such as csv: {separator: ";"}'
        )
    strangers = [header for header in headers if header not in declared]
    if twin := _twin(column.header, strangers):
        return (
            f"The two differ in Unicode form alone ({_form(column.header)} and {_form(twin)}). "
            f"Say in catalog.yml how the file spells it: header: {_escaped(twin)}"
        )
    return (
        "Add it to the file, or declare it `optional: true` in catalog.yml."
        f"{similar(column.header, strangers)}"
    )


def _remedy_for_stranger(header: str, headers: list[str], absent: list[str]) -> str:
    if header == "" and headers[-1] == "":
        return (
            "Each line ends with a separator too many. Take it out, or say so in catalog.yml: "
            "csv: {trailing_separator: true}"
        )
    if header == "":
        return (
            "It has no name, as the index that pandas writes. Leave it out of the file (index="
            'False), or declare it in catalog.yml: index: {type: long, header: ""}'
        )
    if twin := _twin(header, absent):
        return (
            f"The schema's differs in Unicode form alone ({_form(header)} and {_form(twin)}). Say "
            f"in catalog.yml how the file spells it: header: {_escaped(header)}"
        )
    return (
        f"Declare it under `schema` in catalog.yml ({header[:60]}: {{type: …, optional: true}}) or "
        f"take it out of the file.{similar(header, absent)}"
    )


def _twin(name: str, others: Iterable[str]) -> str | None:
    """Find the name that looks the same and is written with other characters."""
    form = unicodedata.normalize("NFC", name)
    return next((one for one in others if unicodedata.normalize("NFC", one) == form), None)


def _form(name: str) -> str:
    return "composed" if unicodedata.is_normalized("NFC", name) else "decomposed"


def _escaped(name: str) -> str:
    """Write a name as YAML takes it from ASCII alone."""
    return '"' + "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in name[:60]) + '"'


def _listed(headers: list[str]) -> str:
    return first_of([shown(header) for header in headers], 6)
