"""The rules by which what stands in a file becomes typed values, in one place for every format.

Text is judged by `text_values`; what has a type already (Parquet, a spreadsheet's cell) only has to
be, exactly, a value of the declared type. What is none comes out as null, so that a fault is a null
where something stands. Not for anything that needs the whole file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.rows.text_values import is_marker, value_of_text
from lakeproof.deliveries.schema import Column

POLARS: dict[str, Any] = {
    "string": pl.String(),
    "long": pl.Int64(),
    "integer": pl.Int32(),
    "short": pl.Int16(),
    "byte": pl.Int8(),
    "double": pl.Float64(),
    "float": pl.Float32(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}
# The largest whole number up to which a double holds each.
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that cannot be taken.

    Args:
        row: Its number in the frame, from 0.
        column: Where it stands.
        text: What stands there; `None` where nothing does and something must.
    """

    row: int
    column: Column
    text: str | None


def converted(raw: pl.DataFrame, columns: Sequence[Column], dialect: Dialect) -> pl.DataFrame:
    """Give the columns under their names and with their types; null where there is no value.

    Args:
        raw: As they are in the file, under their headers.
        columns: Those whose values stand in the file.
        dialect: What text means.
    """
    return raw.select(
        _value(column, raw.schema[column.header], dialect).alias(column.name) for column in columns
    )


def is_sound(
    raw: pl.DataFrame, typed: pl.DataFrame, columns: Sequence[Column], dialect: Dialect
) -> bool:
    """Tell whether nothing is missing that must be there, and everything else became a value."""
    missing = raw.select(
        _is_missing(column, raw.schema[column.header], dialect).sum().alias(column.name)
        for column in columns
    ).row(0)
    nulls = typed.null_count().row(0)
    return all(
        null == absent and (not absent or column.is_nullable)
        for column, null, absent in zip(columns, nulls, missing, strict=True)
    )


def first_fault(raw: pl.DataFrame, columns: Sequence[Column], dialect: Dialect) -> Fault | None:
    """Find the first row that has something which cannot be taken, and its first such column."""
    typed = converted(raw, columns, dialect)
    found: Fault | None = None
    for column in columns:
        is_bad = typed[column.name].is_null()
        if column.is_nullable:
            is_bad &= ~raw.select(
                _is_missing(column, raw.schema[column.header], dialect)
            ).to_series()
        row = is_bad.arg_max()
        if row is None or not is_bad[row] or (found is not None and row >= found.row):
            continue
        value = raw[column.header][row]
        found = Fault(row, column, None if value is None else str(value))
    return found


def _is_missing(column: Column, kind: Any, dialect: Dialect) -> pl.Expr:
    value = pl.col(column.header)
    own = dialect.of_column(column.own)
    if kind == pl.String:
        return is_marker(value, column.type, own)
    if kind.is_float() and _nan_is_missing(own):
        return value.is_null() | value.is_nan()
    return value.is_null()


def _value(column: Column, kind: Any, dialect: Dialect) -> pl.Expr:
    value, wanted, own = pl.col(column.header), POLARS[column.type], dialect.of_column(column.own)
    if kind == pl.String:
        return value_of_text(value, column.type, wanted, own)
    if kind == wanted and not kind.is_float():
        return value
    if kind.is_float():
        if kind == wanted:
            return pl.when(value.is_finite()).then(value)
        if wanted.is_float():
            cast = value.cast(wanted)
            return pl.when(cast.is_finite() & (cast.cast(kind) == value)).then(cast)
        whole = value.cast(pl.Int64, strict=False)
        is_exact = (whole.cast(kind) == value) & whole.is_between(-_EXACT, _EXACT)
        if wanted.is_integer():
            return pl.when(is_exact).then(whole).cast(wanted, strict=False)
    if kind.is_integer():
        if wanted.is_integer() or wanted == pl.String:
            return value.cast(wanted, strict=False)
        if wanted.is_float():
            cast = value.cast(wanted)
            return pl.when(cast.cast(pl.Int128) == value.cast(pl.Int128)).then(cast)
    return _other(value, kind, wanted, own)


def _other(value: pl.Expr, kind: Any, wanted: Any, dialect: Dialect) -> pl.Expr:
    if isinstance(kind, pl.Categorical | pl.Enum) and wanted == pl.String:
        return value.cast(pl.String)
    if isinstance(kind, pl.Decimal) and wanted.is_float():
        return value.cast(pl.String).cast(wanted, strict=False)
    if isinstance(kind, pl.Datetime):
        if wanted == pl.Date and kind.time_zone is None:
            return pl.when(value.dt.time() == pl.time(0, 0, 0)).then(value.dt.date())
        if isinstance(wanted, pl.Datetime) and (kind.time_zone or dialect.zone):
            micros = value.dt.cast_time_unit("us")
            is_exact = micros.dt.cast_time_unit(kind.time_unit) == value
            exact: pl.Expr = pl.when(is_exact).then(micros)
            if kind.time_zone is None:
                exact = exact.dt.replace_time_zone(
                    dialect.zone, ambiguous="null", non_existent="null"
                )
            return exact.dt.convert_time_zone("UTC")
    return pl.when(value.is_null()).then(pl.lit(None, dtype=wanted))


def _nan_is_missing(dialect: Dialect) -> bool:
    return any(text.casefold() == "nan" for text in dialect.null_values)
