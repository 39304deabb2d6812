"""XXH3-128 of strings and binary values, whose values are frozen since xxHash 0.8.0.

No Unicode normalisation: what is stored is what is digested.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from pyarrow import types

from lakeproof.digest.tables.arithmetic import Scratch, Words
from lakeproof.digest.tables.fixed_width import Mask

_SAMPLE = 2_048


def is_bytes(kind: pa.DataType) -> bool:
    """Tell whether a type is Delta's string or binary, in any layout."""
    return (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or (types.is_fixed_size_binary(kind) and not types.is_decimal(kind))
    )


def hashed(array: Any, nulls: Mask | None, scratch: Scratch) -> tuple[Words, Words]:
    """Lend the low and the high word of each value; what stands under a null is arbitrary.

    One value costs the interpreter more than XXH3, so repeated values are found first where a
    sample says that there are many. The result does not depend on that choice.
    """
    dense = as_binary(array).drop_null()
    words = _by_distinct(dense) if _repeats(dense) else _one_by_one(dense)
    lanes = scratch.take(len(array)), scratch.take(len(array))
    # The canonical form of an XXH3-128 is big-endian, so the high word comes first.
    for lane, column in zip(lanes, (words[:, 1], words[:, 0]), strict=True):
        if nulls is None:
            lane[:] = column
        else:
            lane[~nulls] = column
    return lanes


def as_binary(array: Any) -> Any:
    """Bring any string or binary layout to (large) binary; the plain layouts are not copied."""
    if types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if types.is_large_string(array.type) or types.is_binary_view(array.type):
        return array.cast(pa.large_binary())
    return array if types.is_large_binary(array.type) else array.cast(pa.binary())


def _repeats(dense: Any) -> bool:
    sample = dense.slice(0, _SAMPLE)
    return len(dense) > _SAMPLE and len(sample.dictionary_encode().dictionary) * 2 < len(sample)


def _by_distinct(dense: Any) -> Any:
    encoded = dense.dictionary_encode()
    return _one_by_one(encoded.dictionary)[encoded.indices.to_numpy()]


def _one_by_one(dense: Any) -> Any:
    digests = b"".join(map(xxhash.xxh3_128_digest, dense.to_pylist()))
    return np.frombuffer(digests, dtype=">u8").reshape(-1, 2)
