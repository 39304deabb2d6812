"""The ordered digest of a frame: what `fit` got, bit for bit and row by row.

Unlike `rs1` it depends on the order of rows, on dtypes and on the library that holds the frame,
because estimators do. It recognises pandas and Polars without importing them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lakeproof.digest.columns import sha256_of_arrow, sha256_of_numpy
from lakeproof.digest.errors import NotDigestibleError
from lakeproof.digest.stream import record_batches

ALGORITHM = "frame1"

_THREADS = 2
_FRAMES = {"DataFrame", "Series", "Table", "RecordBatch"}
_LIBRARIES = {"pandas", "polars", "pyarrow"}


@dataclass(frozen=True)
class FrameColumn:
    """One column in order.

    Args:
        name: As in the frame; other labels than text and numbers by their `repr`.
        dtype: The library's name of the type.
        shape: (rows,), or all dimensions of a numpy array.
        sha256: Of the little-endian contiguous values.
    """

    name: str | int | None
    dtype: str
    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class FrameFacts:
    """A frame: the library and class that hold it, its row labels if any, its columns in order."""

    kind: str
    index: tuple[FrameColumn, ...]
    columns: tuple[FrameColumn, ...]

    @property
    def digest(self) -> str:
        """Shorten the facts to `frame1:` and the 64 digits of a SHA-256."""
        return f"{ALGORITHM}:{hashlib.sha256(self.to_json().encode()).hexdigest()}"

    def to_json(self) -> str:
        """Write the canonical JSON of which `digest` is the hash."""
        parts = {
            part: [[c.name, c.dtype, list(c.shape), c.sha256] for c in columns]
            for part, columns in (("index", self.index), ("columns", self.columns))
        }
        return json.dumps(
            {"algorithm": ALGORITHM, "kind": self.kind, **parts},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class _Work:
    """A column that is still to be hashed."""

    name: Any
    dtype: str
    shape: tuple[int, ...]
    sha256: Callable[[], str]


def is_frame(value: Any) -> bool:
    """Tell whether a value is a frame or series of pandas, Polars or pyarrow."""
    kind = type(value)
    return kind.__module__.partition(".")[0] in _LIBRARIES and kind.__name__ in _FRAMES


def digest_frame(data: Any) -> FrameFacts:
    """Digest a frame column by column, in two threads.

    Args:
        data: A pandas or Polars DataFrame or Series, a pyarrow Table or RecordBatch, or a numpy
            array.

    Raises:
        NotDigestibleError: It is none of these, or holds an object that cannot be pickled.
    """
    index: list[_Work] = []
    library = type(data).__module__.partition(".")[0]
    if isinstance(data, np.ndarray):
        columns = [_of_numpy(None, np.asarray(data))]
    elif not is_frame(data):
        raise NotDigestibleError(
            f"A {type(data).__module__}.{type(data).__name__} is not a frame. Nothing was "
            "digested. Pass a DataFrame, a Series, an Arrow table or a numpy array."
        )
    elif library == "pandas":
        is_series = type(data).__name__ == "Series"
        names = [data.name] if is_series else list(data.columns)
        held = [data] if is_series else [data.iloc[:, place] for place in range(len(names))]
        columns = [_of_pandas(n, c) for n, c in zip(names, held, strict=True)]
        levels = range(data.index.nlevels)
        labels = [data.index.get_level_values(level) for level in levels]
        index = [_of_pandas(label.name, label) for label in labels]
    elif library == "polars":
        columns = list(_of_polars(data))
    else:
        table = data if isinstance(data, pa.Table) else pa.Table.from_batches([data])
        columns = [_of_arrow(f.name, str(f.type), table[i]) for i, f in enumerate(table.schema)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="frame1") as pool:
        done = list(pool.map(_hashed, [*index, *columns]))
    kind = f"{library}.{type(data).__name__}"
    return FrameFacts(kind, tuple(done[: len(index)]), tuple(done[len(index) :]))


def _hashed(work: _Work) -> FrameColumn:
    return FrameColumn(_label(work.name), work.dtype, work.shape, work.sha256())


def _label(name: Any) -> str | int | None:
    if name is None or isinstance(name, str):
        return name
    return int(name) if isinstance(name, int | np.integer) else repr(name)


def _of_numpy(name: Any, values: Any) -> _Work:
    return _Work(name, str(values.dtype), values.shape, lambda: sha256_of_numpy(values))


def _of_arrow(name: Any, dtype: str, values: Any) -> _Work:
    return _Work(name, dtype, (len(values),), lambda: sha256_of_arrow(values))


def _of_pandas(name: Any, values: Any) -> _Work:
    """Take numpy's memory where the column is numpy's, and Arrow's form of every extension."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return _of_numpy(name, values.to_numpy())
    shown = f"{dtype} ordered" if getattr(dtype, "ordered", False) else str(dtype)
    if hasattr(dtype, "fill_value"):
        return _Work(name, shown, values.shape, lambda: sha256_of_numpy(np.asarray(values)))
    if hasattr(dtype, "tz"):
        # Arrow would ask pandas 3.1 for `values`, which is deprecated for zoned times.
        utc = np.asarray(values.array, dtype=f"M8[{dtype.unit}]")
        return _Work(name, shown, values.shape, lambda: sha256_of_numpy(utc))
    return _of_arrow(name, shown, pa.array(values.array))


def _of_polars(data: Any) -> Iterator[_Work]:
    frame = data.to_frame() if type(data).__name__ == "Series" else data
    for column in frame.get_columns():
        # A Categorical's dictionary belongs to the whole process, in the order values came up in.
        is_shared = str(column.dtype).startswith("Categorical")
        plain = column.cast(str) if is_shared else column
        schema, batches = record_batches(plain.to_frame())
        table = pa.Table.from_batches(batches, schema)
        yield _of_arrow(column.name, str(column.dtype), table[0])
