"""Rows that lie in both versions in the same order, wherever: their words need no sorting.

Writers lay rows down in blocks, of which two threads make another order each time, and a row that
is deleted shifts all behind it. So places are matched by content, as `rsync` does: a word in a
thousand is an anchor, and from each anchor that both versions have once, words are compared in
step up to the next.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lakeproof.digest.tables.arithmetic import STEP_ROWS, Words
from lakeproof.digest.tables.fixed_width import Mask

# One word in so many is an anchor.
_ANCHOR = np.uint64(1023)
# So many are compared at once, where they are on the disk.
_CHUNK = 4_000_000


def in_step(ours: Words, theirs: Words) -> tuple[Mask, Mask]:
    """Mark the words that fall away in pairs, each with one of the other side.

    Returns:
        A mask of either side; as many are marked in the one as in the other.
    """
    masks = np.zeros(len(ours), dtype=bool), np.zeros(len(theirs), dtype=bool)
    for a, b, length in _stretches(ours, theirs):
        for start in range(0, length, _CHUNK):
            end = min(start + _CHUNK, length)
            is_same = ours[a + start : a + end] == theirs[b + start : b + end]
            masks[0][a + start : a + end] = is_same
            masks[1][b + start : b + end] = is_same
    return masks


def _stretches(ours: Words, theirs: Words) -> Iterator[tuple[int, int, int]]:
    """Give where a stretch begins on either side, and its length; none overlaps another."""
    (of_ours, places_of_ours), (of_theirs, places_of_theirs) = map(_anchors, (ours, theirs))
    _, a, b = np.intersect1d(of_ours, of_theirs, return_indices=True)
    a, b = places_of_ours[a], places_of_theirs[b]
    if not len(a):
        # Too few rows for one, or nothing in common.
        yield 0, 0, min(len(ours), len(theirs))
        return
    length = np.minimum(_to_next(a, len(ours)), _to_next(b, len(theirs)))
    order = np.argsort(a)
    a, b, length = a[order], b[order], length[order]
    # What goes on in step from one anchor to the next is one stretch.
    begins = np.flatnonzero(
        np.r_[True, (a[:-1] + length[:-1] != a[1:]) | (b[:-1] + length[:-1] != b[1:])]
    )
    lengths = np.add.reduceat(length, begins)
    for start_a, start_b, along in zip(a[begins], b[begins], lengths, strict=True):
        yield int(start_a), int(start_b), int(along)


def _anchors(words: Words) -> tuple[Words, Any]:
    """Give the anchors that are there once, with their places."""
    places = [
        start + np.flatnonzero((words[start : start + STEP_ROWS] & _ANCHOR) == 0)
        for start in range(0, len(words), STEP_ROWS)
    ]
    found = np.concatenate(places) if places else np.empty(0, np.int64)
    values, first, counts = np.unique(words[found], return_index=True, return_counts=True)
    return values[counts == 1], found[first[counts == 1]]


def _to_next(places: Any, end: int) -> Any:
    """Give how far it is from each place to the next one, whatever their order."""
    order = np.argsort(places)
    far = np.empty(len(places), dtype=np.int64)
    far[order] = np.diff(np.append(places[order], end))
    return far
