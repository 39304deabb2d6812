"""The columns of a data file as the table calls and types them.

A table with column mapping calls a column in its files otherwise than a reader does, or tells it by
a number; one with type widening has files that are older than a column's type. Neither delta-rs nor
Polars 2.1 gives all of these truly, so it is done here, by expressions: a filter still reaches the
file.
"""

from collections.abc import Iterable
from typing import Any

import polars as pl
import pyarrow as pa

_PHYSICAL = "delta.columnMapping.physicalName"
_ID = "delta.columnMapping.id"
_FIELD_ID = b"PARQUET:field_id"


def conformed(field: Any, dtype: Any, have: Iterable[pa.Field], mode: str) -> pl.Expr:
    """Give a column of a table from the columns of one of its files.

    Args:
        field: The column, as delta-rs describes it.
        dtype: Its type in Polars.
        have: The columns of the file.
        mode: The table's `delta.columnMapping.mode`.
    """
    found = _find(field, have, mode)
    if found is None:
        return pl.lit(None, dtype=dtype).alias(field.name)
    return _value(pl.col(found.name), found.type, field.type, dtype, mode).alias(field.name)


def _find(field: Any, have: Iterable[pa.Field], mode: str) -> pa.Field | None:
    """Find a column in a file: by its number, its name there, or, as Spark does, in any case."""
    fields = list(have)
    if mode == "id" and any(_FIELD_ID in (one.metadata or {}) for one in fields):
        number = str(field.metadata[_ID]).encode()
        return next((one for one in fields if (one.metadata or {}).get(_FIELD_ID) == number), None)
    name = field.metadata.get(_PHYSICAL, field.name) if mode != "none" else field.name
    same = [one for one in fields if one.name == name]
    alike = same or [one for one in fields if one.name.lower() == name.lower()]
    return alike[0] if alike else None


def _value(value: pl.Expr, have: pa.DataType, want: Any, dtype: Any, mode: str) -> pl.Expr:
    kind = type(want).__name__
    if kind == "StructType":
        return _struct(value, have, want, dtype, mode)
    if kind == "ArrayType":
        element = _value(pl.element(), have.value_type, want.element_type, dtype.inner, mode)
        return value.list.eval(element).cast(dtype)
    if kind == "MapType":
        return _map(value, have, want, dtype, mode)
    return value.cast(dtype)


def _struct(value: pl.Expr, have: pa.StructType, want: Any, dtype: Any, mode: str) -> pl.Expr:
    types = {field.name: field.dtype for field in dtype.fields}
    parts = []
    for field in want.fields:
        found = _find(field, list(have), mode)
        part = (
            pl.lit(None, dtype=types[field.name])
            if found is None
            else _value(
                value.struct.field(found.name), found.type, field.type, types[field.name], mode
            )
        )
        parts.append(part.alias(field.name))
    return pl.when(value.is_not_null()).then(pl.struct(parts))


def _map(value: pl.Expr, have: pa.MapType, want: Any, dtype: Any, mode: str) -> pl.Expr:
    # Before Polars 2 a map is a list of its entries.
    is_list = isinstance(dtype, pl.List)
    key_type, value_type = (
        [field.dtype for field in dtype.inner.fields] if is_list else (dtype.key, dtype.value)
    )
    entry = pl.element().struct
    pairs = pl.struct(
        _value(entry.field("key"), have.key_type, want.key_type, key_type, mode).alias("key"),
        _value(entry.field("value"), have.item_type, want.value_type, value_type, mode).alias(
            "value"
        ),
    )
    entries = value if is_list else value.map.entries()
    return entries.list.eval(pairs).cast(dtype)
