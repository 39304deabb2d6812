"""Processes of re-runs that share one import: forks of one that has imported the libraries.

Half of a small run is the import of five thousand modules. Runs in one environment with the same
variables have them from one process (`fork_server`), which has done nothing but import: what a run
leaves behind it, no other sees. Where that cannot be (another system than Linux, a library that
starts threads when it is imported, which no fork outlives), each is a process of its own.
"""

import ast
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Self

from lakeproof.determinism import HANDED_OVER
from lakeproof.record.documents.rerun_request import VARIABLE
from lakeproof.reproduce.stages import child_system, fork_server
from lakeproof.reproduce.stages.child_system import Process

# What a recorded run imports, whatever its nodes do.
_OF_EVERY_RUN = (
    *("scipy.special", "mlflow.tracking", "alembic.command"),
    *("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store"),
    *("sqlalchemy.dialects.sqlite", "opentelemetry.sdk.trace", "threadpoolctl", "xxhash", "git"),
    *("polars", "pandas", "pyarrow.csv", "pyarrow.dataset", "pyarrow.parquet", "deltalake"),
    *("narwhals.stable.v2", "filelock", "fsspec.implementations.local", "dynaconf", "omegaconf"),
    *("click", "rich", "pydantic.dataclasses", "pathspec", "parse", "attrs", "more_itertools"),
    *("importlib_metadata", "logging.config", "email.policy", "tomllib", "tomli_w", "appdirs"),
    *("alembic.config", "narwhals.stable.v2.selectors", "omegaconf.grammar_parser", "webbrowser"),
    "mlflow.tracing.processor.base_mlflow",
    *("mlflow.store.tracking.sqlalchemy_workspace_store", "multiprocessing.managers"),
    *("mlflow.tracking.request_header.registry", "polars._utils.threading", "PIL.GifImagePlugin"),
)
# Of Kedro and of this package what looks at no folder when it is imported.
_OURS = (
    *("kedro.io", "kedro.pipeline", "lakeproof.cli", "lakeproof.startup.begin"),
    *("lakeproof.record.run.session", "lakeproof.record.run.rerun", "lakeproof.record.run.keeping"),
    *("lakeproof.record.run.ending.doubts", "lakeproof.record.run.mlflow_index"),
    *("lakeproof.record.sections.setup_sections", "lakeproof.record.mlflow_store.mlflow_labels"),
    *("lakeproof.record.registry.loaded_models", "lakeproof.record.chain.head"),
    *("lakeproof.delta.delta_table", "lakeproof.delta.embedded.embedded_engine"),
    *("lakeproof.model.sklearn_model", "lakeproof.model.mlflow_model"),
    *("lakeproof.deliveries.delivery_stream", "lakeproof.estimators.pipelines"),
)
# What comes with a library that the project's code names.
_WITH = {
    "sklearn": ("skops.io", "sklearn.ensemble", "sklearn.pipeline", "mlflow.sklearn"),
    "matplotlib": (
        "matplotlib.figure",
        "matplotlib.pyplot",
        "matplotlib.backends.backend_agg",
        "PIL.JpegImagePlugin",
    ),
}
# They look at the folder, or at the environment, that they are imported in.
_OF_THE_FORK = frozenset({"kedro", "kedro_datasets", "kedro_mlflow", "kedro_viz", "lakeproof"})
_OWN = frozenset({"PYTHONPATH", VARIABLE, HANDED_OVER})
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MOST_FILES = 500


class Forks:
    """Starts processes of re-runs, as forks where that can be; for use in a `with` statement."""

    def __init__(self) -> None:
        self._servers: dict[tuple[Any, ...], Server | None] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Start nothing before it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that fork."""
        self._open.close()
        self._servers.clear()

    def start(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        stdout: IO[bytes],
        umask: int | None,
    ) -> Process:
        """Start `python -P -m kedro …`, as `child_system.start` does."""
        server = self._server(command[0], cwd, environment)
        if server is None:
            return child_system.start(command, cwd, environment, stdout, umask)
        return server.fork(command[4:], cwd, environment, stdout, umask)

    def _server(self, python: str, cwd: Path, environment: Mapping[str, str]) -> "Server | None":
        """Give the process that has what is read once: interpreter, libraries and variables."""
        if sys.platform != "linux":
            return None
        folders = [Path(one) for one in environment["PYTHONPATH"].split(os.pathsep)]
        libraries = tuple(imports_of(folders, cwd))
        given = {name: value for name, value in environment.items() if name not in _OWN}
        key = python, libraries, tuple(sorted(given.items()))
        if key not in self._servers:
            server = Server.started(python, libraries, given)
            self._open.callback(server.close)
            self._servers[key] = server if server.is_ready() else None
        return self._servers[key]


class Server:
    """A process that forks, seen from outside.

    Args:
        line: Our end of what it listens to.
        end: Ends it, which has nothing to lose.
    """

    def __init__(self, line: socket.socket, end: Callable[[], None]) -> None:
        self._line, self._end = line, end
        self._is_ready: bool | None = None

    @classmethod
    def started(
        cls, python: str, libraries: Sequence[str], environment: Mapping[str, str]
    ) -> "Server":
        """Start an interpreter that imports and has done nothing else."""
        line, its = socket.socketpair()
        with its:
            process = subprocess.Popen(
                [python, "-P", fork_server.__file__, str(its.fileno()), *libraries],
                cwd=os.path.sep,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                process_group=0,
            )

        def end() -> None:
            process.kill()
            process.wait()

        return cls(line, end)

    @classmethod
    def forked(cls, libraries: Iterable[str], given: Mapping[str, str]) -> "Server | None":
        """Fork this process, which goes on to import there; nothing where that cannot be.

        Args:
            libraries: What it imports.
            given: The variables that whatever is imported here has found.
        """
        if fork_server.has_threads():
            return None
        line, its = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            return None
        if pid == 0:
            line.close()
            fork_server.serve_apart(its, libraries, given)
        its.close()

        def end() -> None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

        return cls(line, end)

    def is_ready(self) -> bool:
        """Wait until it has imported; tell whether it can be forked."""
        if self._is_ready is None:
            self._is_ready = _read_line(self._line) == fork_server.READY
        return self._is_ready

    def fork(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        stdout: IO[bytes],
        umask: int | None,
    ) -> "Fork":
        """Have a fork; its standard input and error are pipes."""
        its_input, our_output = os.pipe()
        our_input, its_error = os.pipe()
        asked = {"arguments": list(arguments), "cwd": str(cwd), "umask": umask}
        asked["apart"] = sorted(_OWN)
        content = json.dumps({**asked, "environment": dict(environment)}).encode() + b"\n"
        try:
            sent = socket.send_fds(self._line, [content], [its_input, stdout.fileno(), its_error])
            self._line.sendall(content[sent:])
            return Fork(self._line, os.fdopen(our_output, "wb", 0), os.fdopen(our_input, "rb"))
        finally:
            os.close(its_input)
            os.close(its_error)

    def close(self) -> None:
        """End it; it would go by itself when nobody holds the other end of its line."""
        self._line.close()
        self._end()


class Fork:
    """A process that was forked; what `subprocess.Popen` has of one that was started.

    Args:
        line: Says its id and, when it has ended, its exit code.
        stdin: The end of its standard input that is ours.
        stderr: The end of its standard error that is ours.
    """

    def __init__(self, line: socket.socket, stdin: IO[bytes], stderr: IO[bytes]) -> None:
        self._line = line
        self.pid = int(_read_line(line))
        self.stdin: IO[bytes] | None = stdin
        self.stderr: IO[bytes] | None = stderr
        self.returncode: int | None = None
        # Whoever ends it is another thread than the one that listens to it.
        self._lock = threading.Lock()

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
        with self._lock:
            if self.returncode is None:
                with selectors.DefaultSelector() as selector:
                    selector.register(self._line, selectors.EVENT_READ)
                    if not selector.select(timeout):
                        raise subprocess.TimeoutExpired("kedro", timeout or 0)
                self.returncode = int(_read_line(self._line) or -signal.SIGKILL)
            return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _read_line(line: socket.socket) -> bytes:
    """Read up to the end of a line, and nothing beyond it; nothing where nobody answers."""
    found = b""
    while not found.endswith(b"\n"):
        part = line.recv(1)
        if not part:
            return b""
        found += part
    return found


def imports_of(folders: Sequence[Path], cwd: Path) -> Iterator[str]:
    """Name what the runs import: what every run does, and what the code of the project names."""
    named = sorted(_named_in(folders[0]))
    tops = {name.partition(".")[0] for name in named}
    more = (name for top, names in _WITH.items() if top in tops for name in names)
    for name in dict.fromkeys([*_OF_EVERY_RUN, *_OURS, *more, *named]):
        top = name.partition(".")[0]
        is_of_run = any((one / top).exists() or (one / f"{top}.py").exists() for one in folders)
        # As matplotlib does its settings.
        reads_folder = (cwd / f"{top}rc").exists()
        may_be_before = top not in _OF_THE_FORK or name in _OURS
        if may_be_before and not is_of_run and not reads_folder:
            yield name


def _named_in(folder: Path) -> set[str]:
    """Name the modules that the files of a folder import; one that cannot be read has none."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*.py"))[:_MOST_FILES]:
        with suppress(OSError, ValueError, SyntaxError, RecursionError):
            for one in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(one, ast.Import):
                    found.update(alias.name for alias in one.names)
                elif isinstance(one, ast.ImportFrom) and one.module and not one.level:
                    found.add(one.module)
    return {name for name in found if _MODULE.fullmatch(name)}
