"""The bytes of a numpy array that its values decide: little-endian, C order, no padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lakeproof.digest.digest_errors import NotDigestibleError

Sink = Callable[[Any], None]


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
    little = np.ascontiguousarray(array, dtype=dtype.newbyteorder("<"))
    if little.nbytes:
        sink(little.reshape(-1).view(np.uint8))
