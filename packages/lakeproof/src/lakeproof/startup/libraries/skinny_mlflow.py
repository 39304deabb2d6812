"""Let a command that only asks MLflow's store import MLflow as where there is no pandas.

MLflow does without pandas, NumPy, SciPy and Polars where they are not installed (mlflow-skinny),
and then has no models and no datasets of frames. To open a store takes neither: of what `kedro
reproduce` imports beside its re-run, to write down the verdict, they are a third. Where the project
itself has imported MLflow before, by its settings or its datasets, it is whole.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType

from lakeproof.startup.around_import import importer

_LEFT_OUT = ("numpy", "pandas", "polars", "scipy")
_FOR = "mlflow."


def ask_stores_alone() -> None:
    """Say that this process will have no use for models of MLflow's, nor for frames."""
    _FINDER.is_wanted = True


@contextmanager
def without_frames() -> Iterator[None]:
    """Tell MLflow's modules that they are not there, where that was said; others get them."""
    if not _FINDER.is_wanted:
        yield
        return
    sys.meta_path.insert(0, _FINDER)
    try:
        yield
    finally:
        sys.meta_path.remove(_FINDER)


class _Finder:
    """Finds nothing, and lets nobody else find it for MLflow."""

    is_wanted = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in _LEFT_OUT and (importer() or "").startswith(_FOR):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return None


_FINDER = _Finder()
