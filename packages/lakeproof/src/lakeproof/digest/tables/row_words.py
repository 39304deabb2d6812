"""One word for each row, and for each cell, by which `rs1` adds up: equal for equal content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lakeproof.digest.tables.arithmetic import Scratch, Words, keys, mix, total
from lakeproof.digest.tables.cells import cells_of, first_lane, fold


def row_words(
    batch: pa.RecordBatch, columns: Sequence[str], scratch: Scratch
) -> tuple[Words, Mapping[str, int]]:
    """Give the first word of each row of some columns, and the sum of each column's cells.

    Raises:
        NotDigestibleError: If a value has no canonical form.
    """
    rows = np.zeros(batch.num_rows, dtype=np.uint64)
    sums = {}
    for name in columns:
        lane = first_lane(batch.column(name), scratch)
        sums[name] = total(lane)
        fold(rows, lane, keys(name)[0])
        scratch.give(lane)
    mix(rows, rows, scratch)
    return rows, sums


def unequal(one: Any, other: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark where two arrays of one length differ in content: NaN is itself, -0.0 is not 0.0."""
    scratch = Scratch()
    ours, theirs = cells_of(one, scratch).lanes, cells_of(other, scratch).lanes
    return np.asarray((ours[0] != theirs[0]) | (ours[1] != theirs[1]))
