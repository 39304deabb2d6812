"""Decide once and for all on which side of the train/test split a row is.

A row's side follows from its key and the salt alone. It does not change when rows are added, and it
is the same to the bit on both engines: only CRC-32, which both have, and whole numbers that stay
far below 2^63 (one engine wraps beyond, the other raises).
"""

from __future__ import annotations

import zlib
from itertools import repeat
from typing import TYPE_CHECKING, Any

from winery.rows import IS_TEST

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import polars as pl

_CHECKSUM = "_checksum"
_BUCKETS = 10_000
_PRIME = 2**31 - 1


def mark_test_rows(
    frame: nw.LazyFrame[Any], *, key: str, salt: str | int, basis_points: int
) -> nw.LazyFrame[Any]:
    """Add the column that says whether a row is kept for the test.

    With a larger share the test set only grows: no test row becomes a training row.

    Args:
        frame: Rows with a key that is text or an integer.
        key: The name of that column.
        salt: What makes this split another than the next.
        basis_points: The share of the test rows in ten-thousandths.

    Returns:
        The rows with one boolean column more.

    Raises:
        ValueError: The key is of another type, whose text engines would write differently.
    """
    import narwhals.stable.v2 as nw

    kind = frame.collect_schema()[key]
    if not (kind.is_integer() or kind == nw.String):
        raise ValueError(
            f"The key '{key}' is {kind}; the split needs text or an integer. Name another `key` in "
            "globals.yml, or declare the column as string or long."
        )
    rows = _with_checksum(frame, key=key, prefix=f"{salt}:")
    is_test = _spread(nw.col(_CHECKSUM)) % _BUCKETS < basis_points
    return rows.with_columns(is_test.alias(IS_TEST)).drop(_CHECKSUM)


def _spread(checksum: nw.Expr) -> nw.Expr:
    # CRC-32 is linear: the checksums of two salts differ by the same bits for all keys of a length,
    # so that the splits of two salts would share more rows, or fewer, than chance has it. The fifth
    # power modulo this prime is a permutation (5 does not divide p - 1) and not linear. Each factor
    # is below 2^31, each product below 2^62.
    residue = (checksum % _PRIME * 48_271 + 1) % _PRIME
    square = residue * residue % _PRIME
    return square * square % _PRIME * residue % _PRIME


def _with_checksum(frame: nw.LazyFrame[Any], *, key: str, prefix: str) -> nw.LazyFrame[Any]:
    import narwhals.stable.v2 as nw

    if frame.implementation.is_spark_like():
        from pyspark.sql import functions as sql

        text = sql.concat(sql.lit(prefix), sql.col(f"`{key}`").cast("string"))
        return nw.from_native(frame.to_native().withColumn(_CHECKSUM, sql.crc32(text)))

    import polars as pl

    # Narwhals takes no Python function on a lazy frame; Polars streams this one in batches.
    start = zlib.crc32(prefix.encode())
    checksum = (
        pl.col(key)
        .cast(pl.String)
        .cast(pl.Binary)
        .map_batches(
            lambda keys: _checksums(keys, start), return_dtype=pl.Int64, is_elementwise=True
        )
    )
    return nw.from_native(frame.to_native().with_columns(checksum.alias(_CHECKSUM)))


def _checksums(keys: pl.Series, start: int) -> pl.Series:
    # Going on from the prefix's checksum is the checksum of prefix and key together.
    import polars as pl

    return pl.Series(keys.name, map(zlib.crc32, keys, repeat(start)), dtype=pl.Int64)
