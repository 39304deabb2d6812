"""Kedro's commands in forks of a process that has imported the libraries: half the time of one.

That process (`warm_server`) has imported and done nothing else: delta-rs and Polars do not outlive
a fork once they have threads. Kedro, kedro-mlflow, Lakeproof and the project are imported by each
fork anew, in the way of `python -m kedro`, with its own environment, folder and arguments; the
process of a re-run, which `kedro reproduce` starts, is a fork in turn. A fork cannot have what an
interpreter and its libraries read when they start: where that is another, a process is started.
"""

import atexit
import functools
import json
import os
import selectors
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "POLARS_MAX_THREADS"),
)
# What a project's recipe puts in force; a process that is started starts again with it.
RECIPE = {**dict.fromkeys(THREADS, "1"), "PYTHONHASHSEED": "0"}
# Read once, by the interpreter or a library, before a fork could change it.
_READ_AT_START = (
    *("PYTHON", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "VECLIB_", "BLIS_", "POLARS_", "MPL"),
    *("LC_", "LANG", "LD_", "MALLOC_", "HOME", "XDG_", "ARROW_", "KMP_", "GOTO_"),
)
# Set by scikit-learn and threadpoolctl in whatever process imports them, as every fork has.
_SET_BY_IMPORT = ("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK")
OF_KEDRO = ("-m", "kedro")
# Of a worker: what the process that has it says, and the variables before any test has set its own.
# Not in `conftest.py`, which pytest and the tests import as several modules.
as_told: dict[str, Any] = {}
at_start: dict[str, str] = {}
SAFE = "-P"


class Forked:
    """A process that was forked; what `subprocess.Popen` has of one that was started.

    Args:
        line: Says its id and, when it has ended, its exit code.
        stdin: The end of its standard input that is ours.
        stderr: The end of its standard error that is ours.
    """

    def __init__(self, line: socket.socket, stdin: Any = None, stderr: Any = None) -> None:
        self._line = line
        self.pid = int(read_line(line))
        self.stdin, self.stderr = stdin, stderr
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Give the exit code, or `None` while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code is negative where a signal ended it.

        Raises:
            subprocess.TimeoutExpired: If it still runs.
        """
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._line, selectors.EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired("kedro", timeout or 0)
            self.returncode = int(read_line(self._line))
            self._line.close()
        return self.returncode


class Warm:
    """The process that forks.

    Args:
        at: Where its socket is.
        environment: What it was started with.
    """

    def __init__(self, at: str, environment: Mapping[str, str]) -> None:
        self.at = at
        self._start = _read_at_start(environment)

    @classmethod
    def begun(cls, *libraries: str, environment: Mapping[str, str] = os.environ) -> "Warm":
        """Start it, and do not wait; it ends with this process, however that ends.

        Args:
            *libraries: What it imports in place of what a run does.
            environment: What it is started with, beside the recipe.
        """
        folder = tempfile.mkdtemp(prefix="warm-")
        environment = {**environment, **RECIPE}
        with Path(folder, "log.txt").open("wb") as said:
            process = subprocess.Popen(
                [
                    *(sys.executable, str(Path(__file__).with_name("warm_server.py"))),
                    *(f"{folder}/at", *libraries),
                ],
                cwd=folder,
                env=environment,
                # When nobody holds its other end any more, the process ends.
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
            )
        atexit.register(process.kill)
        return cls(f"{folder}/at", environment)

    @classmethod
    def started(cls, *libraries: str) -> "Warm":
        """Start it, and wait until it forks."""
        return cls.begun(*libraries).ready()

    def ready(self) -> "Warm":
        """Wait until it forks, whoever has begun it."""
        patience = time.monotonic() + 900
        while not Path(self.at).exists():
            log = Path(self.at).with_name("log.txt").read_text()
            assert "Error" not in log, log
            assert time.monotonic() < patience, f"it does not start: {log}"
            time.sleep(0.05)
        return self

    def can_have(self, environment: Mapping[str, str]) -> bool:
        """Tell whether a fork can have an environment."""
        return _read_at_start(environment) == self._start

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> tuple[int, str, str]:
        """Run a command and give its exit code and what it has printed."""
        with (
            open(os.devnull, "rb") as stdin,
            tempfile.TemporaryFile() as stdout,
            tempfile.TemporaryFile() as stderr,
        ):
            files = [file.fileno() for file in (stdin, stdout, stderr)]
            code = Forked(self._fork(arguments, cwd, environment, files)).wait()
            texts = []
            for file in (stdout, stderr):
                file.seek(0)
                texts.append(file.read().decode())
        return code, texts[0], texts[1]

    def stand_in(self) -> int:
        """Run what this process was asked for, with its own files, and give the exit code."""
        line = self._fork(sys.argv[1:], Path.cwd(), {**RECIPE, **os.environ}, [0, 1, 2])
        return Forked(line).wait()

    def fork_reruns(self) -> None:
        """Fork what `kedro reproduce` starts in this process, where a fork can be it."""
        warm = self

        class Popen(subprocess.Popen):
            def __new__(cls, command: Any, *args: Any, **given: Any) -> Any:
                start = [sys.executable, SAFE, *OF_KEDRO]
                is_rerun = isinstance(command, list) and command[: len(start)] == start
                if is_rerun and warm.can_have(given["env"]):
                    return warm._rerun(command[len(start) :], **given)
                return super().__new__(cls)

        subprocess.Popen = Popen

    def _rerun(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        stdout: Any,
        umask: int,
        **_: Any,
    ) -> Forked:
        its_input, our_output = os.pipe()
        our_input, its_error = os.pipe()
        files = [its_input, stdout.fileno(), its_error]
        line = self._fork(arguments, cwd, env, files, umask=umask, is_rerun=True)
        os.close(its_input)
        os.close(its_error)
        return Forked(line, os.fdopen(our_output, "wb", 0), os.fdopen(our_input, "rb"))

    def _fork(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        files: Sequence[int],
        **more: Any,
    ) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.connect(self.at)
        asked = {"arguments": list(arguments), "cwd": str(cwd), **more}
        asked["environment"] = dict(environment)
        socket.send_fds(line, [b"."], list(files))
        line.sendall(json.dumps(asked).encode() + b"\n")
        return line


of_all_workers = functools.cache(Warm.begun)


@functools.cache
def warm() -> Warm:
    """Start the warm process when it is first asked for; it ends with this one.

    Of several workers, it is one of all.
    """
    if "warm" in as_told:
        return Warm(as_told["warm"], {**at_start, **RECIPE}).ready()
    return Warm.begun(environment=at_start).ready()


def name_files_of_stack() -> None:
    """Let Kedro's settings have what they use of a stack: the names of its files.

    dynaconf asks four times when a project starts, and has Python look through all modules for the
    source of each frame; beneath pytest there are sixty, and that takes longer than a command.
    """
    from dynaconf.loaders import py_loader
    from dynaconf.utils import files

    def stack() -> list[SimpleNamespace]:
        frames = (frame for frame, _ in traceback.walk_stack(None))
        return [SimpleNamespace(filename=frame.f_code.co_filename) for frame in frames]

    for module in (py_loader, files):
        module.inspect = SimpleNamespace(stack=stack)


def spare_mlflow() -> None:
    """Let MLflow's stores cost what is asked of them, and not what no test looks at.

    Which tables it wants is looked up once: each store that is opened reads seventy files. And a
    commit does not wait for the disk, fifty times a run: no machine loses its power here, and what
    a killed process has committed is there.
    """
    import sqlalchemy
    from mlflow.store.db import utils

    if hasattr(utils._get_latest_schema_revision, "cache_info"):
        return
    utils._get_latest_schema_revision = functools.cache(utils._get_latest_schema_revision)
    utils._get_latest_schema_revision()

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
    def _do_not_wait(connection: Any, _: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")


def read_line(line: socket.socket) -> bytes:
    """Read up to the end of a line, and nothing beyond it."""
    found = b""
    while not found.endswith(b"\n"):
        part = line.recv(1)
        assert part, "the process that forks is gone"
        found += part
    return found


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_READ_AT_START) and name not in ("PYTHONPATH", *_SET_BY_IMPORT)
    }
