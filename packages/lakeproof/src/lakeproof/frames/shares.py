"""Take a share of the rows by their keys: the same rows on every engine, whoever asks.

Whether a row is among them follows from its key and a prefix alone. It does not change when rows
are added, and it is the same to the bit on both engines: only CRC-32, which both have, and whole
numbers that stay far below 2^63 (one engine wraps beyond, the other raises).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from lakeproof.frames.order import columns_of

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import polars as pl

# Shares are counted in ten-thousandths; this is all of it.
WHOLE = 10_000

_CHECKSUM = "_checksum"
_PRIME = 2**31 - 1
# Between the columns of a key: no text that anyone types. Two keys that are one text with it are on
# the same side, no more.
_BETWEEN = "\x1f"


def require_share(value: Any, name: str, *, most: int = WHOLE) -> None:
    """Refuse a share that is no number, none at all, or too much.

    Args:
        value: What the YAML says.
        name: The parameter, as a dotted name.
        most: The largest share, in ten-thousandths.

    Raises:
        ValueError: It is something else.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 1 <= in_ten_thousandths(value) <= most:
        raise ValueError(
            f"'{name}' is {value!r}; it must be a number from 0.0001 to {most / WHOLE:g}."
        )


def in_ten_thousandths(share: float) -> int:
    """Give a share as the whole number of steps in which it counts.

    Args:
        share: As `require_share` lets it pass.
    """
    return round(share * WHOLE)


def mark_share(
    frame: nw.LazyFrame[Any],
    *,
    key: str | Sequence[str],
    prefix: str,
    basis_points: int,
    name: str,
) -> nw.LazyFrame[Any]:
    """Add the column that says whether a row is in the share.

    With a larger share rows only join. Shares of two prefixes have no more rows in common than
    chance has it.

    Args:
        frame: Rows with a key of text, integers or dates.
        key: The name of that column, or the names of several.
        prefix: What is hashed before the key.
        basis_points: The share in ten-thousandths.
        name: The name of the new column.

    Returns:
        The rows with one boolean column more.

    Raises:
        ValueError: The key is of another type, whose text engines would write differently.
    """
    import narwhals.stable.v2 as nw

    keys, schema = columns_of(key), frame.collect_schema()
    for one in keys:
        kind = schema[one]
        if not (kind.is_integer() or kind in (nw.String, nw.Date)):
            raise ValueError(
                f"The key '{one}' is {kind}; a split or a sample needs text, an integer or a date. "
                "Name another `key`, or declare the column as string or long."
            )
    rows = _with_checksum(frame, keys=keys, prefix=prefix)
    is_in = _spread(nw.col(_CHECKSUM)) % WHOLE < basis_points
    marked: nw.LazyFrame[Any] = rows.with_columns(is_in.alias(name)).drop(_CHECKSUM)
    return marked


def _spread(checksum: nw.Expr) -> nw.Expr:
    # CRC-32 is linear: the checksums of two salts differ by the same bits for all keys of a length,
    # so that the splits of two salts would share more rows, or fewer, than chance has it. The fifth
    # power modulo this prime is a permutation (5 does not divide p - 1) and not linear. Each factor
    # is below 2^31, each product below 2^62.
    residue = (checksum % _PRIME * 48_271 + 1) % _PRIME
    square = residue * residue % _PRIME
    return square * square % _PRIME * residue % _PRIME


def _with_checksum(frame: nw.LazyFrame[Any], *, keys: list[str], prefix: str) -> Any:
    import narwhals.stable.v2 as nw

    if frame.implementation.is_spark_like():
        from pyspark.sql import functions as sql

        parts = [sql.col(f"`{key}`").cast("string") for key in keys]
        between = [sql.lit(prefix), *[sql.lit(_BETWEEN)] * (len(keys) - 1)]
        text = sql.concat(*(part for pair in zip(between, parts, strict=True) for part in pair))
        return nw.from_native(frame.to_native().withColumn(_CHECKSUM, sql.crc32(text)))

    import polars as pl

    # Narwhals takes no Python function on a lazy frame; Polars streams this one in batches.
    start = zlib.crc32(prefix.encode())
    checksum = (
        pl.concat_str(pl.col(keys).cast(pl.String), separator=_BETWEEN)
        .cast(pl.Binary)
        .map_batches(
            lambda keys: _checksums(keys, start), return_dtype=pl.Int64, is_elementwise=True
        )
    )
    rows: Any = frame if frame.implementation.is_polars() else frame.collect("polars").lazy()
    return nw.from_native(rows.to_native().with_columns(checksum.alias(_CHECKSUM)))


def _checksums(keys: pl.Series, start: int) -> pl.Series:
    # Going on from the prefix's checksum is the checksum of prefix and key together.
    import polars as pl

    return pl.Series(keys.name, map(zlib.crc32, keys, repeat(start)), dtype=pl.Int64)
