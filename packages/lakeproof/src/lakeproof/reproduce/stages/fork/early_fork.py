"""The process of a re-run, begun with the command: a fork of one that has imported MLflow.

Half of a small re-run are imports. One process makes them, a fork of the command, while that looks
for the record, before Kedro, plug-ins and the project are imported by either. A run imports them
the other way round; where nothing of the project's could notice (`project_start`), that is the
same. The re-run is a fork of that process, and so is the one that writes its verdict into MLflow's
store (`store_process`). Which run it will be, nobody knows by then: one with another interpreter,
other variables or another beginning has a process of its own.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.child_system import Asked, Process
from lakeproof.reproduce.stages.fork import store_process
from lakeproof.reproduce.stages.fork.fork_processes import Server
from lakeproof.reproduce.stages.fork.project_start import only_declares
from lakeproof.reproduce.stages.fork.store_process import InAnother, InThisProcess, StoreWriter

_server: Server | None = None


@contextmanager
def begun(libraries: Iterable[str], given: Mapping[str, str]) -> Iterator[None]:
    """Have a fork of this process import while a command goes on.

    Args:
        libraries: What it imports.
        given: The variables that whatever is imported has found.
    """
    global _server
    _server = Server.forked(libraries, given)
    try:
        yield
    finally:
        _end()


def start(*asked: *Asked) -> Process:
    """Start `python -P -m kedro …`, as `child_system.start` does."""
    (python, *_), cwd, *_ = asked
    if (
        _server is not None
        and python == sys.executable
        and only_declares(cwd)
        and _server.is_ready()
        and (forked := _server.fork(*asked)) is not None
    ):
        return forked
    _end()
    return child_system.start(*asked)


def store_writer() -> StoreWriter:
    """Give what writes into the store: this process, where none has imported MLflow for it."""
    called = _server.call(store_process.FUNCTION) if _server is not None else None
    return InThisProcess() if called is None else InAnother(*called)


def _end() -> None:
    global _server
    if _server is not None:
        _server.close()
        _server = None
