"""Arrow values of fixed width as canonical 64-bit words.

Integers are widened, floats become doubles with a single NaN, instants become microseconds.
-0.0 stays apart from 0.0, because every writer keeps it. What lies under a null is never judged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import types

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.tables.arithmetic import Scratch, Words

Mask = NDArray[np.bool_]

_NAN = np.uint64(0x7FF8000000000000)
_MILLISECONDS_PER_DAY = 86_400_000
_TO_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def words_of(array: Any, live: Mask | None, scratch: Scratch) -> tuple[Words, bool]:
    """Return one word per value, and whether they are lent from `scratch`.

    Words that are not lent are Arrow's own memory: they must only be read.

    Args:
        array: A boolean, number, date or timestamp array.
        live: Which slots hold a value that counts; `None` means all.
        scratch: Where buffers come from.

    Raises:
        NotDigestibleError: A value does not fit the Delta type of its column.
    """
    kind = array.type
    if types.is_boolean(kind):
        return _widened(bits_of(array), scratch), True
    if types.is_floating(kind):
        return _of_floats(array, scratch)
    if types.is_integer(kind):
        values = _values(array, _dtype(kind))
        if types.is_unsigned_integer(kind):
            _refuse(values > np.iinfo(values.dtype).max // 2, live, f"'{kind}' beyond the signed")
    elif types.is_timestamp(kind):
        values = _microseconds(_values(array, np.int64), kind.unit, live)
    elif types.is_date32(kind):
        values = _values(array, np.int32)
    else:
        values, rest = np.divmod(_values(array, np.int64), _MILLISECONDS_PER_DAY)
        _refuse(rest != 0, live, "dates with a time of day")
    if values.dtype.itemsize == 8:
        return values.view(np.uint64), False
    return _widened(values, scratch), True


def decimal_words(array: Any) -> Words:
    """Return the low and high word of each 128-bit unscaled integer, as n rows of two."""
    wide = array.cast(pa.decimal128(array.type.precision, array.type.scale))
    start, stop = 2 * wide.offset, 2 * (wide.offset + len(wide))
    return _buffer(wide, np.uint64, stop)[start:stop].reshape(-1, 2)


def bits_of(array: Any) -> Mask:
    """Unpack a boolean array; a slot under a null gets whatever bit is stored there.

    pyarrow's own conversion takes seventeen times as long, as much as all the arithmetic.
    """
    stop = array.offset + len(array)
    packed = _buffer(array, np.uint8, (stop + 7) // 8)
    bits: Mask = np.unpackbits(packed, count=stop, bitorder="little").view(np.bool_)
    return bits[array.offset :]


def _buffer(array: Any, dtype: Any, count: int) -> NDArray[Any]:
    content = array.buffers()[1]
    return np.empty(0, dtype) if not count else np.frombuffer(content, dtype, count)


def _dtype(kind: Any) -> np.dtype[Any]:
    """Give NumPy's type of a number; pyarrow's answer imports pandas, a quarter of a second."""
    letter = "f" if types.is_floating(kind) else "u" if types.is_unsigned_integer(kind) else "i"
    return np.dtype(f"{letter}{kind.bit_width // 8}")


def _values(array: Any, dtype: Any) -> NDArray[Any]:
    stop = array.offset + len(array)
    return _buffer(array, dtype, stop)[array.offset :]


def _widened(values: NDArray[Any], scratch: Scratch) -> Words:
    """Extend the sign to 64 bits, so that a sum survives a wider column."""
    lent = scratch.take(len(values))
    lent.view(np.int64)[:] = values
    return lent


def _of_floats(array: Any, scratch: Scratch) -> tuple[Words, bool]:
    values = _values(array, _dtype(array.type))
    is_nan = np.isnan(values)
    has_nan = bool(is_nan.any())
    if values.dtype == np.float64 and not has_nan:
        return values.view(np.uint64), False
    lent = scratch.take(len(values))
    # A signalling NaN would warn here; it is replaced on the next line.
    with np.errstate(invalid="ignore"):
        lent.view(np.float64)[:] = values
    if has_nan:
        np.copyto(lent, _NAN, where=is_nan)
    return lent, True


def _microseconds(values: NDArray[Any], unit: str, live: Mask | None) -> NDArray[Any]:
    if unit == "ns":
        values, rest = np.divmod(values, 1000)
        _refuse(rest != 0, live, "timestamps with digits finer than microseconds")
        return values
    factor = _TO_MICROSECONDS[unit]
    if factor == 1:
        return values
    most = np.iinfo(np.int64).max // factor
    _refuse((values > most) | (values < -most), live, "timestamps beyond 64 bits of microseconds")
    return values * factor


def _refuse(is_bad: Mask, live: Mask | None, what: str) -> None:
    if live is not None:
        is_bad = is_bad & live
    if is_bad.any():
        raise NotDigestibleError(
            f"{int(is_bad.sum())} values are {what}, which Delta cannot store unchanged. "
            "Nothing was digested. Cast the column first, so that what is lost is your choice."
        )
