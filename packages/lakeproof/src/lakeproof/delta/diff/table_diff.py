"""What is known of the difference between two versions: facts, apart from how they are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Values:
    """One value that changed.

    Args:
        key: The row's key.
        a: The value in the first version.
        b: The value in the second.
    """

    key: Row
    a: Any
    b: Any


@dataclass(frozen=True)
class ColumnChange:
    """A column whose values changed in rows that both versions have.

    Args:
        name: Its name.
        changed: In how many rows.
        first: Those of the least keys.
    """

    name: str
    changed: int
    first: tuple[Values, ...]


@dataclass(frozen=True)
class SchemaChange:
    """A column that only one of the versions has, or has as another type; `None` for absent."""

    column: str
    a: str | None
    b: str | None


@dataclass(frozen=True)
class TableDiff:
    """What differs.

    Args:
        compared_by: `key`, or `content` where no key tells the rows apart.
        key: The columns of the key; none where content was compared.
        reason: Why it is by content, where the table has a key.
        added: Rows of the second version that the first has not.
        removed: The reverse.
        changed: Rows of one key with other values.
        columns: The columns with changed values, in the table's order.
        first_added: Some of the rows that came, of the least keys.
        first_removed: Some of those that went.
        schema_changes: Columns that came, went or became another type.
    """

    compared_by: Literal["key", "content"]
    key: tuple[str, ...]
    reason: str | None
    added: int
    removed: int
    changed: int
    columns: tuple[ColumnChange, ...]
    first_added: tuple[Row, ...]
    first_removed: tuple[Row, ...]
    schema_changes: tuple[SchemaChange, ...]

    @property
    def is_same(self) -> bool:
        """Tell whether rows and columns are the same, in whatever order and layout."""
        return not (self.added or self.removed or self.changed or self.schema_changes)
