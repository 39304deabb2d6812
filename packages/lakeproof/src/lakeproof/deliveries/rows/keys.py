"""Find a key that is twice in one delivery, in eight bytes a row.

Ten million keys are 80 MB of integers here, or a gigabyte and more in a Python set. Equal
fingerprints are a suspicion only; it is confirmed by the keys themselves, read a second time.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

Fingerprints = npt.NDArray[np.int64]


class KeyCheck:
    """The fingerprints of the keys seen so far."""

    def __init__(self) -> None:
        self._seen: list[Fingerprints] = []

    def add(self, keys: pl.DataFrame) -> None:
        """Remember the keys of one batch."""
        self._seen.append(fingerprints(keys))

    def suspects(self) -> Fingerprints:
        """Return the fingerprints that were seen more than once."""
        every = np.concatenate(self._seen)
        self._seen.clear()
        every.sort()
        return np.unique(every[1:][every[1:] == every[:-1]])


def fingerprints(keys: pl.DataFrame) -> Fingerprints:
    """Return one integer per key: equal keys have equal ones, and seldom do others.

    An integer, a date and a time are their own fingerprint. The hash of a string, and that of a key
    of several columns, is Polars' own, which is stable within a process; it never leaves this one.
    """
    if keys.width > 1:
        return keys.hash_rows(seed=0).to_numpy().view(np.int64)
    key = keys.to_series()
    if key.dtype == pl.String:
        return key.hash(seed=0).to_numpy().view(np.int64)
    return key.to_physical().cast(pl.Int64).to_numpy()


def find_repeated_key(
    batches: Iterable[pl.DataFrame], suspects: Fingerprints
) -> tuple[tuple[object, ...], int, int] | None:
    """Find the first key that is the same as an earlier one.

    Args:
        batches: All keys of the delivery, in order.
        suspects: The fingerprints to look at; any other key is alone.

    Returns:
        The key and the numbers of both rows, from 0; None where only fingerprints were equal.
    """
    first: dict[tuple[object, ...], int] = {}
    start = 0
    for keys in batches:
        for place in np.flatnonzero(np.isin(fingerprints(keys), suspects)).tolist():
            key, row = keys.row(place), start + place
            if key in first:
                return key, first[key], row
            first[key] = row
        start += keys.height
    return None
