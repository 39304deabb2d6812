"""The ordered digest of a frame: what `fit` got, bit for bit and row by row.

Unlike `rs1` it depends on the order of rows, on dtypes and labels, on what is noted beside the
rows, and on the library that holds the frame, because estimators do. It recognises pandas, Polars
and Narwhals without importing them.
"""

from __future__ import annotations

import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.frames.columns import Column, Label, of_numpy
from lakeproof.digest.frames.frame_of_arrow import arrow_columns
from lakeproof.digest.frames.frame_of_pandas import pandas_columns
from lakeproof.digest.frames.frame_of_polars import polars_columns
from lakeproof.digest.objects.classes import by_class
from lakeproof.digest.objects.lazy import is_lazy
from lakeproof.digest.objects.round_trip import proven_digest
from lakeproof.digest.objects.structure import Canonical, Walk, canonical
from lakeproof.errors import LakeproofError

ALGORITHM = "frame2"

_THREADS = 2
# Of cells.
_SMALL = 100_000
_FRAMES = {
    "pandas": {"DataFrame", "Series"},
    "polars": {"DataFrame", "Series"},
    "pyarrow": {"Table", "RecordBatch", "Array", "ChunkedArray"},
    "narwhals": {"DataFrame", "Series"},
}


@dataclass(frozen=True)
class FrameColumn:
    """One column in order.

    Args:
        name: Text as it is; another label by its type and its digest, `1.0` being no `"1.0"`.
        dtype: The library's name of the type; with that of its categories.
        shape: (rows,), or all dimensions of a numpy array.
        sha256: Of the little-endian contiguous values.
    """

    name: Label
    dtype: str
    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class FrameFacts:
    """A frame.

    Args:
        kind: The library and the class that hold it.
        index: Its row labels, if any, level by level.
        columns: Its columns in order.
        beside: What is noted beside the rows, such as `attrs`: by name, the digest.
    """

    kind: str
    index: tuple[FrameColumn, ...]
    columns: tuple[FrameColumn, ...]
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Shorten the facts to `frame2:` and the 64 digits of a SHA-256."""
        return f"{ALGORITHM}:{hashlib.sha256(self.to_json().encode()).hexdigest()}"

    def to_json(self) -> str:
        """Write the canonical JSON of which `digest` is the hash."""
        parts = {
            part: [[c.name, c.dtype, list(c.shape), c.sha256] for c in columns]
            for part, columns in (("index", self.index), ("columns", self.columns))
        }
        return json.dumps(
            {"algorithm": ALGORITHM, "kind": self.kind, "beside": self.beside, **parts},
            sort_keys=True,
            separators=(",", ":"),
        )


def is_frame(value: Any) -> bool:
    """Tell whether a value is a frame or series of pandas, Polars, pyarrow or Narwhals."""
    return _library_of(type(value)) is not None and not is_lazy(value)


def digest_frame(data: Any) -> FrameFacts:
    """Digest a frame column by column, a large one in two threads.

    Args:
        data: A DataFrame or Series of pandas, Polars or Narwhals, an Arrow table, batch or array,
            or a numpy array.

    Raises:
        NotDigestibleError: It is none of these, or holds an object that has no digest.
    """
    kind = type(data)
    library = _library_of(kind)
    index: list[Column] = []
    beside: dict[str, Any] = {}
    if library == "narwhals":
        native = digest_frame(data.to_native())
        return FrameFacts(f"narwhals.{native.kind}", native.index, native.columns, native.beside)
    if isinstance(data, np.ndarray):
        columns = [of_numpy(None, np.asarray(data))]
    elif library == "pandas":
        index, columns, beside = pandas_columns(data)
    elif library == "polars":
        columns = list(polars_columns(data))
    elif library == "pyarrow":
        columns, beside = arrow_columns(data)
    else:
        raise NotDigestibleError(
            f"A {kind.__module__}.{kind.__name__} is not a frame. Nothing was "
            "digested. Pass a DataFrame, a Series, an Arrow table or a numpy array."
        )
    try:
        done = _all_hashed([*index, *columns])
    except LakeproofError:
        raise
    except Exception as cause:
        raise NotDigestibleError(f"A column of a {kind.__name__} has no digest: {cause}") from cause
    root = kind.__module__.partition(".")[0]
    own = (
        kind.__name__ if root == (library or "numpy") else f"{kind.__module__}.{kind.__qualname__}"
    )
    return FrameFacts(
        own if "." in own else f"{root}.{own}",
        tuple(done[: len(index)]),
        tuple(done[len(index) :]),
        {name: proven_digest(value).hex() for name, value in beside.items()},
    )


def _all_hashed(columns: list[Column]) -> list[FrameColumn]:
    is_small = sum(math.prod(column.shape) for column in columns) < _SMALL
    # Threads take longer to start than a few numbers to be hashed. Objects may be nested deeply:
    # a thread of its own has more room for that.
    if is_small and not any(_may_nest(column.dtype.lower()) for column in columns):
        return list(map(_hashed, columns))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix=ALGORITHM) as pool:
        return list(pool.map(_hashed, columns))


def _may_nest(dtype: str) -> bool:
    # Categories and fields of structures may be objects, too.
    return "object" in dtype or "'o'" in dtype


def _hashed(column: Column) -> FrameColumn:
    return FrameColumn(_label(column.name), column.dtype, column.shape, column.sha256())


def _label(name: Any) -> Label:
    if name is None or type(name) is str:
        # JSON has no place for lone surrogates.
        return name if name is None or name.isprintable() else ("str", proven_digest(name).hex())
    return type(name).__qualname__, proven_digest(name).hex()


@by_class
def _library_of(kind: type) -> str | None:
    for base in kind.__mro__:
        library = base.__module__.partition(".")[0]
        if base.__name__ in _FRAMES.get(library, ()):
            return library
    return None


@canonical
def _frame_form(kind: type) -> Canonical | None:
    return _digest_within if _library_of(kind) else None


def _digest_within(walk: Walk, value: Any) -> bytes:
    return walk.tagged("frame", digest_frame(value).digest)
