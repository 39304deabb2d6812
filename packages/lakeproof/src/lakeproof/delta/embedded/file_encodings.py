"""Which columns go into a file as they are, without a dictionary of their values.

A dictionary of numbers that hardly repeat saves no room, and takes longer than all else of the
writing. delta-rs begins one for each column and gives it up once it has a mebibyte, in each group
of rows anew. Not for small tables, of which it costs nothing.
"""

import polars as pl

from lakeproof.delta.write.staged_rows import Staged

# Of eight bytes each, so that half as many values as there are rows here fill a dictionary.
_WIDE = ("double", "long", "timestamp", "timestamp_ntz")
_ROWS = 262_144
# A dictionary of fewer is smaller than the numbers, places in it included.
_HARDLY_REPEATING = 0.75


def plain_columns(staged: Staged) -> frozenset[str]:
    """Name the columns of which a dictionary would be given up, by the first rows.

    Args:
        staged: The rows that are about to be written.
    """
    wide = [name for name, kind in staged.columns.items() if kind in _WIDE]
    if staged.rows < _ROWS or not wide:
        return frozenset()
    counts = staged.lazy().head(_ROWS).select(pl.col(wide).n_unique()).collect()
    least = _HARDLY_REPEATING * _ROWS
    return frozenset(name for name, count in counts.row(0, named=True).items() if count > least)
