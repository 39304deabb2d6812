"""Values that changed, by column: how many, and the first few by key."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from lakeproof.delta.diff.row_words import as_arrow
from lakeproof.delta.diff.table_diff import ColumnChange, Values
from lakeproof.digest.tables.row_words import unequal


class Changes:
    """Gather what changed, from rows of both versions that have the same keys.

    Args:
        key: The columns of the key.
        columns: The others that both versions have.
        most: How many values of a column are shown.
    """

    def __init__(self, key: list[str], columns: list[str], most: int) -> None:
        self._key = key
        self._columns = columns
        self._most = most
        self._counts = dict.fromkeys(columns, 0)
        self._first: dict[str, list[Values]] = {column: [] for column in columns}

    def add(self, ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
        """Take in rows of some keys, in any order."""
        a, b = (frame.sort(self._key, nulls_last=True) for frame in (ours, theirs))
        for column in self._columns:
            places = np.flatnonzero(unequal(as_arrow(a[column]), as_arrow(b[column])))
            self._counts[column] += len(places)
            for place in places[: self._most].tolist():
                key = a.select(self._key).row(place, named=True)
                self._first[column].append(Values(key, a[column][place], b[column][place]))

    def told(self) -> tuple[ColumnChange, ...]:
        """Give the columns with changed values."""
        return tuple(self._told())

    def _told(self) -> Iterator[ColumnChange]:
        for column, count in self._counts.items():
            if count:
                # Rows came in pieces, each in its own order.
                first = sorted(self._first[column], key=_place)[: self._most]
                yield ColumnChange(column, count, tuple(first))


def _place(values: Values) -> tuple[tuple[bool, object], ...]:
    return tuple((value is None, value) for value in values.key.values())
