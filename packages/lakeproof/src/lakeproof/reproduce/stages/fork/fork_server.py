"""The process that forks: it imports libraries, and becomes `python -m kedro` for each that asks.

It runs in the interpreter of the run, which may have another version of Lakeproof: the standard
library alone, started by its path. It has imported and done nothing else: Kedro, the project and
all plug-ins are left to the fork. What a project does before it imports a library, its fork does
after that.
"""

import atexit
import gc
import importlib
import json
import os
import re
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

READY, HAS_THREADS, OTHERWISE = b"ready\n", b"threads\n", b"otherwise\n"
_OURS = 3
# jemalloc's has memory given back sooner, which is all that a fork lacks; Polars' removes what was
# spilled to disk, of which there is nothing yet, and since 2.1 nobody waits for it.
_NOT_MISSED = (b"jemalloc_bg_thd", b"polars-ooc-clea")
_WAITS = re.compile(r"[01]\.|2\.0\.")
_MOST_BYTES = 65_536


def serve(line: socket.socket, libraries: Iterable[str], given: Mapping[str, str]) -> None:
    """Fork for each that asks, one at a time, until the other end of the line is closed.

    What has threads cannot be forked: then that is all it says. Nor does it fork where what it has
    imported would be another thing there.

    Args:
        line: Asks by a line of JSON and three files, and is told the fork's id and, when it has
            ended, id and exit code.
        libraries: What is imported before.
        given: The variables before anything was imported.
    """
    # What is imported stays: to look through a million objects for garbage again and again takes
    # longer than half of the imports.
    gc.disable()
    for name in libraries:
        # Nobody needs it who cannot import it.
        with suppress(Exception):
            importlib.import_module(name)
    if has_threads():
        line.sendall(HAS_THREADS)
        return
    _name_files_of_stack()
    gc.freeze()
    gc.enable()
    line.sendall(READY)
    ended, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        for one in (line, ended):
            selector.register(one, selectors.EVENT_READ)
        forks: set[int] = set()
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if ended in ready:
                ended.recv(_MOST_BYTES)
                _tell_ends(line, forks)
            if line in ready:
                message, files, _, _ = socket.recv_fds(line, _MOST_BYTES, _OURS)
                while message and not message.endswith(b"\n"):
                    part = line.recv(_MOST_BYTES)
                    message = message + part if part else b""
                if not message:
                    # What they took is added to what this one took.
                    for pid in forks:
                        os.waitpid(pid, 0)
                    return
                asked = json.loads(message)
                is_another = "call" not in asked and _imports_otherwise(given, asked)
                pid = -1 if is_another else os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    selector.close()
                    for other in (line, ended, wakes):
                        other.close()
                    _become(asked, files, given)
                for file in files:
                    os.close(file)
                if is_another:
                    line.sendall(OTHERWISE)
                    continue
                with suppress(OSError):
                    os.setpgid(pid, pid)
                forks.add(pid)
                line.sendall(f"{pid}\n".encode())


def serve_apart(
    line: socket.socket, libraries: Iterable[str], given: Mapping[str, str]
) -> NoReturn:
    """Serve as a process that was forked from a command's, and shares nothing open with it."""
    try:
        os.setpgid(0, 0)
        os.chdir(os.path.sep)
        nothing = os.open(os.devnull, os.O_RDWR)
        for target in range(_OURS):
            os.dup2(nothing, target)
        for name in os.listdir("/proc/self/fd"):
            # What a shell, or whoever else called the command, has open for its own children.
            with suppress(OSError):
                if int(name) >= _OURS and os.get_inheritable(int(name)):
                    os.close(int(name))
        serve(line, libraries, given)
    finally:
        os._exit(0)


def _name_files_of_stack() -> None:
    """Let dynaconf, in which Kedro keeps settings, have what it uses of a stack: names of files.

    It asks four times, and Python then looks through all modules for the source of each frame. As
    `quick_stack` of `startup`, which the Lakeproof of a recorded environment may not have.
    """
    for name in ("dynaconf.loaders.py_loader", "dynaconf.utils.files"):
        module: Any = sys.modules.get(name)
        if module is not None:
            module.inspect = types.SimpleNamespace(stack=_stack)


def _stack() -> list[types.SimpleNamespace]:
    frames = (frame for frame, _ in traceback.walk_stack(sys._getframe(1)))
    return [types.SimpleNamespace(filename=frame.f_code.co_filename) for frame in frames]


def has_threads() -> bool:
    """Tell whether a library may have started threads that a fork would wait for."""
    names = []
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/comm", "rb") as file:
                names.append(file.read().strip())
    except OSError:
        return True
    # As an interpreter ends, Polars before 2.1 waits for its thread, which a fork does not have.
    polars = getattr(sys.modules.get("polars"), "__version__", "")
    return sum(name not in _NOT_MISSED for name in names) > 1 or bool(_WAITS.match(polars))


def _tell_ends(line: socket.socket, forks: set[int]) -> None:
    """Tell which have ended, of those alone: a library may have started other processes."""
    for pid in sorted(forks):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            forks.remove(pid)
            line.sendall(f"{pid} {os.waitstatus_to_exitcode(status)}\n".encode())


def _become(asked: Mapping[str, Any], files: Sequence[int], given: Mapping[str, str]) -> NoReturn:
    """Be `python -P -m kedro` with what was asked for, or call a function, to the end."""
    code: Any = 1
    environment, by_libraries = asked["environment"], changed(given)
    try:
        with suppress(OSError):
            os.setpgid(0, 0)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(environment | by_libraries)
        time.tzset()
        tempfile.tempdir = None
        if "call" in asked:
            line, stderr = files
            os.dup2(stderr, 2)
            os.close(stderr)
            module, _, name = asked["call"].partition(":")
            getattr(importlib.import_module(module), name)(socket.socket(fileno=line))
            code = 0
        else:
            code = _be_kedro(asked, files)
    finally:
        _end(code)


def changed(given: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that libraries have set since these were given."""
    return {name: value for name, value in os.environ.items() if given.get(name) != value}


def _be_kedro(asked: Mapping[str, Any], files: Sequence[int]) -> int:
    arguments = asked["arguments"]
    for target, source in enumerate(files):
        os.dup2(source, target)
        os.close(source)
    # As a stream is that is no terminal.
    stdout: Any = sys.stdout
    stdout.reconfigure(line_buffering=False)
    if asked["umask"] is not None:
        os.umask(asked["umask"])
    # In the place where the interpreter puts them, whose own folder of scripts -P leaves out.
    sys.path[:0] = _searched_first(os.environ)
    importlib.invalidate_caches()
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        # As after an import: Python's own does so by itself.
        numpy_random.seed()
    sys.argv = ["kedro", *arguments]
    sys.orig_argv = [sys.orig_argv[0], "-P", "-m", "kedro", *arguments]
    return _ran()


def _imports_otherwise(given: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """Tell whether what was imported here would have been another thing there.

    It has seen other variables, but for some that no library reads; or a folder that is searched
    first has a module of its name; or the folder of the run has settings of a library, as
    matplotlib takes them.
    """
    environment, apart = asked["environment"], asked["apart"]

    def seen(variables: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in variables.items() if name not in apart}

    if seen(given) != seen(environment):
        return True
    imported = {name.partition(".")[0] for name in sys.modules}
    for folder in _searched_first(environment):
        with suppress(OSError):
            if any(name.partition(".")[0] in imported for name in os.listdir(folder)):
                return True
    return any(os.path.exists(os.path.join(asked["cwd"], f"{name}rc")) for name in imported)


def _searched_first(environment: Mapping[str, str]) -> list[str]:
    return [one for one in environment.get("PYTHONPATH", "").split(os.pathsep) if one]


def _ran() -> int:
    """Run Kedro, and give the exit code that the interpreter would have."""
    try:
        runpy.run_module("kedro", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        return _told(*sys.exc_info())
    return 0


def _told(kind: Any, error: Any, trace: Any) -> int:
    try:
        sys.excepthook(kind, error, trace)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 1


def _end(code: int) -> NoReturn:
    """End as an interpreter does, but for taking a million objects apart."""
    with suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code & 255)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:], dict(os.environ))
