"""The Delta type of each Polars type, as deep as it is nested; both engines can write it.

Delta-rs would write more (lists of nothing, a blank in the name of a field), which Spark refuses.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from lakeproof.delta.write.column_contract import require_names
from lakeproof.errors import SchemaError

# Delta has no unsigned integers; the next wider signed type holds every value.
_SIGNED: Mapping[Any, Any] = {
    pl.UInt8: pl.Int16,
    pl.UInt16: pl.Int32,
    pl.UInt32: pl.Int64,
    pl.UInt64: pl.Int64,
}
_NAMELESS = (pl.Null, pl.Time, pl.Duration, pl.Object, pl.Int128, pl.UInt128, pl.Float16)


def as_delta_types(plan: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Cast what has one lossless Delta type; refuse what has none.

    Args:
        plan: The rows.
        name: The catalog name of the table, for messages.

    Raises:
        SchemaError: Naming the first column of another type, or with a name that Delta has not.
    """
    schema = plan.collect_schema()
    require_names(name, schema)
    casts = []
    for column, dtype in schema.items():
        wanted = _delta_dtype(dtype, column, name)
        if wanted != dtype:
            casts.append(pl.col(column).cast(wanted))
    return plan.with_columns(casts) if casts else plan


def _delta_dtype(dtype: Any, column: str, name: str) -> Any:
    if dtype in _SIGNED:
        return _SIGNED[type(dtype)]
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return pl.String()
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", dtype.time_zone)
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(_delta_dtype(dtype.inner, column, name))
    if isinstance(dtype, pl.Struct) and dtype.fields:
        require_names(name, (field.name for field in dtype.fields))
        return pl.Struct(
            {field.name: _delta_dtype(field.dtype, column, name) for field in dtype.fields}
        )
    if dtype in _NAMELESS or isinstance(dtype, pl.Struct):
        raise SchemaError(
            f"Column '{column}' for table '{name}' is {dtype}, for which Delta has no type. "
            "The table is as it was. Cast the column in the node."
        )
    return dtype
