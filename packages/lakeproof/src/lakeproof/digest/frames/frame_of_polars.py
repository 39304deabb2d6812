"""The columns of a Polars frame, without what belongs to the process that holds them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.frames.columns import Column, of_arrow, of_objects
from lakeproof.digest.tables.stream import record_batches


def polars_columns(data: Any) -> Iterator[Column]:
    """Give the columns of a frame, or a series as the only one."""
    is_frame = hasattr(data, "get_columns")
    for column in data.get_columns() if is_frame else [data]:
        yield _column(column)


def _column(column: Any) -> Column:
    shown = str(column.dtype)
    if "Object" in shown:
        # Arrow would get the addresses of the objects.
        return of_objects(column.name, shown, column.to_list())
    # A Categorical's dictionary belongs to the whole process, in the order values came up in.
    plain = column.cast(_as_text(column.dtype)) if "Categorical" in shown else column
    try:
        schema, batches = record_batches(plain.to_frame())
    except NotDigestibleError:
        return of_objects(column.name, shown, column.to_list())
    return of_arrow(column.name, shown, pa.Table.from_batches(batches, schema)[0])


def _as_text(dtype: Any) -> Any:
    """Put text in place of every Categorical in a type."""
    name = type(dtype).__name__
    if name == "Categorical":
        return sys.modules["polars"].String
    if name == "List":
        return type(dtype)(_as_text(dtype.inner))
    if name == "Array":
        # `shape` lists all dimensions, `inner` is one below.
        return type(dtype)(_as_text(dtype.inner), dtype.size)
    if name == "Struct":
        return type(dtype)({one.name: _as_text(one.dtype) for one in dtype.fields})
    return dtype
