"""A command that is killed at some instant: by the number of what it writes, or by time.

It runs in a fork of a process that has imported the libraries and done nothing else.
"""

import contextlib
import importlib
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from years import clock
from years.warmth import stay_warm
from years.world import Project

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_EVENTS = ("os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "open")
_FIRST_GUESS = 12
_LIBRARIES = (
    *("deltalake", "polars", "mlflow.tracking", "kedro.framework.session", "lakeproof.cli"),
    *(f"lakeproof.commands.leases.{one}" for one in ("keep", "vacuum", "optimize")),
)


@dataclass
class Killer:
    """Kills commands, and knows from those that ended before it came how long they are.

    Args:
        seed: What chooses the instants.
        by_time: Whether every second one is killed by the clock, inside of the engines too.
    """

    seed: int
    by_time: bool
    kills: dict[str, int] = field(default_factory=dict)
    _events: dict[str, int] = field(default_factory=dict)
    _seconds: dict[str, float] = field(default_factory=dict)
    _tried: int = 0

    def run(self, project: Project, *typed: str) -> bool:
        """Run a command and kill it; tell whether it was killed, or ended before."""
        name, chance = typed[0], random.Random(f"{self.seed} {self._tried}")
        self._tried += 1
        timed = self.by_time and self._tried % 2 == 0 and name in self._seconds
        number = 0 if timed else chance.randint(1, self._events.get(name, _FIRST_GUESS))
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["years.preload"])
        told, tell = context.Pipe(duplex=False)
        behind = (clock.datetime.now(clock.UTC) - clock.now()).total_seconds() / clock.DAY
        child = context.Process(target=_run, args=(project.path, typed, behind, number, tell))
        began = time.monotonic()
        child.start()
        tell.close()
        child.join(chance.uniform(0.2, 1.0) * self._seconds[name] if timed else None)
        if child.is_alive():
            child.kill()
            child.join()
        if child.exitcode == 0:
            self._events[name] = max(int(told.recv()), 1)
            self._seconds[name] = time.monotonic() - began
        elif child.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"{' '.join(typed)} ended by itself: {told.recv()}")
        else:
            self.kills[name] = self.kills.get(name, 0) + 1
        return child.exitcode != 0


def _run(path: Path, typed: tuple[str, ...], behind: float, number: int, tell: Any) -> None:
    clock.install()
    clock.set_behind(behind)
    root, count = str(path.parent), 0

    def killed(event: str, args: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in _EVENTS or not isinstance(args[0], str | os.PathLike):
            return
        is_write = event != "open" or (isinstance(args[2], int) and args[2] & _WRITING)
        if is_write and os.path.abspath(args[0]).startswith(root):
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        sys.addaudithook(killed)
        try:
            code, _, error = Project(path).tried(*typed)
        except Exception:
            code, error = 3, traceback.format_exc()
    tell.send(count if code == 0 else f"exit {code}: {error}")
    tell.close()
    os._exit(0 if code == 0 else 3)


def preload() -> None:
    """Import what a command does, and do nothing."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    clock.install()
    stay_warm()
