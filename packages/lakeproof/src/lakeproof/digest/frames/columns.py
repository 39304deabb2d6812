"""SHA-256 of one column, in order: the values decide it, not chunks, offsets or hidden garbage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import types

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.objects.arrays import Sink, feed_array
from lakeproof.digest.objects.round_trip import proven_digest
from lakeproof.digest.tables.cells import list_bounds, nulls_of
from lakeproof.digest.tables.delta_types import is_list
from lakeproof.digest.tables.fixed_width import Mask, bits_of
from lakeproof.digest.tables.strings import as_binary, is_bytes

Label = str | tuple[str, str] | None


@dataclass(frozen=True)
class Column:
    """A column that is still to be hashed.

    Args:
        name: Its label, of whatever type.
        dtype: The library's name of its type.
        shape: (rows,), or all dimensions of a numpy array.
        sha256: Hashes it, in whatever thread.
    """

    name: Any
    dtype: str
    shape: tuple[int, ...]
    sha256: Callable[[], str]


def of_numpy(name: Any, values: Any) -> Column:
    """Make a column of a numpy array."""
    return Column(name, str(values.dtype), values.shape, lambda: sha256_of_numpy(values))


def of_arrow(name: Any, dtype: str, values: Any) -> Column:
    """Make a column of an Arrow array."""
    return Column(name, dtype, (len(values),), lambda: sha256_of_arrow(values))


def of_objects(name: Any, dtype: str, values: list[Any]) -> Column:
    """Make a column of Python objects."""
    return Column(name, dtype, (len(values),), lambda: sha256_of_objects(values))


def sha256_of_objects(values: list[Any]) -> str:
    """Digest Python objects one by one; `None`, NaN and `pandas.NA` stay distinct.

    Raises:
        NotDigestibleError: An object cannot be pickled, or comes back as another one.
    """
    return proven_digest(values).hex()


def sha256_of_numpy(values: Any) -> str:
    """Hash the little-endian bytes of a numpy array in C order.

    Text in an object array becomes the same bytes as Arrow text, so that 1M names take no second.

    Raises:
        NotDigestibleError: An object has no digest.
    """
    hasher = hashlib.sha256()
    if values.dtype == object and values.ndim == 1:
        objects = values.tolist()
        if set(map(type, objects)) <= {str, type(None)}:
            try:
                return sha256_of_arrow(pa.array(objects, pa.large_string()))
            except UnicodeEncodeError:
                pass  # Lone surrogates: Arrow has no place for them, the walk has.
    if values.dtype == object:
        return sha256_of_objects(values.tolist())
    feed_array(values, hasher.update, proven_digest)
    return hasher.hexdigest()


def sha256_of_arrow(values: Any) -> str:
    """Hash an Arrow array: per level the nulls, the lengths, then the values that are there.

    Raises:
        NotDigestibleError: The layout is one that this version does not know.
    """
    hasher = hashlib.sha256()
    if isinstance(values, pa.ChunkedArray):
        # Also brings the dictionaries of the chunks together.
        values = values.combine_chunks()
        if isinstance(values, pa.ChunkedArray):
            values = pa.concat_arrays(values.chunks)
    try:
        _feed_arrow(values, hasher.update, None)
    except pa.ArrowException as cause:
        raise NotDigestibleError(
            f"A column of {values.type} has no ordered digest: {cause}"
        ) from cause
    return hasher.hexdigest()


def _feed_arrow(array: Any, sink: Sink, live: Mask | None) -> None:
    """Feed the slots marked in `live` (`None`: all); the others lie under a parent's null."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        _feed_arrow(array.storage, sink, live)
        return
    if types.is_dictionary(kind):
        # The order of categories reaches some estimators, so it counts.
        _feed_arrow(array.dictionary, sink, None)
        _feed_arrow(array.indices, sink, live)
        return
    nulls = nulls_of(array)
    slots = np.ones(len(array), np.bool_) if live is None else live
    there = slots if nulls is None else slots & ~nulls
    missing = slots & ~there
    sink(np.array([slots.sum(), missing.sum()], "<u8"))
    if missing.any():
        sink(missing[slots])
    if types.is_struct(kind):
        for place in range(kind.num_fields):
            _feed_arrow(array.field(place), sink, there)
    elif types.is_map(kind) or is_list(kind):
        _feed_list(array, sink, there)
    elif not types.is_null(kind):
        _feed_values(array, sink, None if there.all() else pa.array(there))


def _feed_list(array: Any, sink: Sink, there: Mask) -> None:
    bounds = list_bounds(array)
    lengths = np.diff(bounds)
    sink(lengths[there].astype("<i8"))
    first, count = int(bounds[0]), int(bounds[-1] - bounds[0])
    is_map = types.is_map(array.type)
    for child in (array.keys, array.items) if is_map else (array.values,):
        _feed_arrow(child.slice(first, count), sink, np.repeat(there, lengths))


def _feed_values(array: Any, sink: Sink, chosen: Any) -> None:
    kind = array.type
    if is_bytes(kind):
        array = as_binary(array).cast(pa.large_binary())
    dense = array if chosen is None else array.filter(chosen)
    start, stop = dense.offset, dense.offset + len(dense)
    if types.is_boolean(kind):
        sink(bits_of(dense))
    elif is_bytes(kind):
        bounds = np.frombuffer(dense.buffers()[1], np.int64)[start : stop + 1]
        sink(np.diff(bounds).astype("<i8"))
        if len(dense):
            sink(memoryview(dense.buffers()[2] or b"")[bounds[0] : bounds[-1]])
    elif len(dense):
        try:
            width = kind.byte_width
        except ValueError as cause:
            raise NotDigestibleError(
                f"A column of {kind} has no ordered digest. Cast it to a plain layout first."
            ) from cause
        # Arrow's numbers are those of the host.
        raw = np.frombuffer(dense.buffers()[1], np.uint8)[start * width : stop * width]
        sink(raw if np.little_endian else raw.reshape(-1, width)[:, ::-1].tobytes())
