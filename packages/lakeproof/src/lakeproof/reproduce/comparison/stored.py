"""The files that a dataset became in two runs, and what it means where their bytes are others.

Most formats give the same bytes for the same value, and other bytes are another artifact, whatever
the digest of the value says. A closed list of formats does not. Not for what is in the files.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Literal

from lakeproof.record.facts import FileFacts

# Equal values have other bytes each time: times, addresses, random names, the order of sets.
_EACH_TIME = frozenset(
    {
        *(".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".skops"),
        *(".pt", ".pth", ".ckpt", ".keras", ".h5", ".hdf5", ".hdf", ".he5", ".nc", ".npz"),
        *(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".docx", ".pptx", ".odt", ".dta", ".avro"),
        *(".zip", ".gz", ".tgz", ".tar", ".7z", ".whl", ".jar"),
        *(".pdf", ".ps", ".eps", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"),
        *(".tif", ".tiff", ".bmp", ".mp4", ".db", ".sqlite", ".sqlite3", ".duckdb"),
        # Spark's, of the file beside it, whose name is another each time.
        ".crc",
    }
)
# Equal values have the same bytes from one version of the library that writes them.
_BY_WRITER = frozenset(
    {
        *(".parquet", ".pq", ".feather", ".arrow", ".ipc", ".orc", ".onnx", ".pb", ".tflite"),
        *(".bz2", ".xz", ".zst", ".lz4", ".snappy", ".br"),
    }
)
# MLflow's own folders of a model, which hold a time and a random id.
_MODEL = "MLmodel"
# As Kedro names the folder of a version of a dataset, between the dataset's own name twice: a
# partition may be called by a time, too.
_VERSION = re.compile(
    r"(?<![^/])([^/]+)/(?P<version>\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z/)\1(?![^/])"
)

Difference = Literal["none", "by its writer", "each time", "content"]


def digest_of(files: Sequence[FileFacts]) -> str | None:
    """Digest the files of a dataset: of one its bytes, of several their names as well."""
    named = _named(files)
    if len(named) < 2:
        return next((f"sha256:{sha256}" for sha256 in named.values()), None)
    lines = "\n".join(sorted(f"{name}\0{sha256}" for name, sha256 in named.items()))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def difference(ours: Sequence[FileFacts], theirs: Sequence[FileFacts]) -> Difference:
    """Say what kind of files is not the same, if any; the gravest one where there are several.

    A name counts as well as what is in the file, but for the name of a file that stands alone.
    """
    one, other = _named(ours), _named(theirs)
    if len(one) == len(other) == 1:
        same = set(one.values()) == set(other.values())
        changed = set() if same else {*one, *other}
    else:
        changed = {name for name, _ in one.items() ^ other.items()}
    if not changed:
        return "none"
    if all(any(PurePosixPath(name).name == _MODEL for name in names) for names in (one, other)):
        return "each time"
    suffixes = {PurePosixPath(name).suffix.lower() for name in changed}
    if suffixes - _EACH_TIME - _BY_WRITER:
        return "content"
    return "each time" if suffixes & _EACH_TIME else "by its writer"


def has_other_bytes_each_time(path: str) -> bool:
    """Tell by its name whether a file's format has other bytes for equal values each time."""
    return PurePosixPath(path).suffix.lower() in _EACH_TIME


def _named(files: Iterable[FileFacts]) -> dict[str, str]:
    """Give the digests by name within their folder; of a dataset with versions the newest alone."""
    paths = {file.path: file.sha256 for file in files}
    found = {path: _VERSION.search(path) for path in paths}
    newest = max((one["version"] for one in found.values() if one), default=None)
    if newest is not None:
        paths = {
            path[: one.start("version")] + path[one.end("version") :]: paths[path]
            for path, one in found.items()
            if one and one["version"] == newest
        }
    return {os.path.relpath(path, _folder(paths)): sha256 for path, sha256 in paths.items()}


def _folder(paths: Iterable[str]) -> str:
    """Give the folder that all lie in, as far as there is one."""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths]) or "."
    except ValueError:  # some inside of the project and some outside, or none at all
        return "."
