"""Put off modules that others import at their top and no run has a use for, until one is asked for.

In place of such a module stands one that knows where it is, and runs its code with the first other
thing that anybody asks of it: an attribute, `from … import`, `dir`. What it then does, and how it
fails, is its own. Where a library imports single names and rarely uses them, it is given what runs
the module's code when it is used. Who names a part of a package that waits gets the package first,
but for a few parts that are imported while it goes on to wait. It is as PEP 810 has it, from Python
3.15 on; MLflow asks for no module so yet.
"""

import importlib
import importlib.machinery
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from lakeproof.startup.around_import import importer
from lakeproof.startup.plain import is_plain

_NAMES = (
    # kedro-mlflow 2.0.3 imports what loads models of MLflow's, with all that agents say, to save a
    # pipeline as one model where that is asked for (no issue is known).
    "kedro_mlflow.mlflow",
    # Matplotlib 3.11 has what reads the text of a picture that TeX has set, and the names of all
    # letters with it (no issue is known).
    "matplotlib.dviread",
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
    # MLflow makes metrics of traces by it, where somebody has said where to send them.
    *("opentelemetry.sdk.metrics", "opentelemetry.sdk.metrics.export"),
    # A twelfth of a run, for the few of them that scikit-learn uses here and there.
    *("scipy.integrate", "scipy.interpolate", "scipy.io", "scipy.optimize"),
    *("scipy.stats", "scipy.stats.mstats"),
    # SQLAlchemy 2 imports every driver that it has with a database's types, of which MLflow names
    # two; whoever opens such a database asks for its driver.
    *(f"sqlalchemy.dialects.mssql.{name}" for name in ("aioodbc", "mssqlpython", "pymssql")),
    *(f"sqlalchemy.dialects.mysql.{name}" for name in ("aiomysql", "asyncmy", "cymysql")),
    *(f"sqlalchemy.dialects.mysql.{name}" for name in ("mariadbconnector", "mysqlconnector")),
    *(f"sqlalchemy.dialects.mysql.{name}" for name in ("mysqldb", "pymysql", "pyodbc")),
    *(f"sqlalchemy.dialects.postgresql.{name}" for name in ("asyncpg", "pg8000", "psycopg2cffi")),
)
# Kedro's contexts import it, for parameters that are models of it.
_OF_VALIDATION = ("pydantic",)
# Who imports what of them by name, for functions of its own.
_BY_NAME = {
    "kedro_mlflow.mlflow": ("kedro_mlflow.framework.hooks.", {"KedroPipelineModel"}),
    "matplotlib.dviread": ("matplotlib.backends.", {"Dvi"}),
    "opentelemetry.sdk.metrics": ("mlflow.tracing.", {"MeterProvider"}),
    "opentelemetry.sdk.metrics.export": ("mlflow.tracing.", {"PeriodicExportingMetricReader"}),
    "scipy.integrate": ("sklearn.", {"trapezoid"}),
    "scipy.interpolate": ("sklearn.", {"BSpline"}),
    "scipy.io": ("sklearn.", {"loadmat"}),
    "scipy.optimize": (
        "sklearn.",
        {"linear_sum_assignment", "linprog", "minimize", "minimize_scalar"},
    ),
    "scipy.stats": ("sklearn.", {"chi2", "gmean", "rankdata", "spearmanr"}),
    "scipy.stats.mstats": ("sklearn.", {"mquantiles"}),
}
_NOBODY = ("", frozenset[str]())
# A package imports its parts in an order of its own, and who names one gets that package first; but
# for these, which are named by others when they are imported and ask for nothing of it.
_ALONE = frozenset(
    {
        "mlflow.gateway.constants",
        "mlflow.genai.datasets",
        "mlflow.genai.judges.instructions_judge",
        "mlflow.genai.scorers.base",
        "mlflow.genai.scorers.online.entities",
        "mlflow.genai.scorers.scorer_utils",
        "scipy.optimize._linesearch",
    }
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
    """Let modules wait that nothing has imported yet, and a run has no use for."""
    _put_off(_NAMES)


def put_off_validation() -> None:
    """Let those wait that a command has no use for while it shows what it knows of itself."""
    _put_off(_OF_VALIDATION)


def _put_off(names: Collection[str]) -> None:
    finder = _Finder(names)
    if not is_plain() and finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)


@dataclass(frozen=True)
class _Finder:
    """Finds those modules where they are, and gives each a loader that waits."""

    names: Collection[str]

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.names:
            place = name.rpartition(".")[0]
            package: Any = sys.modules.get(place)
            if package.__class__ is not _PutOff or name in _ALONE:
                return None
            # Not for parts of it that are there: of `mlflow.genai`, of `scipy.optimize`.
            is_its_own = (importer() or "").startswith(".".join(place.split(".")[:2]))
            return None if is_its_own else _found_by(package, name)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Waiting(spec.loader.name, spec.loader.path)
        return spec


def _found_by(package: ModuleType, name: str) -> importlib.machinery.ModuleSpec | None:
    """Run the code of a package that waits, for a part of it; give the part if it is there then."""
    _run_outermost_first(package)
    there = sys.modules.get(name)
    if there is None:
        return None
    spec = importlib.machinery.ModuleSpec(name, _There(there))  # type: ignore[arg-type]
    # The import system asks what has come meanwhile for its own, and would run its code again.
    there.__spec__ = spec
    return spec


class _There:
    """Gives the import system a module that has been imported meanwhile, as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Waiting(importlib.machinery.SourceFileLoader):
    """Runs no code yet."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _PutOff


class _PutOff(ModuleType):
    """Becomes an ordinary module when something is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        if name in _AT_HAND:
            return object.__getattribute__(self, name)
        place, names = _BY_NAME.get(self.__name__, _NOBODY)
        if name in names and (importer() or "").startswith(place):
            return Later(self.__name__, name)
        _run_outermost_first(self)
        return ModuleType.__getattribute__(self, name)

    def __dir__(self) -> list[str]:
        _run_outermost_first(self)
        return list(ModuleType.__dir__(self))


class Later:
    """Stands for something of a module, whose code runs when it is called or asked for something.

    Args:
        module: The module's name.
        name: What the module calls it.
    """

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what it stands for."""
        return _named(*self._place)(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(_named(*self._place), name)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, _named(*self._place))

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, _named(*self._place))

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        return (_named(*self._place),)

    def __reduce__(self) -> Any:
        return _named, self._place


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _run_outermost_first(module: ModuleType) -> None:
    """Run the code of packages that wait, then that of their part, as it would be imported."""
    names = module.__name__.split(".")
    for length in range(1, len(names)):
        package: Any = sys.modules.get(".".join(names[:length]))
        if package.__class__ is _PutOff:
            _run(package)
    _run(module)


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
