"""A process that forks, and its forks, as those see them who ask for them."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from lakeproof.determinism import HANDED_OVER
from lakeproof.record.documents.rerun_request import VARIABLE
from lakeproof.reproduce.stages.fork import fork_server

# Each fork has its own of these, which no library reads when it is imported.
OWN = frozenset({"PYTHONPATH", VARIABLE, HANDED_OVER})
# What its forks took is told when it has seen their end.
_PATIENCE, _SECONDS_BETWEEN_LOOKS = 2.0, 0.005


class Server:
    """A process that forks, seen from outside.

    Args:
        line: Our end of what it listens to.
        end: Waits so many seconds for its end, and ends it then: it has nothing to lose.
    """

    def __init__(self, line: socket.socket, end: Callable[[float], None]) -> None:
        self._line, self._end = line, end
        self._calls: list[socket.socket] = []
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

        def end(seconds: float) -> None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
            process.wait()

        return cls(line, end)

    @classmethod
    def forked(cls, libraries: Iterable[str], given: Mapping[str, str]) -> "Server | None":
        """Fork this process, which goes on to import there; nothing where that cannot be.

        Args:
            libraries: What it imports.
            given: The variables that whatever is imported has found.
        """
        if fork_server.has_threads():
            return None
        try:
            line, its = socket.socketpair()
            pid = os.fork()
        except OSError:
            return None
        if pid == 0:
            line.close()
            fork_server.serve_apart(its, libraries, given)
        its.close()

        def end(seconds: float) -> None:
            # Where nobody waits for children, it is gone by itself.
            with suppress(ChildProcessError, ProcessLookupError):
                last = time.monotonic() + seconds
                while time.monotonic() < last:
                    if os.waitpid(pid, os.WNOHANG)[0]:
                        return
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
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
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        stdout: IO[bytes],
        umask: int | None,
    ) -> "Fork | None":
        """Have a fork be `python -P -m kedro …`; its standard input and error are pipes.

        Returns:
            `None` where it has imported what would be another thing there, or forks no more.
        """
        asked = {
            "arguments": list(command[4:]),
            "cwd": str(cwd),
            "umask": umask,
            "environment": dict(environment),
            "apart": sorted(OWN),
        }
        its_input, our_output = os.pipe()
        our_input, its_error = os.pipe()
        try:
            pid = self._ask(asked, [its_input, stdout.fileno(), its_error])
        finally:
            os.close(its_input)
            os.close(its_error)
        if pid is None:
            os.close(our_output)
            os.close(our_input)
            return None
        return Fork(self._line, pid, os.fdopen(our_output, "wb", 0), os.fdopen(our_input, "rb"))

    def call(self, function: str) -> socket.socket | None:
        """Have a fork call a function, in the folder and with the variables of this process.

        Args:
            function: `module:name`; it gets a socket.

        Returns:
            The other end of that; `None` where nothing is forked any more.
        """
        ours, its = socket.socketpair()
        asked = {"call": function, "cwd": os.getcwd(), "environment": dict(os.environ)}
        with its:
            if self._ask(asked, [its.fileno(), sys.stderr.fileno()]) is not None:
                self._calls.append(ours)
                return ours
        ours.close()
        return None

    def _ask(self, asked: Mapping[str, Any], files: list[int]) -> int | None:
        """Have a fork, and give its id."""
        content = json.dumps(asked).encode() + b"\n"
        try:
            sent = socket.send_fds(self._line, [content], files)
            self._line.sendall(content[sent:])
            answer = _read_line(self._line).strip()
        except OSError:
            return None
        return int(answer) if answer.isdigit() else None

    def close(self) -> None:
        """End it; one that forks goes by itself when nobody holds the other end of its line."""
        for call in self._calls:
            # Whoever still has it gets no answer any more.
            with suppress(OSError):
                call.shutdown(socket.SHUT_RDWR)
        self._line.close()
        self._end(_PATIENCE if self._is_ready else 0)


class Fork:
    """A process that was forked; what `subprocess.Popen` has of one that was started.

    Args:
        line: Says its id and exit code when it has ended.
        pid: Its id.
        stdin: The end of its standard input that is ours.
        stderr: The end of its standard error that is ours.
    """

    def __init__(self, line: socket.socket, pid: int, stdin: IO[bytes], stderr: IO[bytes]) -> None:
        self._line, self.pid = line, pid
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
                self.returncode = self._told()
            return self.returncode

    def _told(self) -> int:
        """Read what is said of its end; that of another fork of the server is of no use here."""
        while words := _read_line(self._line).split():
            if int(words[0]) == self.pid:
                return int(words[1])
        return -signal.SIGKILL

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
        try:
            part = line.recv(1)
        except OSError:
            return b""
        if not part:
            return b""
        found += part
    return found
