"""Put off modules that others import at their top and no run has a use for, until one is asked for.

In place of such a module stands one that knows where it is, and runs its code with the first other
thing that anybody asks of it: an attribute, `from … import`, `dir`. What it then does, and how it
fails, is its own. Of a package, a part that somebody names is imported while the rest waits. It is
as PEP 810 has it, from Python 3.15 on; MLflow asks for no module so yet.
"""

import importlib
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from lakeproof.startup.plain import is_plain

_NAMES = (
    # MLflow 3.17 imports the server that stands before language models, with FastAPI, for it to be
    # an attribute (no issue is known). Its flavors it puts off itself.
    "mlflow.gateway",
    # And what judges language models: that its database knows of judges takes two modules of them,
    # which are imported as ever (no issue is known).
    "mlflow.genai",
    "mlflow.genai.judges",
    "mlflow.genai.scorers",
    "mlflow.genai.scorers.online",
    # SciPy 1.17 has whatever NumPy names, its compiler of Fortran among it (no issue is known).
    "numpy.f2py",
)
_IS_RUNNING = "__is_running__"
_bootstrap: Any = importlib.import_module("importlib._bootstrap")
# What the import system and whoever looks through all modules ask of each.
_AT_HAND = frozenset(
    {
        *("__class__", "__file__", "__cached__", "__loader__", "__name__", "__package__"),
        *("__path__", "__spec__", "__dict__", "__warningregistry__"),
    }
)


def put_off_modules() -> None:
    """Let modules wait that nothing has imported yet."""
    if not is_plain() and not any(isinstance(one, _Finder) for one in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds those modules where they are, and gives each a loader that waits."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _NAMES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Waiting(spec.loader.name, spec.loader.path)
        return spec


class _Waiting(importlib.machinery.SourceFileLoader):
    """Runs no code yet."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _PutOff


class _PutOff(ModuleType):
    """Becomes an ordinary module when something is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        if name in _AT_HAND:
            return object.__getattribute__(self, name)
        _run(self)
        return ModuleType.__getattribute__(self, name)

    def __dir__(self) -> list[str]:
        _run(self)
        return list(ModuleType.__dir__(self))


def _run(module: ModuleType) -> None:
    """Run a module's code, unless it has run or is this thread's that runs."""
    # The lock under which the module would be imported: another thread waits for the whole of it,
    # and where two would wait for each other, one goes on with what there is, as in any import.
    try:
        with _bootstrap._ModuleLockManager(module.__name__):
            if module.__class__ is not _PutOff or _IS_RUNNING in module.__dict__:
                return
            module.__dict__[_IS_RUNNING] = True
            try:
                super(_Waiting, module.__spec__.loader).exec_module(module)  # type: ignore
                module.__class__ = ModuleType  # type: ignore[assignment]
            finally:
                del module.__dict__[_IS_RUNNING]
    except _bootstrap._DeadlockError:
        return
