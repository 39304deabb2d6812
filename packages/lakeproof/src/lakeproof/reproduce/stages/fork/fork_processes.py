"""A process that forks, and its forks, as those see them who ask for them."""

import json
import math
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
from typing import IO, Any

from lakeproof.determinism import HANDED_OVER
from lakeproof.record.documents.rerun_request import VARIABLE
from lakeproof.reproduce.stages.child_system import Asked
from lakeproof.reproduce.stages.fork import fork_server

# Each fork has its own of these, which no library reads when it is imported.
OWN = frozenset({"PYTHONPATH", VARIABLE, HANDED_OVER})
# What its forks took is told when it has seen their end.
_PATIENCE, _SECONDS_BETWEEN_LOOKS = 2.0, 0.005
_LOOKS, _MOST_BYTES = 0.1, 65_536
_OF_AN_END = 2


class Server:
    """A process that forks, seen from outside.

    Args:
        line: Our end of what it listens to.
        end: Waits so many seconds for its end, and ends it then: it has nothing to lose.
    """

    def __init__(self, line: socket.socket, end: Callable[[float], None]) -> None:
        self._line, self._end = line, end
        self._lines = Lines(line)
        # What was told of forks, whoever listened.
        self._ends: dict[int, int] = {}
        # Whoever ends a fork is another thread than the one that listens to it.
        self._lock = threading.Lock()
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
            self._is_ready = self._lines.read() == fork_server.READY.strip()
        return self._is_ready

    def fork(self, *asked: *Asked) -> "Fork | None":
        """Have a fork be `python -P -m kedro …`; its standard input and error are pipes.

        Returns:
            `None` where it has imported what would be another thing there, or forks no more.
        """
        command, cwd, environment, stdout, umask = asked
        told = {
            "arguments": list(command[4:]),
            "cwd": str(cwd),
            "umask": umask,
            "environment": dict(environment),
            "apart": sorted(OWN),
        }
        its_input, our_output = os.pipe()
        our_input, its_error = os.pipe()
        try:
            pid = self._ask(told, [its_input, stdout.fileno(), its_error])
        finally:
            os.close(its_input)
            os.close(its_error)
        if pid is None:
            os.close(our_output)
            os.close(our_input)
            return None
        return Fork(self, pid, os.fdopen(our_output, "wb", 0), os.fdopen(our_input, "rb"))

    def call(self, function: str) -> tuple[socket.socket, int] | None:
        """Have a fork call a function, in the folder and with the variables of this process.

        Args:
            function: `module:name`; it gets a socket.

        Returns:
            The other end of that, and the fork's id; `None` where nothing is forked any more.
        """
        ours, its = socket.socketpair()
        asked = {"call": function, "cwd": os.getcwd(), "environment": dict(os.environ)}
        with its:
            pid = self._ask(asked, [its.fileno(), sys.stderr.fileno()])
            if pid is not None:
                self._calls.append(ours)
                return ours, pid
        ours.close()
        return None

    def _ask(self, asked: Mapping[str, Any], files: list[int]) -> int | None:
        """Have a fork, and give its id."""
        content = json.dumps(asked).encode() + b"\n"
        with self._lock:
            try:
                sent = socket.send_fds(self._line, [content], files)
                self._line.sendall(content[sent:])
            except OSError:
                return None
            while (told := self._lines.read()) and self._is_an_end(told):
                pass
        return int(told) if told and told.isdigit() else None

    def end_of(self, pid: int, seconds: float | None) -> int | None:
        """Wait for the end of a fork, so long at most; give its exit code.

        Where nobody tells it any more, it is ended: whoever would wait for it has no other way.
        """
        last = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            while pid not in self._ends:
                told = self._lines.read(None if last is None else last - time.monotonic())
                if told is None:
                    return None
                if not self._is_an_end(told):
                    with suppress(OSError):
                        os.killpg(pid, signal.SIGKILL)
                    self._ends[pid] = -signal.SIGKILL
            return self._ends[pid]

    def _is_an_end(self, told: bytes) -> bool:
        words = told.split()
        if len(words) == _OF_AN_END:
            self._ends[int(words[0])] = int(words[1])
        return len(words) == _OF_AN_END

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
        server: Says how it has ended.
        pid: Its id.
        stdin: The end of its standard input that is ours.
        stderr: The end of its standard error that is ours.
    """

    def __init__(self, server: Server, pid: int, stdin: IO[bytes], stderr: IO[bytes]) -> None:
        self._server, self.pid = server, pid
        self.stdin: IO[bytes] | None = stdin
        self.stderr: IO[bytes] | None = stderr

    def poll(self) -> int | None:
        """Give the exit code, or `None` while it runs."""
        return self._server.end_of(self.pid, 0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code is negative where a signal ended it.

        Raises:
            subprocess.TimeoutExpired: If it still runs.
        """
        found = self._server.end_of(self.pid, timeout)
        if found is None:
            raise subprocess.TimeoutExpired("kedro", timeout or 0)
        return found

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Lines:
    """Whole lines, or so many bytes, as they come from a socket.

    Whoever waits looks up ten times in a second: a library may have had signals go on with what
    they interrupt, as Polars does, and an interrupt would not be noticed before something comes.

    Args:
        line: The socket.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._rest = b""

    def read(self, seconds: float | None = None) -> bytes | None:
        """Give the next line, nothing at the end; `None` where it takes longer."""
        while b"\n" not in self._rest:
            if not self._comes(seconds):
                return None
            if not self._takes():
                return b""
        found, _, self._rest = self._rest.partition(b"\n")
        return found

    def read_bytes(self, count: int) -> bytes:
        """Give so many; fewer at the end."""
        while len(self._rest) < count:
            if self._comes(None) and not self._takes():
                break
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def _comes(self, seconds: float | None) -> bool:
        last = math.inf if seconds is None else time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, selectors.EVENT_READ)
            while not selector.select(max(0, min(_LOOKS, last - time.monotonic()))):
                if time.monotonic() >= last:
                    return False
        return True

    def _takes(self) -> bool:
        try:
            part = self._line.recv(_MOST_BYTES)
        except OSError:
            part = b""
        self._rest += part
        return bool(part)
