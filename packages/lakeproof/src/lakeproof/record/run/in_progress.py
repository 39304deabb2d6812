"""The one recorded run that a process may have in progress.

What a run has of its process is the process's own: the MLflow run that is active, what kedro-mlflow
keeps of it in an object of the whole process (2.0.3), what is watched. Two at once would each note
what the other does.
"""

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lakeproof.errors import RunError

_process: int | None = None
_run: "weakref.ref[Any] | None" = None


def is_in_progress() -> bool:
    """Tell whether a run of this process is; one of the process that has forked it is not."""
    return _process == os.getpid() and _run is not None and _run() is not None


def take_turn(run: Any) -> None:
    """Let a run be the one in progress; it is held only as long as somebody else holds it.

    Raises:
        RunError: If another one is.
    """
    global _process, _run
    if is_in_progress():
        raise RunError(
            "Another run of this process is in progress, and MLflow and kedro-mlflow hold one at a "
            "time: each record would tell what the other run did. Nothing was run. Start it when "
            "that one has ended, or in a process of its own: kedro run"
        )
    _process, _run = os.getpid(), weakref.ref(run)


def give_turn(run: Any) -> None:
    """Let the next one begin, if it is this one's turn."""
    global _run
    if _run is not None and _run() is run:
        _run = None


@contextmanager
def kedro_mlflow_as_it_was() -> Iterator[None]:
    """Keep a context that is made meanwhile out of what kedro-mlflow knows of the run.

    It would take the run for one that somebody else has opened, and never end it.
    """
    from kedro_mlflow.framework.hooks.mlflow_hook import mlflow_hook

    known = dict(vars(mlflow_hook))
    try:
        yield
    finally:
        vars(mlflow_hook).clear()
        vars(mlflow_hook).update(known)
