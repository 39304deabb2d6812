"""A table of predictions, read: its keys, what was true, what was said, how sure it was."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

# As `mixes` writes it into the file: the columns that tell the rows apart.
_KEY = b"lakeproof.key"
_USUAL = ("actual", "predicted")
_MOST_COLUMNS = 8


@dataclass(frozen=True)
class ScoredRows:
    """The rows of one run, in the order of their key.

    Args:
        keys: What tells each apart.
        columns: Of the others, by name; one value per row.
        actual: The column of what was true, once it is known which that is.
        predicted: That of what was said.
    """

    keys: tuple[Any, ...]
    columns: dict[str, Any] = field(default_factory=dict)
    actual: str = "actual"
    predicted: str = "predicted"

    @property
    def truth(self) -> Any:
        """What was true, a value per row."""
        return self.columns[self.actual]

    @property
    def said(self) -> Any:
        """What was said, a value per row."""
        return self.columns[self.predicted]

    @property
    def probability_of_truth(self) -> Any | None:
        """How probable what was true was said to be; `None` without a column for each class."""
        truth = self.truth.astype(str)
        found = np.full(len(truth), np.nan)
        for label in np.unique(truth):
            ending = f"_{label}".lower()
            columns = [name for name in self.columns if name.lower().endswith(ending)]
            if len(columns) != 1 or self.columns[columns[0]].dtype.kind != "f":
                return None
            rows = truth == label
            found[rows] = self.columns[columns[0]][rows]
        return found

    def with_columns(self, actual: str, predicted: str) -> "ScoredRows":
        """Take two columns for what was true and what was said."""
        return ScoredRows(self.keys, self.columns, actual, predicted)


def read_rows(path: Path) -> ScoredRows | None:
    """Read a table of predictions; `None` where nothing tells its rows apart."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    key = json.loads((table.schema.metadata or {}).get(_KEY, b"[]"))
    if not key or table.num_rows == 0:
        return None
    keys = tuple(zip(*(table.column(name).to_pylist() for name in key), strict=True))
    if len(set(keys)) != len(keys):
        return None
    others = [name for name in table.column_names if name not in key]
    return ScoredRows(keys, {name: table.column(name).to_numpy() for name in others})


def pairs_of(rows: ScoredRows) -> Iterator[tuple[str, str]]:
    """Give pairs of columns that may be what was true and what was said, the usual one first."""
    if set(_USUAL) <= rows.columns.keys():
        yield _USUAL
    names = list(rows.columns)[:_MOST_COLUMNS]
    yield from (pair for pair in permutations(names, 2) if pair != _USUAL)
