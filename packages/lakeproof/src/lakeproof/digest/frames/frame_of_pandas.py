"""The columns and row labels of a pandas frame or series, and what it notes beside them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.frames.columns import (
    Column,
    of_arrow,
    of_numpy,
    of_objects,
    sha256_of_numpy,
)
from lakeproof.digest.objects.round_trip import proven_digest

_TEXT = {"str", "string"}
# Of their arrays the elements and the type say all.
_KNOWN = ("pandas.arrays", "pandas.core.", "numpy.")


def pandas_columns(data: Any) -> tuple[list[Column], list[Column], dict[str, Any]]:
    """Give the levels of the index, the columns, and what else an estimator or a writer can see."""
    is_series = data.ndim == 1
    names = [data.name] if is_series else list(data.columns)
    held = [data] if is_series else [data.iloc[:, place] for place in range(len(names))]
    columns = [_column(name, values) for name, values in zip(names, held, strict=True)]
    levels = [data.index.get_level_values(level) for level in range(data.index.nlevels)]
    index = [_column(level.name, level) for level in levels]
    beside = {
        "axes": [_axis(axis) for axis in data.axes],
        "attrs": data.attrs,
        "flags": data.flags.allows_duplicate_labels,
    }
    if own := [name for name in data._metadata if name != "_name"]:
        # What a class derived from pandas' own hands on.
        beside["metadata"] = [(name, getattr(data, name, None)) for name in own]
    return index, columns, beside


def _axis(axis: Any) -> tuple[Any, ...]:
    """Say what the labels alone do not: levels, their names, a frequency, categories."""
    is_many = axis.nlevels > 1 or type(axis).__name__ == "MultiIndex"
    dtype = None if is_many or isinstance(axis.dtype, np.dtype) else _shown(axis.dtype)
    kept = None if dtype in _TEXT else dtype
    return is_many, list(axis.names), getattr(axis, "freqstr", None), kept


def _column(name: Any, values: Any) -> Column:
    """Take numpy's memory where the column is numpy's, and Arrow's form of most extensions."""
    import pandas as pd

    dtype = values.dtype
    shown = _shown(dtype)
    if isinstance(values, pd.RangeIndex):
        # Asked for its numbers, it would keep them for as long as there is the frame.
        bounds = values.start, values.stop, values.step
        return Column(name, shown, values.shape, lambda: _of_range(*bounds))
    if isinstance(dtype, np.dtype):
        return of_numpy(name, values.to_numpy())
    if hasattr(dtype, "categories"):
        return Column(name, shown, values.shape, lambda: _of_categories(values.array))
    if hasattr(dtype, "fill_value"):
        return Column(name, shown, values.shape, lambda: sha256_of_numpy(np.asarray(values)))
    if hasattr(dtype, "tz"):
        # Arrow would ask pandas 3.1 for `values`, which is deprecated for zoned times (Arrow
        # issue 51302).
        utc = np.asarray(values.array, dtype=f"M8[{dtype.unit}]")
        return Column(name, shown, values.shape, lambda: sha256_of_numpy(utc))
    held = values.array
    if not type(held).__module__.startswith(_KNOWN) and (digest := _of_extension(held)):
        return Column(name, shown, values.shape, lambda: digest)
    try:
        arrow = pa.array(held)
    except (pa.ArrowException, TypeError, NotImplementedError):
        return of_objects(name, shown, list(values))
    return of_arrow(name, shown, arrow)


@lru_cache(8)
def _of_range(start: int, stop: int, step: int) -> str:
    """Digest counted labels, which all frames of one length have."""
    return sha256_of_numpy(np.arange(start, stop, step, dtype=np.int64))


def _of_extension(values: Any) -> str | None:
    """Digest an array of another library with what it knows beside its elements, such as a CRS.

    Where only its elements can be told, these have to do.
    """
    try:
        return proven_digest(values).hex()
    except NotDigestibleError:
        return None


def _shown(dtype: Any) -> str:
    """Name a type with what its own name leaves out."""
    if not hasattr(dtype, "categories"):
        return str(dtype)
    # The same bits are other instants in another unit.
    categories = _shown(dtype.categories.dtype) if dtype.categories is not None else None
    return f"category[{categories}{', ordered' if dtype.ordered else ''}]"


def _of_categories(values: Any) -> str:
    """Digest codes and categories in their order, for some encoders take it as it is."""
    categories = _column(None, values.categories).sha256()
    codes = sha256_of_numpy(np.asarray(values.codes))
    return hashlib.sha256(f"{categories} {codes}".encode()).hexdigest()
