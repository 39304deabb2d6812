"""Import at the price of importing: a run spends half its time on five thousand modules.

Each function puts off work that others do while they import and that a run has no use for. None of
them changes what is imported or computed; leave one out and a run is only slower.
"""

import atexit
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

from lakeproof.startup.around_import import around_import
from lakeproof.startup.libraries.kept_docstrings import keep_docstrings
from lakeproof.startup.libraries.known_schema import compare_without_alembic
from lakeproof.startup.libraries.skinny_mlflow import without_frames
from lakeproof.startup.plain import is_plain
from lakeproof.startup.put_off import put_off_modules

_DEFAULT = gc.get_threshold()
# Above what importing makes: a run imports a million objects, of which nothing is garbage.
_WHILE_IMPORTING = 2_000_000
# What nodes and datasets import later, when the collector is at work again.
_LATER = ("narwhals", "sklearn", "sklearn.compose", "sklearn.ensemble", "skops.io")
# To count what is frozen takes as long as to look at it.
_has_frozen = False


def begin_imports() -> None:
    """Import what comes first in a run, and let the garbage collector wait.

    skops asks, for each of 300 compiled functions of SciPy, every module that is loaded whether it
    is there, in the order in which they were loaded: two seconds after MLflow's three thousand,
    none before them. After the thread variables are set, since this is NumPy's first import.
    """
    gc.set_threshold(_WHILE_IMPORTING)
    for name in _LATER:
        around_import(name, _without_collecting)
    keep_docstrings()
    import scipy.special  # noqa: F401


def end_imports() -> None:
    """Collect garbage as usual from here on, but never look at what was imported again.

    Only once, and only where imports began: in a process of many runs, what is garbage when one of
    them starts would stay for ever.
    """
    global _has_frozen
    if gc.get_threshold()[0] == _WHILE_IMPORTING:
        gc.freeze()
        gc.set_threshold(*_DEFAULT)
        _has_frozen = True


@contextmanager
def importing_mlflow(newest_revision: Callable[[], str | None]) -> Iterator[None]:
    """Import MLflow for a command that starts no run, without what a run has no use for either.

    Args:
        newest_revision: Of a database, as the installed MLflow has it.
    """
    put_off_modules()
    compare_without_alembic(newest_revision)
    with without_collecting(), without_frames():
        yield


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let the garbage collector wait while something large is imported or read.

    Nor does it look at it at once afterwards: it is as old as what has long been there.
    """
    with collecting_later():
        yield


def _without_collecting(_module: ModuleType) -> AbstractContextManager[None]:
    return collecting_later()


def end_without_collecting() -> None:
    """Let the interpreter of a command of ours end without a look for garbage.

    Of the million objects that some of them import or read it takes a second. Not in a run, nor in
    a notebook: what lies in a cycle of theirs may have an open file.
    """
    if not is_plain():
        atexit.register(gc.freeze)


@contextmanager
def collecting_later() -> Iterator[None]:
    """Let the garbage collector wait for the end of what leaves little garbage.

    It would look at all that nodes have imported, half a million objects, to find nothing.
    """
    if is_plain():
        yield
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # What was frozen for good stays so.
            if not _has_frozen and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@contextmanager
def without_ipython() -> Iterator[None]:
    """Say that there is no IPython, where none is loaded.

    To learn that a run is not in a notebook, MLflow imports all of it. A shell that runs this has
    imported it long ago.
    """
    if "IPython" in sys.modules or is_plain():
        yield
        return
    sys.modules["IPython"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["IPython"]
