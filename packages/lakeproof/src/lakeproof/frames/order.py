"""Bring rows into memory, always in the same order.

A result depends on the order of the rows, and no engine or table promises one: the order made here
is that of the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def collect_in_order(frame: Any, *, key: str | Sequence[str]) -> pa.Table:
    """Collect a frame of any engine, sorted by its key.

    Args:
        frame: A Polars, pandas or Spark frame, or a Narwhals one.
        key: The column, or columns, that tell rows apart.

    Returns:
        The rows in ascending order of the key; text sorts by its UTF-8 bytes on every engine. They
        have the frame's columns: an index of pandas, which tells in which order rows came, is none.

    Raises:
        ValueError: Two rows have the same key, so that their order would be a matter of luck.
    """
    import narwhals.stable.v2 as nw
    import pyarrow.compute as pc

    names = columns_of(key)
    rows = nw.from_native(frame).lazy()
    table = rows.sort(*names).collect("pyarrow").to_native()
    table = table.select(rows.collect_schema().names())
    keys = table.select(names)
    here, before = keys.slice(1), keys.slice(0, max(len(keys) - 1, 0))
    is_repeated = _is_same(here[0], before[0])
    for place in range(1, len(names)):
        is_repeated = pc.and_(is_repeated, _is_same(here[place], before[place]))
    if repeated := keys_of(here.filter(is_repeated), names):
        raise ValueError(
            f"The key '{', '.join(names)}' is not unique: {some_of(list(dict.fromkeys(repeated)))} "
            "occurs more than once. Rows that share a key have no fixed order, so nothing was "
            "computed. Name a unique column as the `key`, or several that are so together, or "
            "correct the table."
        )
    return table


def columns_of(key: str | Sequence[str]) -> list[str]:
    """Name the columns of a key, which may be one."""
    return [key] if isinstance(key, str) else list(key)


def keys_of(table: pa.Table, names: Sequence[str]) -> list[Any]:
    """Give the keys of rows: values, or tuples of them where a key has several columns."""
    columns = [table[name].to_pylist() for name in names]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def _is_same(here: Any, before: Any) -> Any:
    import pyarrow.compute as pc

    both_are_missing = pc.and_(pc.is_null(here), pc.is_null(before))
    return pc.or_(pc.fill_null(pc.equal(here, before), False), both_are_missing)


def some_of(values: list[Any]) -> str:
    """Spell out the first five values, and how many more there are."""
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(repr(value)[:80] for value in values[:5]) + more
