"""What a child process is to each operating system: how it is started, heard and ended.

POSIX has process groups, and pipes that can be waited for; Windows has neither. There, a thread
reads the pipe and `taskkill` ends the tree. Not run on Windows so far: the branches are tested here
one by one.
"""

import os
import queue
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

Patience = Sequence[tuple[int, float]]

IS_WINDOWS = os.name == "nt"

_SECONDS_BETWEEN_LOOKS = 0.1
_PIECE = 65_536
# Of the module `subprocess` and of `signal`, on Windows alone.
_NEW_GROUP, _BREAK = 0x00000200, "CTRL_BREAK_EVENT"


class Process(Protocol):
    """A process that was started, as `subprocess.Popen` has it."""

    pid: int

    @property
    def stdin(self) -> IO[bytes] | None:
        """Our end of its standard input."""
        ...

    @property
    def stderr(self) -> IO[bytes] | None:
        """Our end of its standard error."""
        ...

    def poll(self) -> int | None:
        """Give its exit code, or `None` while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and give its exit code."""
        ...

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


def start(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    stdout: IO[bytes],
    umask: int | None,
) -> Process:
    """Start a process that leads a group of its own and whose input and errors are pipes."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        **start_options(umask),
    )


# Starts a command in a folder, with an environment, a file for what it prints, and a umask.
Asked = tuple[Sequence[str], Path, Mapping[str, str], IO[bytes], int | None]
Start = Callable[[*Asked], Process]


def start_options(umask: int | None, is_windows: bool = IS_WINDOWS) -> dict[str, Any]:
    """Give what `Popen` is told, so that the process leads a group of its own.

    An interrupt of the terminal then reaches it once, from here, and so do those that it starts.

    Args:
        umask: The recorded one; `None` hands on the caller's. Windows has none.
        is_windows: Whether it is to be started there.
    """
    if is_windows:
        return {"creationflags": _NEW_GROUP}
    return {"process_group": 0, "umask": -1 if umask is None else umask}


def pieces(process: Process, pipe: IO[bytes], is_windows: bool = IS_WINDOWS) -> Iterator[bytes]:
    """Yield what comes until it has ended, though a process that it started may keep the pipe."""
    return _by_thread(process, pipe) if is_windows else _by_selector(process, pipe)


def _by_selector(process: Process, pipe: IO[bytes]) -> Iterator[bytes]:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            # Asked before the pipe: what was written by then is read.
            has_ended = process.poll() is not None
            is_ready = bool(selector.select(0 if has_ended else _SECONDS_BETWEEN_LOOKS))
            chunk = os.read(pipe.fileno(), _PIECE) if is_ready else b""
            if not chunk and (is_ready or has_ended):
                return
            if chunk:
                yield chunk


def _by_thread(process: Process, pipe: IO[bytes]) -> Iterator[bytes]:
    # A descriptor of its own: the caller closes the pipe while the thread may still wait for it.
    own = os.dup(pipe.fileno())
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with suppress(OSError):
            while chunk := os.read(own, _PIECE):
                arrived.put(chunk)
        os.close(own)
        arrived.put(b"")

    threading.Thread(target=read, name="lakeproof-child", daemon=True).start()
    while True:
        has_ended = process.poll() is not None
        try:
            chunk = arrived.get(timeout=_SECONDS_BETWEEN_LOOKS)
        except queue.Empty:
            if has_ended:
                return
            continue
        if not chunk:
            return
        yield chunk


def stop(process: Process, patience: Patience, is_windows: bool = IS_WINDOWS) -> None:
    """End the process and those that it has started, first by asking.

    Args:
        process: The leader of its group.
        patience: Signals, and how many seconds each is waited for.
        is_windows: Whether it runs there.
    """
    try:
        for number, seconds in _asking(patience, is_windows):
            if process.poll() is not None:
                break
            if is_windows:
                with suppress(OSError):
                    process.send_signal(number)
            else:
                _signal_group(process.pid, number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
    finally:
        # Also after a second interrupt, which cuts the patience short.
        if is_windows:
            _kill_tree(process)
        else:
            with suppress(ProcessLookupError):
                _signal_group(process.pid, signal.Signals["SIGKILL"])
        process.wait()


def _asking(patience: Patience, is_windows: bool) -> Patience:
    """Give the signals; on Windows a group can only be sent a break."""
    if not is_windows:
        return patience
    return [(getattr(signal, _BREAK, signal.SIGTERM), seconds) for _, seconds in patience[:1]]


def _signal_group(group: int, number: int) -> None:
    # Of POSIX alone, which the types of another system do not know.
    getattr(os, "killpg")(group, number)  # noqa: B009


def _kill_tree(process: Process) -> None:
    """End a tree of Windows; of a leader that has gone, its children cannot be named any more."""
    with suppress(OSError):
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
        )
    with suppress(OSError):
        process.kill()
