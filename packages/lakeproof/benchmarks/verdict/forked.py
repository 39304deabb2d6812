"""Kedro's commands in forks of a process that has imported everything: a second instead of four.

The process that forks has imported and done nothing else, since delta-rs and Polars do not outlive
a fork once they have threads. It takes requests at a socket; `kedro reproduce`, which runs in such
a fork, asks it for the process of the re-run in turn.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
SOCKET, UMASK = "PROBE_SOCKET", "PROBE_UMASK"
THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "POLARS_MAX_THREADS"),
)
# As the recipe of the probe wants them: a fork can not change them any more.
IN_FORCE = {
    **dict.fromkeys(THREADS, "1"),
    "PYTHONHASHSEED": "0",
    "KEDRO_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_CRASHED = 70


class Forked:
    """The process that forks.

    Args:
        folder: Where its socket is.
        sources: The folder of the machinery's sources.
    """

    def __init__(self, folder: Path, sources: Path) -> None:
        self.socket = folder / "socket"
        path = os.pathsep.join((str(HERE), str(sources)))
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "verdict.forked", str(self.socket)],
            cwd=folder,
            env={**os.environ, **IN_FORCE, "PYTHONPATH": path},
            # What is printed while things are imported is no trial.
            stdout=subprocess.DEVNULL,
        )
        while not self.socket.exists():
            assert self._process.poll() is None
            time.sleep(0.1)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def kedro(
    at: Path, folder: Path, arguments: list[str], environment: Mapping[str, str], output: Path
) -> int:
    """Run a command of Kedro's in a fork and give its exit code; what it prints goes to a file."""
    asked = {
        "folder": str(folder),
        "arguments": arguments,
        "environment": dict(environment),
        "output": str(output),
    }
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(at))
        line.sendall(json.dumps(asked).encode())
        line.shutdown(socket.SHUT_WR)
        return int(_all_of(line) or _CRASHED)


def serve(path: str) -> None:
    """Import, then fork for each request."""
    # Before the thousands of modules that skops would ask each for SciPy's functions.
    import scipy.special
    import skops.io

    del scipy, skops
    import kedro.framework.cli.cli
    import kedro.framework.session
    import kedro_datasets.json
    import kedro_datasets.pandas
    import kedro_datasets.partitions
    import kedro_mlflow.framework.hooks
    import matplotlib.pyplot
    import mlflow.sklearn
    import mlflow.tracking
    import pyarrow.dataset
    import sklearn.ensemble
    import sqlalchemy.dialects.sqlite  # noqa: F401

    import lakeproof.commands.reproduce
    import lakeproof.deliveries
    import lakeproof.delta.delta_table
    import lakeproof.hooks
    import lakeproof.model
    import lakeproof.record.run.session  # noqa: F401

    del kedro, kedro_datasets, kedro_mlflow, matplotlib, mlflow, pyarrow, sklearn
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{path}.new")
        server.listen()
        os.rename(f"{path}.new", path)
        while True:
            line, _ = server.accept()
            if os.fork() == 0:
                server.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                code = _run(json.loads(_all_of(line)))
                line.sendall(str(code).encode())
                line.close()
                os._exit(0)
            line.close()


def _all_of(line: socket.socket) -> bytes:
    parts = []
    while part := line.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def _run(asked: Mapping[str, Any]) -> int:
    out = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    # A pipe whose other end this process itself holds: nobody's end ends it.
    reading, _ = os.pipe()
    for target, source in ((0, reading), (1, out), (2, out)):
        os.dup2(source, target)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.umask(int(asked["environment"].get(UMASK, "022"), 8))
    time.tzset()
    sys.argv = ["kedro", *asked["arguments"]]
    sys.orig_argv = [sys.executable, "-m", *sys.argv]
    try:
        from kedro.framework.cli.cli import main

        from lakeproof.startup import prepare

        prepare()
        if asked["arguments"][0] == "reproduce":
            _fork_reruns(Path(asked["environment"][SOCKET]))
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = _CRASHED
    with contextlib.suppress(Exception):
        import atexit

        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return code & 255


def _fork_reruns(at: Path) -> None:
    """Have the process of a re-run forked, too, in the environment that it would get."""
    from lakeproof.reproduce.stages import child, execute

    def run_forked(
        python: Path,
        worktree_project: Path,
        run_config: Path,
        given: Mapping[str, str | None],
        rerun_file: Path,
        say: Any,
        **options: Any,
    ) -> child.Finished:
        del python
        options["meanwhile"]()
        inherited = child.environment_of(dict(os.environ), worktree_project, given, rerun_file)
        umask = options.get("umask")
        output = rerun_file.with_suffix(".txt")
        code = kedro(
            at,
            worktree_project,
            ["run", "--config", str(run_config.resolve())],
            {**inherited, UMASK: oct(0o022 if umask is None else umask)[2:]},
            output,
        )
        lines = tuple(output.read_text(errors="replace").splitlines())
        for line in lines:
            say(line)
        return child.Finished(code, lines[-50:])

    execute.run_child = run_forked  # type: ignore[assignment]


if __name__ == "__main__":
    serve(sys.argv[1])
