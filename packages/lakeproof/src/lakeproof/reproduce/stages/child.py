"""The process of a re-run: recorded code, recorded settings, and nothing of the caller's.

Not for what the run is told (`record.rerun`) nor for what comes out of it.
"""

import os
import signal
import threading
import tomllib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakeproof import determinism
from lakeproof.record.code import git
from lakeproof.record.documents.rerun_request import VARIABLE
from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.child_system import Process, Start
from lakeproof.startup.early_start import OF_THE_CALLER

_LINES_KEPT = 50
_PATIENCE = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0))

# They would lead the run to the caller's code, configuration, store or run.
_FORGOTTEN = frozenset(
    {
        "KEDRO_ENV",
        "KEDRO_LOGGING_CONFIG",
        "MLFLOW_ACTIVE_MODEL_ID",
        "MLFLOW_REGISTRY_URI",
        "MLFLOW_RUN_ID",
        *OF_THE_CALLER,
        "VIRTUAL_ENV",
        # What it keeps is of its own scratch folder.
        "LAKEPROOF_SCRATCH",
        *git.PLACES,
    }
)
_FORGOTTEN_PREFIXES = ("MLFLOW_EXPERIMENT_", "MLFLOW_TRACKING_")

_NO_TELEMETRY = {
    "KEDRO_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class Finished:
    """How the process ended.

    Args:
        exit_code: Negative where a signal ended it.
        stderr: Its last lines, at most 50.
        is_late: Whether it was ended because it had taken too long.
    """

    exit_code: int
    stderr: tuple[str, ...]
    is_late: bool = False


def run_child(
    python: Path,
    worktree_project: Path,
    run_config: Path,
    environment: Mapping[str, str | None],
    rerun_file: Path,
    say: Callable[[str], None],
    extra_args: Sequence[str] = (),
    meanwhile: Callable[[], None] = lambda: None,
    umask: int | None = None,
    path: Sequence[Path] = (),
    start: Start = child_system.start,
    most_seconds: float | None = None,
) -> Finished:
    """Start `kedro run --config` in the worktree, pass on what it says, and wait for it.

    The process holds the reading end of a pipe as its standard input and ends when this one's end
    is closed: by an interrupt here, or by the operating system when this process is killed. What
    it prints on standard output goes to a file beside `rerun_file`.

    Args:
        python: The interpreter of the recorded environment.
        worktree_project: Where it runs; both packages are imported from there.
        run_config: The `run.yml`.
        environment: The recorded variables that decide threads, kernels, the hash seed, time zone,
            locale and the like; `None` means that it was not set. With `LAKEPROOF_RECIPE`,
            the recorded word for how they came to be.
        rerun_file: What the run is told.
        say: Gets each line of standard error.
        extra_args: More options for `kedro run`.
        meanwhile: Called once, when the process has started.
        umask: The recorded one; `None` hands on the caller's.
        path: More folders of modules, after the project's own.
        start: Starts the process.
        most_seconds: How long it may take.
    """
    # -P: the current folder is not searched for modules, as it is not by the command `kedro`.
    command = [str(python), "-P", "-m", "kedro", "run", "--config", str(run_config.resolve())]
    with rerun_file.with_name(f"{rerun_file.stem}-stdout.txt").open("wb") as stdout:
        variables = environment_of(
            determinism.as_given(), worktree_project, environment, rerun_file, path
        )
        process = start([*command, *extra_args], worktree_project, variables, stdout, umask)
    last: deque[str] = deque(maxlen=_LINES_KEPT)
    late, watch = threading.Event(), None
    try:
        meanwhile()
        if most_seconds is not None:
            watch = threading.Timer(most_seconds, _end_late, [process, late])
            watch.daemon = True
            watch.start()
        for line in _lines(process):
            last.append(line)
            say(line)
        process.wait()
    except BaseException:
        child_system.stop(process, _PATIENCE)
        raise
    finally:
        if watch is not None:
            watch.cancel()
        for pipe in (process.stdin, process.stderr):
            assert pipe is not None
            pipe.close()
    return Finished(process.wait(), tuple(last), late.is_set())


def _end_late(process: Process, late: threading.Event) -> None:
    late.set()
    child_system.stop(process, _PATIENCE)


def environment_of(
    caller: Mapping[str, str],
    worktree_project: Path,
    recorded: Mapping[str, str | None],
    rerun_file: Path,
    path: Sequence[Path] = (),
) -> dict[str, str]:
    """Give the environment of the process: the caller's, but for what decides a result.

    What the caller's project has added to it by now is not the recorded project's.
    """
    return {
        **shared_environment(caller, recorded),
        # First of all: an editable install puts the user's own sources on the path, too.
        "PYTHONPATH": os.pathsep.join(map(str, (_source_folder(worktree_project), *path))),
        VARIABLE: str(rerun_file.resolve()),
    }


def shared_environment(
    caller: Mapping[str, str], recorded: Mapping[str, str | None]
) -> dict[str, str]:
    """Give what of it is the same for all re-runs with these settings, wherever they are."""
    kept = {
        name: value
        for name, value in caller.items()
        if name not in _FORGOTTEN and not name.startswith(_FORGOTTEN_PREFIXES)
    }
    threads = {name: value for name, value in recorded.items() if name != determinism.HANDED_OVER}
    origin = recorded.get(determinism.HANDED_OVER) or determinism.SET_AT_START
    return {**determinism.restored(kept, threads, origin), **_NO_TELEMETRY}


def _source_folder(project: Path) -> Path:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    return project.resolve() / str(settings["tool"]["kedro"].get("source_dir", "src"))


def _lines(process: Process) -> Iterator[str]:
    """Yield lines until the process has ended, though one that it started may keep the pipe."""
    pipe = process.stderr
    assert pipe is not None
    rest = b""
    for chunk in child_system.pieces(process, pipe):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(_text, lines)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")
