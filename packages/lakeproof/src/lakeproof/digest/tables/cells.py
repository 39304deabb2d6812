"""From any Arrow array to the two lanes of each of its cells.

Nested arrays are walked through their children, so that offsets, slices and whatever lies masked
under a null are honoured here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from lakeproof.digest.tables.arithmetic import (
    NULL_CELL,
    Lanes,
    Scratch,
    Words,
    keys,
    mix,
    pair,
    position_factors,
)
from lakeproof.digest.tables.delta_types import is_list
from lakeproof.digest.tables.fixed_width import Mask, bits_of, decimal_words, words_of
from lakeproof.digest.tables.strings import hashed, is_bytes

_LENGTH = keys("length")


@dataclass(frozen=True)
class Cells:
    """The cells of one array: two words each, lent from a `Scratch`; `nulls` marks null cells."""

    lanes: tuple[Words, Words]
    nulls: Mask | None

    @property
    def null_count(self) -> int:
        """Count the null cells."""
        return 0 if self.nulls is None else int(np.count_nonzero(self.nulls))


def cells_of(array: Any, scratch: Scratch, live: Mask | None = None) -> Cells:
    """Digest each value of an Arrow array of a type that `delta_type` knows.

    Args:
        array: The values.
        scratch: Where the lanes come from; the caller gives them back.
        live: Which slots count. A dead one lies under a parent's null: its cell is arbitrary, and
            its value is not refused however bad it is.

    Raises:
        NotDigestibleError: A live value does not fit the Delta type.
    """
    kind = array.type
    if types.is_run_end_encoded(kind):
        return cells_of(pc.run_end_decode(array), scratch, live)
    if types.is_dictionary(kind):
        return _of_dictionary(array, scratch, live)
    nulls = nulls_of(array)
    live = _but(live, nulls)
    if types.is_null(kind):
        lanes = scratch.take(len(array)), scratch.take(len(array))
    elif is_bytes(kind):
        lanes = hashed(array, nulls, scratch)
    elif types.is_decimal(kind):
        lanes = _of_decimal(array, scratch)
    elif types.is_struct(kind):
        children = ((f.name, array.field(i)) for i, f in enumerate(kind))
        lanes = _of_fields(children, len(array), scratch, live)
    elif types.is_map(kind) or is_list(kind):
        lanes = _of_list(array, scratch, live)
    else:
        words, is_lent = words_of(array, live, scratch)
        lanes = pair(words, scratch)
        if is_lent:
            scratch.give(words)
    return _with_nulls(lanes, nulls)


def first_lane(array: Any, scratch: Scratch) -> Words:
    """Give the first lane that `cells_of` gives, at half its price for values of fixed width.

    Raises:
        NotDigestibleError: A value does not fit the Delta type.
    """
    kind = array.type
    if not types.is_primitive(kind):
        first, second = cells_of(array, scratch).lanes
        scratch.give(second)
        return first
    nulls = nulls_of(array)
    words, is_lent = words_of(array, _but(None, nulls), scratch)
    lane = scratch.take(len(array))
    mix(words, lane, scratch)
    if is_lent:
        scratch.give(words)
    if nulls is not None:
        np.copyto(lane, np.uint64(NULL_CELL.first), where=nulls)
    return lane


def fold(row: Words, cells: Words, key: int) -> None:
    """Add the cells times the key to the running row in one lane; the cells are used up."""
    np.multiply(cells, np.uint64(key), out=cells)
    np.add(row, cells, out=row)


def nulls_of(array: Any) -> Mask | None:
    """Mark the null slots of an array that is not dictionary- or run-end-encoded."""
    if array.null_count == 0:
        return None
    return bits_of(array.is_null())


def _but(live: Mask | None, nulls: Mask | None) -> Mask | None:
    if nulls is None:
        return live
    return ~nulls if live is None else live & ~nulls


def _with_nulls(lanes: tuple[Words, Words], nulls: Mask | None) -> Cells:
    if nulls is not None:
        for lane, word in zip(lanes, NULL_CELL, strict=True):
            np.copyto(lane, np.uint64(word), where=nulls)
    return Cells(lanes, nulls)


def _of_dictionary(array: Any, scratch: Scratch, live: Mask | None) -> Cells:
    """Digest the dictionary once and look the cells up.

    A slice drags its whole dictionary along, so only entries that the slice uses are digested
    where the dictionary is the longer one; and an entry may itself be null.
    """
    outer = nulls_of(array)
    slots = array.indices.fill_null(0).cast(pa.int64()).to_numpy()
    values = array.dictionary
    if len(values) == 0:
        return _with_nulls((scratch.take(len(array)), scratch.take(len(array))), outer)
    is_used = np.zeros(len(values), dtype=np.bool_)
    counted = _but(live, outer)
    is_used[slots if counted is None else slots[counted]] = True
    if len(values) > len(array):
        values, slots, is_used = _shortened(values, slots, is_used)
    entries = cells_of(values, scratch, is_used)
    lanes = scratch.take(len(array)), scratch.take(len(array))
    for entry, lane in zip(entries.lanes, lanes, strict=True):
        np.take(entry, slots, out=lane, mode="clip")
    scratch.give(*entries.lanes)
    inner = None if entries.nulls is None else entries.nulls[slots]
    nulls = inner if outer is None else outer if inner is None else inner | outer
    return _with_nulls(lanes, nulls)


def _shortened(values: Any, slots: Any, is_used: Mask) -> tuple[Any, Any, Mask]:
    kept, slots = np.unique(slots, return_inverse=True)
    # pyarrow 25 has no `take` for views.
    if types.is_string_view(values.type):
        values = values.cast(pa.large_string())
    elif types.is_binary_view(values.type):
        values = values.cast(pa.large_binary())
    return values.take(pa.array(kept)), slots, is_used[kept]


def _of_decimal(array: Any, scratch: Scratch) -> tuple[Words, Words]:
    """Digest a decimal as the struct of the two halves of its unscaled integer."""
    halves = decimal_words(array)
    rows = _empty_rows(len(array), scratch)
    for place, name in enumerate(("low", "high")):
        lanes = pair(halves[:, place], scratch)
        _fold_both(rows, lanes, keys(name))
        scratch.give(*lanes)
    return _mixed(rows, scratch)


def _of_fields(
    children: Iterable[tuple[str, Any]], length: int, scratch: Scratch, live: Mask | None
) -> tuple[Words, Words]:
    rows = _empty_rows(length, scratch)
    for name, child in children:
        cells = cells_of(child, scratch, live)
        _fold_both(rows, cells.lanes, keys(name))
        scratch.give(*cells.lanes)
    return _mixed(rows, scratch)


def _of_list(array: Any, scratch: Scratch, live: Mask | None) -> tuple[Words, Words]:
    kind = array.type
    bounds = list_bounds(array)
    lengths = np.diff(bounds)
    first, count = int(bounds[0]), int(bounds[-1] - bounds[0])
    starts = bounds - first
    inner = None if live is None else np.repeat(live, lengths)
    if types.is_map(kind):
        # Their getters ignore the slice, and entries have no order.
        entries = (
            ("key", array.keys.slice(first, count)),
            ("value", array.items.slice(first, count)),
        )
        lanes = _of_fields(entries, count, scratch, inner)
    else:
        lanes = cells_of(array.values.slice(first, count), scratch, inner).lanes
        _place(lanes, starts, lengths, scratch)
    rows = scratch.take(len(array)), scratch.take(len(array))
    running = np.zeros(count + 1, dtype=np.uint64)
    for lane, row, key in zip(lanes, rows, _LENGTH, strict=True):
        np.cumsum(lane, out=running[1:])
        np.subtract(running[starts[1:]], running[starts[:-1]], out=row)
        row += (lengths + 1).astype(np.uint64) * np.uint64(key)
        mix(row, row, scratch)
    scratch.give(*lanes)
    return rows


def list_bounds(array: Any) -> Any:
    """Return where each list begins in the child array, and where the last one ends."""
    if types.is_fixed_size_list(array.type):
        # `values` of this layout ignores the slice.
        size = array.type.list_size
        return np.arange(array.offset, array.offset + len(array) + 1, dtype=np.int64) * size
    return array.offsets.to_numpy().astype(np.int64)


def _place(lanes: tuple[Words, Words], starts: Any, lengths: Any, scratch: Scratch) -> None:
    """Multiply each element's cell by the factor of its position in its list."""
    places = np.arange(starts[-1], dtype=np.int64) - np.repeat(starts[:-1], lengths)
    longest = int(lengths.max(initial=0))
    for number, lane in enumerate(lanes):
        factors = position_factors(longest, number, scratch)
        np.multiply(lane, factors[places], out=lane)
        scratch.give(factors)


def _empty_rows(length: int, scratch: Scratch) -> tuple[Words, Words]:
    rows = scratch.take(length), scratch.take(length)
    for row in rows:
        row.fill(0)
    return rows


def _fold_both(rows: tuple[Words, Words], lanes: tuple[Words, Words], by: Lanes) -> None:
    for row, lane, key in zip(rows, lanes, by, strict=True):
        fold(row, lane, key)


def _mixed(rows: tuple[Words, Words], scratch: Scratch) -> tuple[Words, Words]:
    for row in rows:
        mix(row, row, scratch)
    return rows
