"""Bring rows into memory, always in the same order.

A result depends on the order of the rows, and no engine or table promises one: the order made here
is that of the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def collect_in_order(frame: Any, *, key: str) -> pa.Table:
    """Collect a frame of any engine, sorted by its key.

    Args:
        frame: A Polars, pandas or Spark frame, or a Narwhals one.
        key: The column that tells rows apart.

    Returns:
        The rows in ascending order of the key; text sorts by its UTF-8 bytes on every engine.

    Raises:
        ValueError: Two rows have the same key, so that their order would be a matter of luck.
    """
    import narwhals.stable.v2 as nw
    import pyarrow.compute as pc

    table = nw.from_native(frame).lazy().sort(key).collect("pyarrow").to_native()
    keys = table[key]
    is_repeated = pc.equal(keys.slice(1), keys.slice(0, max(len(keys) - 1, 0)))
    if repeated := keys.slice(1).filter(is_repeated).unique().to_pylist():
        raise ValueError(
            f"The key '{key}' is not unique: {some_of(repeated)} occurs more than once. Rows that "
            "share a key have no fixed order, so nothing was computed. Name a unique column as "
            "the `key`, or correct the table."
        )
    return table


def some_of(values: list[Any]) -> str:
    """Spell out the first five values, and how many more there are."""
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(repr(value)[:80] for value in values[:5]) + more
