"""What passes between a node and a dataset, as a digest.

Not for tables: theirs is the digest of a version, known to whoever opened or wrote it (`tables`).
"""

import functools
import hashlib
import types
from collections.abc import Mapping, Sequence
from typing import Any

from lakeproof.deliveries.file_digests import digest_files
from lakeproof.record.facts import NodeIO, NodeIOKind

_PICTURES = ("matplotlib.", "plotly.", "PIL.", "altair.", "bokeh.", "seaborn.")
_PICTURE_DATASETS = (
    "kedro_datasets.matplotlib.",
    "kedro_datasets.plotly.",
    "kedro_datasets.pillow.",
    "kedro_datasets.holoviews.",
)
# Of digests such as these: those of `model1` and `frame1` had `sha256`.
_CHUNKS = "chunks2"
# Of a note. What a refused digest says ends with what to do about it, and is shorter.
_MOST_CHARACTERS = 500
_OF_ROWS = frozenset({"pandas", "polars", "pyarrow", "narwhals", "numpy", "scipy", "torch"})
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
)


def cross(
    dataset: str, data: Any, is_stored: bool = False, is_picture_kept: bool = False
) -> NodeIO:
    """Digest what a node got or gave, whatever it is.

    Never raises for what has no digest: that is a fact about the run, not a failure of it.

    Args:
        dataset: The catalog name.
        data: What passed. It is read, never changed.
        is_stored: Whether the dataset keeps it elsewhere than in memory.
        is_picture_kept: Whether the dataset makes a picture of it, whatever it is.
    """
    from lakeproof.digest import (
        LazyPartError,
        NotDigestibleError,
        digest_frame,
        digest_model,
        is_frame,
    )

    if is_picture_kept or is_picture(data):
        return NodeIO(dataset, "picture", None, "pictures do not count")
    if is_stored and are_deferred(data):
        note = "its parts are functions, which are called when they are saved or asked for"
        return NodeIO(dataset, "opaque", None, note)
    if are_files(data):
        return NodeIO(dataset, "files", digest_files(data))
    try:
        if is_frame(data):
            return NodeIO(dataset, "frame", digest_frame(data).digest, rows=rows_of(data))
        kind: NodeIOKind = "model" if is_model(data) else "value"
        return NodeIO(dataset, kind, digest_model(data), rows=rows_of(data))
    except LazyPartError as error:
        return NodeIO(dataset, "lazy", None, str(error)[:_MOST_CHARACTERS])
    except (NotDigestibleError, RecursionError) as error:
        return NodeIO(dataset, "opaque", None, str(error)[:_MOST_CHARACTERS])


def joined(parts: Sequence[NodeIO]) -> NodeIO:
    """Make one crossing of the chunks that a generator node handed over, in their order."""
    if len(parts) == 1:
        return parts[0]
    digests = [part.digest for part in parts]
    if None in digests:
        return next(part for part in parts if part.digest is None)
    text = "\n".join(str(digest) for digest in digests)
    digest = f"{_CHUNKS}:{_sha256(text)}"
    counts = [part.rows for part in parts if part.rows is not None]
    rows = sum(counts) if len(counts) == len(parts) else None
    return NodeIO(parts[0].dataset, "value", digest, f"{len(parts)} chunks", rows=rows)


def rows_of(data: Any) -> int | None:
    """Count the rows of a frame or an array that is there; `None` of all else."""
    library = type(data).__module__.partition(".")[0]
    if library not in _OF_ROWS:
        return None
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if shape else None
    # Of Arrow's arrays.
    return len(data) if library == "pyarrow" and hasattr(data, "__len__") else None


def is_model(data: Any) -> bool:
    """Tell an estimator, in scikit-learn's sense, from other values."""
    return (
        not isinstance(data, type)
        and callable(getattr(data, "fit", None))
        and callable(getattr(data, "get_params", None))
    )


def is_picture(data: Any) -> bool:
    """Tell a figure or an image, also several of them together."""
    if isinstance(data, Mapping):
        return bool(data) and all(map(is_picture, data.values()))
    if isinstance(data, list | tuple):
        return bool(data) and all(map(is_picture, data))
    kind = type(data)
    return kind.__module__.startswith(_PICTURES) and kind.__name__ in {
        "Figure",
        "FigureWidget",
        "Image",
        "Chart",
    }


def keeps_pictures(dataset: Any) -> bool:
    """Tell a dataset by its type that makes a picture of whatever it is given, wrapped or not.

    Axes, a frame, a mapping of figures, bytes: what becomes of it is a picture.
    """
    if dataset is None:
        return False
    kinds = [type(dataset), vars(dataset).get("_dataset_type")]
    if any(
        f"{base.__module__}.".startswith(_PICTURE_DATASETS)
        for kind in kinds
        if isinstance(kind, type)
        for base in kind.__mro__
    ):
        return True
    inner = vars(dataset).get("_dataset")
    return inner is not None and hasattr(inner, "__dict__") and keeps_pictures(inner)


def are_deferred(data: Any) -> bool:
    """Tell the parts of a partitioned dataset that are made, or loaded, only when they are called.

    A function is the same by its name, whatever it gives.
    """
    return isinstance(data, Mapping) and any(isinstance(v, _FUNCTIONS) for v in data.values())


def are_files(data: Any) -> bool:
    """Tell a list of deliveries: files that are known by name and sha256 before they are read."""
    return (
        isinstance(data, list | tuple)
        and bool(data)
        and all(
            isinstance(getattr(item, "sha256", None), str) and hasattr(item, "path")
            for item in data
        )
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
