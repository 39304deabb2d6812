"""A run that is ended from outside: by Ctrl-C, by SIGTERM, by `sys.exit` in a node.

Kedro tells hooks of errors alone. What is none passes it by, and MLflow would call the run
FINISHED when the interpreter ends. Not for what is done about it (`session`).
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol

_SHELL = 128


class Terminated(SystemExit):
    """The process was asked to end; its exit code is the one of shells."""

    def __init__(self) -> None:
        super().__init__(_SHELL + signal.SIGTERM)

    def __str__(self) -> str:
        """Say it to whoever reads the record."""
        return "the process was asked to end (SIGTERM)"


_attended: dict[int, Callable[[], AbstractContextManager[None]]] = {}
_run: list[Any] = []


def attend(
    catalog: "CatalogProtocol[Any, Any]", attendance: Callable[[], AbstractContextManager[None]]
) -> None:
    """Have the runner that is about to run with a catalog work within a context, once."""
    from kedro.runner import AbstractRunner

    _attended[id(catalog)] = attendance
    if not _run:
        _run.append(AbstractRunner.run)
        AbstractRunner.run = _run_attended  # type: ignore[method-assign, assignment]


def leave(catalog: "CatalogProtocol[Any, Any]") -> None:
    """Forget a catalog, whether its runner came or not, and leave Kedro as it was."""
    from kedro.runner import AbstractRunner

    _attended.pop(id(catalog), None)
    if not _attended and _run:
        AbstractRunner.run = _run.pop()  # type: ignore[method-assign]


def _run_attended(runner: Any, pipeline: Any, catalog: Any, *args: Any, **kwargs: Any) -> Any:
    attendance = _attended.get(id(catalog))
    run = _run[0]
    if attendance is None:
        return run(runner, pipeline, catalog, *args, **kwargs)
    leave(catalog)
    with attendance():
        return run(runner, pipeline, catalog, *args, **kwargs)


@contextmanager
def raising_at_sigterm() -> Iterator[None]:
    """Let SIGTERM raise where a node is, unless somebody else answers it already.

    Python gets its turn when what is compiled returns, as it does for Ctrl-C.
    """
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return
    process = os.getpid()

    def answer(_number: int, _frame: Any) -> None:
        if os.getpid() != process:
            # A process that a node has forked ends as it always did.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        raise Terminated

    signal.signal(signal.SIGTERM, answer)
    try:
        yield
    finally:
        if os.getpid() == process:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
