"""Rows that are evaluated and on their way into a table, and what is refused in them.

The same for every engine, with the same words. Not for the columns' fit with a table's, which is
known before (`columns`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.write.column_contract import (
    LONGEST_IN_PATH,
    MISSING_IN_PATH,
    not_in_path,
    require_key_types,
    require_partition_types,
)
from lakeproof.delta.write.engine import Write
from lakeproof.digest import RowSet, TableFacts
from lakeproof.errors import RowKeyError, SchemaError
from lakeproof.spelling import PERSONAL
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from types import TracebackType


class Staged(ABC):
    """Rows that are evaluated, and can be looked at as often as needed; a context manager.

    Args:
        location: The table they go to.
    """

    columns: dict[str, str]
    rows: int

    def __init__(self, location: Location) -> None:
        self._location = location
        self._facts: dict[tuple[str, ...], TableFacts] = {}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        """Let go of the rows, whatever became of them."""
        self.drop()

    @abstractmethod
    def drop(self) -> None:
        """Let go of the rows."""

    @abstractmethod
    def lazy(self) -> pl.LazyFrame:
        """Give the rows as a lazy frame of Polars, as often as wanted."""

    def pieces(self) -> Iterator[pl.LazyFrame]:
        """Give the rows piece by piece, each of which takes little memory."""
        yield self.lazy()

    def facts(self, columns: list[str]) -> TableFacts:
        """Digest the rows, with their columns in an order; once, whatever the orders asked for."""
        key = tuple(columns)
        if key not in self._facts:
            known = (facts for names, facts in self._facts.items() if {*names} == {*key})
            if (facts := next(known, None)) is not None:
                self._facts[key] = facts.in_order(key)
            else:
                self._facts[key] = self._digested(columns)
        return self._facts[key]

    def _digested(self, columns: list[str]) -> TableFacts:
        rows = RowSet()
        for piece in self.pieces():
            rows.update(piece.select(columns))
        return rows.facts()


def partitions_of(write: Write) -> list[str]:
    """Give the columns by which files are laid out: those of the table, where there is one."""
    if write.current is not None:
        return list(write.current.table.metadata().partition_columns)
    return list(write.args.partition_by)


def require_partitions(staged: Staged, write: Write) -> None:
    """Refuse values by which both engines cannot lay out files, or that a path would not give back.

    Raises:
        SchemaError: Naming the first such column.
    """
    columns = [column for column in partitions_of(write) if column in staged.columns]
    if told := [column for column in columns if column in write.personal]:
        raise SchemaError(
            f"Column '{told[0]}' of table '{write.location.name}' is personal, and would lay out "
            "its files: its values would stand in the log and in paths. The table is as it was. "
            "Take the column out of save_args.partition_by."
        )
    require_partition_types(
        write.location.name, columns, staged.columns, is_there=write.current is not None
    )
    for column in columns:
        if staged.columns[column] == "string":
            text = pl.col(column)
            is_lost = (
                (text.str.len_bytes() > LONGEST_IN_PATH)
                | text.is_in(["", MISSING_IN_PATH])
                | text.str.contains("\x00", literal=True)
            )
            if staged.lazy().select(is_lost.any()).collect().item():
                raise not_in_path(write.location.name, column)


def first_plain_times(staged: Staged, current: OpenedTable) -> str | None:
    """Name the column that brings a table its first times without a zone.

    Such times are a feature of the table's protocol.
    """
    protocol = current.table.protocol()
    if "timestampNtz" in (*(protocol.reader_features or ()), *(protocol.writer_features or ())):
        return None
    return next((name for name, kind in staged.columns.items() if "timestamp_ntz" in kind), None)


def require_no_new_plain_times(staged: Staged, write: Write) -> None:
    """Refuse what no engine's merge makes right: it leaves a table that nobody can open.

    Raises:
        SchemaError: Naming the column that brings a table its first times without a zone.
    """
    column = first_plain_times(staged, write.current) if write.current is not None else None
    if column is not None:
        raise SchemaError(
            f"Column '{column}' for table '{write.location.name}' is {staged.columns[column]}, the "
            "first times without a zone that it gets, which a merge cannot bring. The table is as "
            "it was. Give them a zone in the node, or bring the column by an append or overwrite "
            "first."
        )


def require_key(staged: Staged, write: Write) -> None:
    """Refuse rows that their key does not tell apart.

    Raises:
        RowKeyError: If there is no key, or a value of it is null or there twice.
        SchemaError: If a column of it has a type that is none for a key.
    """
    name, key = write.location.name, list(write.key)
    absent = [column for column in key if column not in staged.columns]
    if not key or absent:
        raise RowKeyError(
            f"save_args.mode {write.args.mode} of table '{name}' needs a key, and "
            + (f"the rows have no column '{absent[0]}'." if absent else "the catalog names none.")
            + " The table is as it was. Set `key` of the catalog entry."
        )
    require_key_types(name, key, staged.columns)
    keys = staged.lazy().select(key)
    empty = keys.filter(pl.any_horizontal(pl.all().is_null())).head(1).collect()
    if empty.height:
        raise RowKeyError(
            f"A row for table '{name}' has no value in its key ({', '.join(key)}). The table is as "
            "it was."
        )
    # Sorting takes less memory than a set; which key repeats is asked only when one does.
    in_order = keys.sort(key).collect()
    repeats = pl.all_horizontal(pl.col(column) == pl.col(column).shift() for column in key)
    if in_order.select(repeats.any()).item():
        shown = PERSONAL if write.personal.intersection(key) else None
        repeated = in_order.group_by(key).len().filter(pl.col("len") > 1).sort(key).head(1)
        raise RowKeyError(
            f"Rows for table '{name}' hold the key {shown or _shown(repeated.row(0)[:-1])} "
            f"{repeated['len'][0]} times. The table is as it was. Keep one row of each key."
        )


def _shown(key: tuple[Any, ...]) -> str:
    return repr(key[0]) if len(key) == 1 else repr(key)
