"""The bytes of a numpy array that its values decide: little-endian, C order, no padding."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from lakeproof.digest.digest_errors import NotDigestibleError

Sink = Callable[[Any], None]

# Bytes of a dtype that need no turning, by what it says of their order.
_LITTLE = "<|=" if sys.byteorder == "little" else "<|"
# Below it a copy costs less than asking whether one is needed.
_SMALL = 1 << 16
# By the dtype itself, which is kept: equal ones may describe themselves otherwise (`metadata`). So
# may one whose fields got other names; none whose fields have fields, which may get some, too.
_DESCRIBED: dict[tuple[int, Any], tuple[Any, str]] = {}
_MOST_DESCRIBED = 256


def described(dtype: Any) -> str:
    """Write down a dtype, as of little-endian bytes; a forest asks of each of its trees."""
    key = (id(dtype), dtype.names)
    if (known := _DESCRIBED.get(key)) is not None:
        return known[1]
    # Text of any length has no order of bytes.
    little = dtype if dtype.kind == "T" else dtype.newbyteorder("<")
    text = repr(little.descr if little.names else little.str)
    if all(dtype.fields[name][0].base.names is None for name in dtype.names or ()):
        if len(_DESCRIBED) >= _MOST_DESCRIBED:
            _DESCRIBED.clear()
        _DESCRIBED[key] = dtype, text
    return text


def feed_array(array: Any, sink: Sink, of_object: Callable[[Any], bytes]) -> None:
    """Hand the values of an array to `sink`, in order.

    Structured arrays go field by field: the nodes of scikit-learn's trees carry padding bytes
    that nobody initialises.

    Args:
        array: Of any shape; its dtype and shape are the caller's to record.
        sink: Takes anything with the buffer protocol, such as a hash's `update`.
        of_object: Gives a digest of fixed length for each element of an object array.

    Raises:
        NotDigestibleError: The array is of `longdouble`, whose padding is arbitrary.
    """
    dtype = array.dtype
    if dtype.names is not None:
        for name in dtype.names:
            feed_array(array[name], sink, of_object)
        return
    if dtype.kind in "OT":
        for value in array.ravel().tolist():
            sink(of_object(value))
        return
    if dtype.char in "gG":
        raise NotDigestibleError(
            f"An array of {dtype} has padding bytes that nobody sets, so it has no digest. "
            "Cast it to float64 first."
        )
    if array.nbytes < _SMALL and dtype.byteorder in _LITTLE:
        sink(array.tobytes())
        return
    little = np.ascontiguousarray(array, dtype=dtype.newbyteorder("<"))
    if little.nbytes:
        sink(little.reshape(-1).view(np.uint8))
