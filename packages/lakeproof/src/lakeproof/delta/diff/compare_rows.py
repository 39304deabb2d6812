"""Compare the rows of two versions: by key, or row by row where no key tells them apart.

The first pass makes a word of each row, and the words that both versions have fall away; only the
rows of the others are read, in a second pass, and of those only the columns whose values changed.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from lakeproof.delta.diff.aligned import in_step
from lakeproof.delta.diff.changed_values import Changes
from lakeproof.delta.diff.own_files import without_common_files
from lakeproof.delta.diff.row_words import (
    Among,
    Seen,
    SideWords,
    batches,
    count_of_parts,
    parts,
    words_of,
)
from lakeproof.delta.diff.table_diff import Row, SchemaChange, TableDiff
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.digest.tables.arithmetic import Words
from lakeproof.errors import LakeproofError, TableError

MOST_SHOWN = 3
# So many differing rows of a version are held at once.
_MOST_HELD = 1_000_000


def diff(
    a: OpenedTable, b: OpenedTable, key: Sequence[str], seen: Seen = lambda _: None
) -> TableDiff:
    """Tell what differs between two versions, of one table or of two.

    Args:
        a: The first version.
        b: The second.
        key: The columns whose values tell rows apart, where the catalog names them.
        seen: Gets the number of rows of each batch that is read.

    Raises:
        TableError: If rows cannot be read.
    """
    columns = [column for column in a.columns if column in b.columns]
    absent = [column for column in key if column not in columns]
    reason = f"column '{absent[0]}' of the key is not in both versions" if absent else None
    try:
        with tempfile.TemporaryDirectory(prefix="lakeproof-diff-") as folder:
            comparing = _Comparing.of(a, b, columns, seen, Path(folder))
            found = comparing.by_key(list(key)) if key and not absent else None
            if found is None and key and not absent:
                reason = f"a value of the key ({', '.join(key)}) is there more than once"
            by: Literal["key", "content"] = "content" if found is None else "key"
            found = comparing.by_content() if found is None else found
    except LakeproofError:
        raise
    except Exception as error:  # Polars, PyArrow and the digest have none in common
        raise TableError(
            f"The rows of table '{a.location.name}' at versions {a.version} and {b.version} cannot "
            f"be compared: {a.location.without_secrets(str(error))[:300]} Nothing was changed."
        ) from error
    changes = tuple(_schema_changes(a, b))
    return TableDiff(by, tuple(key) if by == "key" else (), reason, schema_changes=changes, **found)


@dataclass
class _Comparing:
    """Both versions, their words, and those words that one has more often than the other."""

    sides: tuple[OpenedTable, OpenedTable]
    columns: list[str]
    seen: Seen
    words: tuple[SideWords, SideWords]
    own: tuple[Words, Words]
    rows: tuple[int, int]
    is_repeated: bool

    @classmethod
    def of(
        cls, a: OpenedTable, b: OpenedTable, columns: list[str], seen: Seen, folder: Path
    ) -> "_Comparing":
        sides = without_common_files(a, b) or (a, b)
        ours, theirs = (
            words_of(side, columns, seen, folder / name)
            for name, side in zip("ab", sides, strict=True)
        )
        own: list[list[Words]] = [[], []]
        rows, is_repeated = [0, 0], False
        same = in_step(ours.words, theirs.words)
        sides_left = (ours.words, same[0]), (theirs.words, same[1])
        count = count_of_parts(ours.words, theirs.words)
        for number in range(count):
            pair = tuple(parts(*side, count, number) for side in sides_left)
            is_repeated |= any((one[1:] == one[:-1]).any() for one in pair)
            for place, (words, more) in enumerate(_more_often(*pair)):
                own[place].append(words)
                rows[place] += more
        joined = np.concatenate(own[0]), np.concatenate(own[1])
        both = ours, theirs
        return cls(sides, columns, seen, both, joined, (rows[0], rows[1]), is_repeated)

    def by_key(self, key: list[str]) -> dict[str, Any] | None:
        """Tell rows apart by their key; `None` where that is there more than once."""
        if self.is_repeated:
            return None
        sums = (side.sums for side in self.words)
        ours, theirs = sums
        others = [c for c in self.columns if ours.get(c, 0) != theirs.get(c, 0) and c not in key]
        found = self._by_key(key, others)
        if found is not None and (found["added"] or found["removed"]):
            others = [column for column in self.columns if column not in key]
            found = self._by_key(key, others)
        return found

    def by_content(self) -> dict[str, Any]:
        """Count the rows that one version has more often than the other."""
        least = [_Least([]), _Least([])]
        for place, one in enumerate(least):
            for frame in self._own_rows(place, self.columns):
                one.add(frame)
        return {
            "removed": self.rows[0],
            "added": self.rows[1],
            "changed": 0,
            "columns": (),
            "first_removed": least[0].rows(),
            "first_added": least[1].rows(),
        }

    def _by_key(self, key: list[str], others: list[str]) -> dict[str, Any] | None:
        changes, counts = Changes(key, others, MOST_SHOWN), {"removed": 0, "added": 0, "changed": 0}
        least = _Least(key), _Least(key)
        pieces = max(1, -(-max(map(len, self.own)) // _MOST_HELD))
        for piece in range(pieces):
            a, b = (self._held(place, key, others, piece, pieces) for place in (0, 1))
            if a.select(key).is_duplicated().any() or b.select(key).is_duplicated().any():
                return None
            on: dict[str, Any] = {"on": key, "nulls_equal": True}
            gone, come = a.join(b, how="anti", **on), b.join(a, how="anti", **on)
            least[0].add(gone)
            least[1].add(come)
            counts["removed"] += gone.height
            counts["added"] += come.height
            counts["changed"] += a.height - gone.height
            changes.add(a.join(b, how="semi", **on), b.join(a, how="semi", **on))
        first = {"first_removed": least[0].rows(), "first_added": least[1].rows()}
        return {**counts, **first, "columns": changes.told()}

    def _held(
        self, place: int, key: list[str], others: list[str], piece: int, pieces: int
    ) -> pl.DataFrame:
        """Read the rows that one version has alone: those of some keys, where they are many."""
        columns = [*key, *others]
        schema = {c: t for c, t in scan_schema(self.sides[place]).items() if c in columns}
        held = [pl.DataFrame(schema={column: schema[column] for column in columns})]
        for frame in self._own_rows(place, columns):
            if pieces > 1:
                # The same for equal keys on both sides, within one process.
                frame = frame.filter(pl.struct(key).hash() % pieces == piece)
            held.append(frame)
        return pl.concat(held)

    def _own_rows(self, place: int, columns: list[str]) -> Iterator[pl.DataFrame]:
        if not len(self.own[place]):
            return
        among, words, start = Among(self.own[place]), self.words[place].words, 0
        for frame in batches(self.sides[place], columns, self.seen):
            mask = among.mask(np.asarray(words[start : start + frame.height]))
            start += frame.height
            if mask.any():
                yield frame.filter(pl.Series(mask))


def scan_schema(side: OpenedTable) -> pl.Schema:
    """Give the columns of a version as Polars has them."""
    from lakeproof.delta.read.scan import scan

    return scan(side).collect_schema()


class _Least:
    """The rows of the least keys; of least content, where there is no key."""

    def __init__(self, key: list[str]) -> None:
        self._key = key
        self._frame: pl.DataFrame | None = None

    def add(self, frame: pl.DataFrame) -> None:
        both = frame if self._frame is None else pl.concat([self._frame, frame])
        order = self._key or [c for c, kind in frame.schema.items() if not kind.is_nested()]
        if not self._key and order:
            both = both.unique(order)
        in_order = both.sort(order, nulls_last=True) if order else both
        self._frame = in_order.head(MOST_SHOWN)

    def rows(self) -> tuple[Row, ...]:
        return () if self._frame is None else tuple(self._frame.rows(named=True))


def _more_often(ours: Words, theirs: Words) -> Iterator[tuple[Words, int]]:
    """Give, for each side, the words that it has more often, and how many rows more that is."""
    words = np.sort(np.concatenate([ours, theirs]), kind="stable")
    is_edge = np.ones(len(words) + 1, dtype=bool)
    is_edge[1:-1] = words[1:] != words[:-1]
    starts = np.flatnonzero(is_edge)
    # Words that both have once fall away without being looked for.
    is_odd = np.diff(starts) != 2
    doubtful = [words[starts[:-1][is_odd]]]
    twice = words[starts[:-1][~is_odd]]
    for one in (ours, theirs):
        if (one[1:] == one[:-1]).any():
            doubtful.append(twice)
            break
    known = np.concatenate(doubtful)
    counts = [
        np.searchsorted(one, known, "right") - np.searchsorted(one, known, "left")
        for one in (ours, theirs)
    ]
    for more in (counts[0] - counts[1], counts[1] - counts[0]):
        yield known[more > 0], int(more[more > 0].sum())


def _schema_changes(a: OpenedTable, b: OpenedTable) -> Iterator[SchemaChange]:
    for column in dict.fromkeys([*a.columns, *b.columns]):
        ours, theirs = a.columns.get(column), b.columns.get(column)
        if ours != theirs:
            yield SchemaChange(column, ours, theirs)
