"""The process that forks: it imports, waits to be asked, and tells how each fork has ended."""

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from warm import OF_KEDRO, SAFE, Warm, name_files_of_stack, read_line, spare_mlflow

# What a run imports of others; all that is Kedro's or of a plug-in is left to the fork.
LIBRARIES = (
    # Before the thousands of modules that skops would ask each for SciPy's functions.
    *("scipy.special", "skops.io", "sklearn.ensemble", "sklearn.pipeline", "matplotlib.pyplot"),
    *("matplotlib.backends.backend_agg", "PIL.JpegImagePlugin", "threadpoolctl"),
    *("mlflow.sklearn", "mlflow.spark", "mlflow.tracking", "mlflow.pyfunc", "alembic.command"),
    *("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store"),
    *("mlflow.tracking.request_header.registry", "mlflow.tracing.processor.base_mlflow"),
    *("mlflow.store.tracking.sqlalchemy_workspace_store", "mlflow.models.display_utils"),
    *("sqlalchemy.dialects.sqlite", "opentelemetry.sdk.trace", "opentelemetry.sdk.metrics.export"),
    *("polars", "pandas", "pyarrow.csv", "pyarrow.dataset", "pyarrow.parquet", "deltalake"),
    *("narwhals.stable.v2", "narwhals._arrow.dataframe", "narwhals._polars.namespace"),
    *("narwhals._pandas_like.namespace", "narwhals._pandas_like.group_by", "omegaconf._impl"),
    *("xxhash", "git", "filelock", "fsspec.implementations.local"),
    *("dynaconf", "omegaconf", "click", "rich", "pydantic.dataclasses", "pathspec", "parse"),
    *("attrs", "more_itertools", "importlib_metadata", "logging.config", "email.policy"),
    *("tomllib", "multiprocessing.managers"),
)


def serve(at: str, libraries: Sequence[str] = LIBRARIES) -> None:
    """Fork for each that asks, until nobody holds the other end of standard input.

    Args:
        at: Where the socket is to be; it is there once everything is imported.
        libraries: What that is.
    """
    environment = dict(os.environ)
    with not_registering():
        for name in libraries:
            importlib.import_module(name)
    if libraries is LIBRARIES:
        name_files_of_stack()
        spare_mlflow()
    gc.freeze()
    running: dict[int, socket.socket] = {}
    ended, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with socket.socket(socket.AF_UNIX) as asks, selectors.DefaultSelector() as selector:
        asks.bind(f"{at}.new")
        asks.listen()
        os.rename(f"{at}.new", at)
        for one in (asks, ended, sys.stdin):
            selector.register(one, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if sys.stdin in ready:
                return
            if ended in ready:
                ended.recv(4096)
                tell_ends(running)
            if asks in ready:
                line, _ = asks.accept()
                _, files, _, _ = socket.recv_fds(line, 1, 3)
                asked = json.loads(read_line(line))
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    selector.close()
                    for other in (asks, ended, wakes, line, *running.values()):
                        other.close()
                    become(asked, files, Warm(at, environment))
                for file in files:
                    os.close(file)
                running[pid] = line
                line.sendall(f"{pid}\n".encode())


@contextmanager
def not_registering() -> Iterator[None]:
    """Let no fork wait, as it ends, for a thread of Polars that it does not have: before 2.1."""
    register = atexit.register

    def register_others(function: Any, *args: Any, **given: Any) -> Any:
        is_polars = getattr(function, "__name__", "") == "pyo3-closure"
        return function if is_polars else register(function, *args, **given)

    atexit.register = register_others
    try:
        yield
    finally:
        atexit.register = register


def tell_ends(running: dict[int, socket.socket]) -> None:
    """Send the exit code of each fork that has ended to who has asked for it."""
    for pid in list(running):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            # Who has asked may be gone.
            with suppress(OSError), running.pop(pid) as line:
                line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become(asked: Mapping[str, Any], files: Sequence[int], warm: Warm) -> NoReturn:
    """Be `python -m kedro` with what was asked for, to the end."""
    for target, source in enumerate(files):
        os.dup2(source, target)
        os.close(source)
    safe = [SAFE] if asked.get("is_rerun") else []
    if asked.get("is_rerun"):
        os.setpgid(0, 0)
        if asked["umask"] >= 0:
            os.umask(asked["umask"])
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    tempfile.tempdir = None
    folders = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    # In place of the folder of this file.
    sys.path[:1] = [*([] if safe else [asked["cwd"]]), *folders]
    sys.argv = ["kedro", *asked["arguments"]]
    sys.orig_argv = [sys.executable, *safe, *OF_KEDRO, *asked["arguments"]]
    warm.fork_reruns()
    code: Any = 0
    try:
        runpy.run_module("kedro", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        code = _told(*sys.exc_info())
    end(code)


def _told(kind: Any, error: Any, trace: Any) -> int:
    """Tell of an error as the interpreter does, and give the exit code that it has then."""
    try:
        sys.excepthook(kind, error, trace)
    except SystemExit as ended:
        return ended.code
    if kind is KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 1


def end(code: int) -> NoReturn:
    """End as an interpreter does, but for taking a million objects apart."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code & 255)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:] or LIBRARIES)
