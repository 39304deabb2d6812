"""What differs between two versions, without a value that belongs to a person."""

from collections.abc import Collection
from dataclasses import replace

from lakeproof.delta.diff.table_diff import ColumnChange, Row, TableDiff, Values
from lakeproof.spelling import PERSONAL


def masked(found: TableDiff, personal: Collection[str]) -> TableDiff:
    """Put a word in the place of each value of a personal column; counts stay as they are."""
    if not personal:
        return found

    def of_row(row: Row) -> Row:
        return {name: PERSONAL if name in personal else value for name, value in row.items()}

    def of_value(one: Values, is_personal: bool) -> Values:
        a, b = (PERSONAL, PERSONAL) if is_personal else (one.a, one.b)
        return Values(of_row(one.key), a, b)

    def of_column(one: ColumnChange) -> ColumnChange:
        values = (of_value(value, one.name in personal) for value in one.first)
        return replace(one, first=tuple(values))

    return replace(
        found,
        columns=tuple(map(of_column, found.columns)),
        first_added=tuple(map(of_row, found.first_added)),
        first_removed=tuple(map(of_row, found.first_removed)),
    )
