"""The rows of a version as words of 64 bits, in the order in which they are read.

Beyond some million rows they wait on the disk, and are compared in parts, so that memory is bounded
by the part.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.read.scan import scan
from lakeproof.digest.tables.arithmetic import STEP_ROWS, Scratch, Words
from lakeproof.digest.tables.fixed_width import Mask
from lakeproof.digest.tables.row_words import row_words
from lakeproof.frames.batches import whole_batches

Seen = Callable[[int], None]

_THREADS = 2
_PART_ROWS = 16_000_000
_LANE = 1 << 64
# So many words are looked at at once where they are on the disk.
_CHUNK = 4_000_000
# One bit of a filter for each of the last bits of a word.
_FILTER_BITS = 22


@dataclass(frozen=True)
class SideWords:
    """One version.

    Args:
        words: Of its rows, in order.
        sums: Of its columns' cells: what is equal on both sides has not changed.
    """

    words: Words
    sums: dict[str, int]


def batches(side: OpenedTable, columns: Sequence[str], seen: Seen) -> Iterator[pl.DataFrame]:
    """Yield some columns of a version's rows, each time in the same order."""
    rows = scan(side).select(columns)
    for frame in whole_batches(rows, STEP_ROWS, maintain_order=True):
        if frame.height:
            seen(frame.height)
            yield frame


def words_of(side: OpenedTable, columns: Sequence[str], seen: Seen, file: Path) -> SideWords:
    """Read a version and make a word of each row.

    Args:
        side: The version.
        columns: By which rows differ.
        seen: Gets the number of rows of each batch.
        file: Where words wait, if they are many.

    Raises:
        NotDigestibleError: If a value has no canonical form.
    """
    held: list[Words] = []
    sums: dict[str, int] = defaultdict(int)
    rows = 0
    for words, of_columns in _in_threads(batches(side, columns, seen), columns):
        rows += len(words)
        held.append(words)
        for name, part in of_columns.items():
            sums[name] = (sums[name] + part) % _LANE
        if rows > _PART_ROWS:
            with file.open("ab") as out:
                out.writelines(words.tobytes() for words in held)
            held = []
    if rows > _PART_ROWS:
        return SideWords(np.memmap(file, np.uint64, mode="r"), sums)
    return SideWords(np.concatenate(held) if held else np.empty(0, np.uint64), sums)


def parts(words: Words, in_step: Mask, count: int, number: int) -> Words:
    """Give the words of one of so many parts, sorted, without those that fell away in pairs."""
    here = [np.empty(0, np.uint64)]
    for start in range(0, len(words), _CHUNK):
        left = words[start : start + _CHUNK][~in_step[start : start + _CHUNK]]
        here.append(left if count == 1 else left[left % np.uint64(count) == np.uint64(number)])
    return np.sort(np.concatenate(here))


def count_of_parts(*sides: Words) -> int:
    """Choose in how many parts versions are compared."""
    return max(1, *(-(-len(words) // _PART_ROWS) for words in sides))


class Among:
    """Tell which words are among some known ones, quickly where most are not."""

    def __init__(self, known: Words) -> None:
        self._known = np.sort(known)
        self._last = np.uint64((1 << _FILTER_BITS) - 1)
        self._filter = np.zeros(1 << _FILTER_BITS, dtype=bool)
        self._filter[self._known & self._last] = True

    def mask(self, words: Words) -> Mask:
        """Mark those that are."""
        mask: Mask = self._filter[words & self._last]
        maybe = np.flatnonzero(mask)
        if len(maybe):
            found = words[maybe]
            places = np.minimum(np.searchsorted(self._known, found), len(self._known) - 1)
            mask[maybe] = self._known[places] == found
        return mask


def _in_threads(
    frames: Iterator[pl.DataFrame], columns: Sequence[str]
) -> Iterator[tuple[Words, Any]]:
    def words(frame: pl.DataFrame) -> tuple[Words, Any]:
        table = frame.rechunk().to_arrow()
        batch = pa.RecordBatch.from_arrays(
            [_one(column) for column in table.columns], names=table.column_names
        )
        return row_words(batch, columns, Scratch())

    with ThreadPoolExecutor(_THREADS) as pool:
        pending: deque[Future[tuple[Words, Any]]] = deque()
        for frame in frames:
            pending.append(pool.submit(words, frame))
            if len(pending) > _THREADS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _one(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def as_arrow(column: pl.Series) -> Any:
    """Give a column as one array."""
    array = column.rechunk().to_arrow()
    return _one(array) if isinstance(array, pa.ChunkedArray) else array
