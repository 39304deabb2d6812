"""Let a command that only asks MLflow's store import MLflow as where there is no pandas.

MLflow does without pandas, NumPy, SciPy, Polars and PyArrow where they are not installed
(mlflow-skinny), and then has no models and no datasets of frames, as long as the process lives. To
open a store takes neither: of what `kedro reproduce` imports beside its re-run, to write down the
verdict, they are two fifths. Artifacts on HDFS are reached by PyArrow, when there are some. Where
the project itself has imported MLflow before, by its settings or its datasets, it is whole.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType

from lakeproof.startup.around_import import after_import, importer
from lakeproof.startup.put_off import Later

_LEFT_OUT = ("numpy", "pandas", "polars", "pyarrow", "scipy")
_FOR = "mlflow."
# What it takes from PyArrow when it is imported (MLflow 3.17).
_ON_HDFS = "mlflow.store.artifact.hdfs_artifact_repo"
_TAKEN = ("FileSelector", "FileType", "HadoopFileSystem")
_wanted: list[bool] = []


def ask_stores_alone() -> None:
    """Say that this process will have no use for models of MLflow's, nor for frames."""
    _wanted.append(True)


@contextmanager
def without_frames() -> Iterator[None]:
    """Tell MLflow's modules that they are not there, where that was said; others get them."""
    if not _wanted:
        yield
        return
    after_import(_ON_HDFS, _with_pyarrow_later)
    finder = _Finder(threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _with_pyarrow_later(module: ModuleType) -> None:
    for name in _TAKEN:
        if not hasattr(module, name):
            setattr(module, name, Later("pyarrow.fs", name))


class _Finder:
    """Finds nothing, and lets nobody else find it for MLflow as one thread imports it."""

    def __init__(self, thread: int) -> None:
        self._thread = thread

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_meant = name.partition(".")[0] in _LEFT_OUT and threading.get_ident() == self._thread
        if is_meant and (importer() or "").startswith(_FOR):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return None
