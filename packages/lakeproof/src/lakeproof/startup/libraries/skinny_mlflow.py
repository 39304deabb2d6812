"""Let a command that only asks MLflow's store import MLflow as where there is no pandas.

MLflow does without pandas, NumPy, SciPy, Polars and PyArrow where they are not installed
(mlflow-skinny), and then has no models and no datasets of frames, as long as the process lives. To
open a store takes neither: of what `kedro reproduce` imports beside its re-run, to write down the
verdict, they are two fifths. Artifacts on HDFS are reached by PyArrow, when there are some. Where
the project itself has imported MLflow before, by its settings or its datasets, it is whole.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from lakeproof.startup.around_import import Refusal, after_import
from lakeproof.startup.put_off import Later

_LEFT_OUT = ("numpy", "pandas", "polars", "pyarrow", "scipy")
_FOR = "mlflow."
# What it takes from PyArrow when it is imported (MLflow 3.17).
_ON_HDFS = "mlflow.store.artifact.hdfs_artifact_repo"
_TAKEN = ("FileSelector", "FileType", "HadoopFileSystem")
_is_wanted = False


def ask_stores_alone() -> None:
    """Say that this process will have no use for models of MLflow's, nor for frames."""
    global _is_wanted
    _is_wanted = True


@contextmanager
def without_frames() -> Iterator[None]:
    """Tell MLflow's modules that they are not there, where that was said; others get them."""
    if not _is_wanted:
        yield
        return
    after_import(_ON_HDFS, _with_pyarrow_later)
    # What another thread imports of MLflow meanwhile is whole.
    mine = threading.get_ident()
    refusal = Refusal(_LEFT_OUT, lambda by: by.startswith(_FOR) and threading.get_ident() == mine)
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)


def _with_pyarrow_later(module: ModuleType) -> None:
    for name in _TAKEN:
        if not hasattr(module, name):
            setattr(module, name, Later("pyarrow.fs", name))
