"""The process of a re-run, begun with the command: a fork of it that imports meanwhile.

A command that re-runs needs MLflow for its store, and the re-run needs it as well: both have it
from one import, and what else the run imports comes while the command looks for its record. The
fork has imported what a re-run imports and has done nothing else; Kedro, the project and all
plug-ins are left to it. Whether the run is one for it, nobody knows by then: one with another
interpreter has a process of its own, and in one with other variables, or with modules of its own in
the place of what was imported, the fork begins anew (`fork_server`).
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lakeproof.reproduce.stages import child_system, forks
from lakeproof.reproduce.stages.child_system import Process
from lakeproof.reproduce.stages.forks import Server

_server: Server | None = None


@contextmanager
def begun(project: Path, source: Path, given: Mapping[str, str]) -> Iterator[None]:
    """Have a fork while a command goes on, in the environment that its re-run most likely has.

    Args:
        project: The folder in which the command was typed.
        source: That of its code, which says what it imports.
        given: The variables that whatever is imported has found.
    """
    global _server
    _server = Server.forked(forks.imports_of([source], project), given)
    try:
        yield
    finally:
        _end()


def start(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    stdout: IO[bytes],
    umask: int | None,
) -> Process:
    """Start `python -P -m kedro …`, as `child_system.start` does."""
    if _server is not None and command[0] == sys.executable and _server.is_ready():
        return _server.fork(command[4:], cwd, environment, stdout, umask)
    _end()
    return child_system.start(command, cwd, environment, stdout, umask)


def _end() -> None:
    global _server
    if _server is not None:
        _server.close()
        _server = None
