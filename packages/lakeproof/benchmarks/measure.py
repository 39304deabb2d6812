"""Time two things in turn, compare them pair by pair, say it in words and in a line of JSON."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGE = str(ROOT / "packages/lakeproof")


class Seconds(float):
    """Elapsed time that also knows the processor time, of this process and of those it waited for.

    On a machine that is busy with other work, the processor time is the steadier one.
    """

    processor = 0.0


def seconds(work: Callable[[], object]) -> Seconds:
    """Time one call."""
    begin, used = time.perf_counter(), sum(os.times()[:4])
    work()
    elapsed = Seconds(time.perf_counter() - begin)
    elapsed.processor = sum(os.times()[:4]) - used
    return elapsed


def pairs(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    count: int,
    warm_up: int = 1,
    clock: Callable[[Callable[[], object]], Seconds] = seconds,
) -> list[tuple[Seconds, Seconds]]:
    """Return the seconds of ours and theirs, run in turn so that drift meets both."""
    for _ in range(warm_up):
        ours()
        theirs()
    return [(clock(ours), clock(theirs)) for _ in range(count)]


def ratio(timed: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Summarise pairs as medians and the median of their ratios."""
    return {
        "ours_s": round(statistics.median(ours for ours, _ in timed), 4),
        "theirs_s": round(statistics.median(theirs for _, theirs in timed), 4),
        "ratio": round(statistics.median(ours / theirs for ours, theirs in timed), 3),
        "ratio_min": round(min(ours / theirs for ours, theirs in timed), 3),
        "ratio_max": round(max(ours / theirs for ours, theirs in timed), 3),
    }


def processor_ratio(timed: list[tuple[Seconds, Seconds]]) -> float:
    """Give the median ratio of the processor times."""
    return round(statistics.median(ours.processor / theirs.processor for ours, theirs in timed), 3)


def minima(works: Mapping[str, Callable[[], object]], count: int) -> dict[str, Seconds]:
    """Give the least elapsed and the least processor time of each, run in turn.

    The least of several is what the work itself takes, on a machine that others use as well.
    """
    timed: dict[str, list[Seconds]] = {name: [] for name in works}
    for _ in range(count):
        for name, work in works.items():
            timed[name].append(seconds(work))
    found = {name: Seconds(min(times)) for name, times in timed.items()}
    for name, least in found.items():
        least.processor = min(one.processor for one in timed[name])
    return found


def processors(timed: list[tuple[Seconds, Seconds]]) -> dict[str, float]:
    """Summarise the processor times of pairs."""
    return {
        "ours_processor_s": round(statistics.median(ours.processor for ours, _ in timed), 2),
        "theirs_processor_s": round(statistics.median(theirs.processor for _, theirs in timed), 2),
        "processor_ratio": processor_ratio(timed),
    }


def report(name: str, target: str, is_met: bool, **figures: object) -> None:
    """Print the figures for people, then for machines."""
    for key, value in figures.items():
        print(f"{key:>28}  {value}")
    print(json.dumps({"benchmark": name, **figures, "target": target, "is_met": is_met}))


def environment(**more: str) -> dict[str, str]:
    """Give the environment for a child process: byte code is cached, nothing is sent."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "KEDRO_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", **more}


def run(command: list[str], cwd: Path, *, codes: Collection[int] = (0,), **more: str) -> str:
    """Run a child process to its end; its standard output.

    Args:
        command: What is typed.
        cwd: Where.
        codes: The exit codes that are no failure; of `check`, 1 is an answer.
        more: Of the environment.
    """
    done = subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False
    )
    if done.returncode not in codes:
        sys.exit(f"{command} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def copy_of_project(target: Path, with_packages: bool = True) -> Path:
    """Copy what git has, or would take, into a repository of its own.

    Args:
        target: The new repository.
        with_packages: Whether this package's own source goes along; a user's project has a wheel.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        is_wanted = with_packages or not name.startswith("packages/")
        if is_wanted and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    git(target, "init", "-q")
    commit_all(target)
    return target


def git(project: Path, *arguments: str) -> None:
    """Have git do something, as somebody who is nobody."""
    run(["git", "-c", "user.name=b", "-c", "user.email=b@localhost", *arguments], project)


def commit_all(project: Path) -> None:
    """Commit what there is."""
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "as measured")


def remove_tables(project: Path) -> None:
    """Have the next run begin without tables and reports."""
    for data in (project / "data").glob("0[2-8]*"):
        shutil.rmtree(data)


def plain_environment(folder: Path) -> Path:
    """Make an environment of the same locked libraries without this project; its `bin`."""
    uv = ROOT / ".venv/bin/uv"
    run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)], ROOT)
    locked = ["--require-hashes", "--compile-bytecode", "-r", "requirements/run.txt"]
    python = str(folder / "bin/python")
    run([str(uv), "pip", "install", "--quiet", "--python", python, *locked], ROOT)
    return folder / "bin"


def our_environment(folder: Path, project: Path) -> Path:
    """Make the same environment with this project in it, as `make run` does; its `bin`.

    Not the one the tests run in: it has more in it, which is imported where it is found.
    """
    bin_ = plain_environment(folder)
    install = ["pip", "install", "--quiet", "--python", str(bin_ / "python"), "--no-deps"]
    both = ["--editable", str(project / "packages/lakeproof"), "--editable", str(project)]
    run([str(ROOT / ".venv/bin/uv"), *install, *both], ROOT)
    return bin_


def users_environment(folder: Path, project: Path) -> Path:
    """Make the environment of a user's project, with Lakeproof as its wheel; its `bin`.

    Args:
        folder: The environment's.
        project: The user's, without this package's source.
    """
    bin_ = plain_environment(folder)
    uv = str(ROOT / ".venv/bin/uv")
    run([uv, "build", "--quiet", "--wheel", "--out-dir", str(folder / "wheels"), PACKAGE], ROOT)
    (wheel,) = (folder / "wheels").glob("*.whl")
    install = ["pip", "install", "--quiet", "--compile-bytecode", "--no-deps", "--no-sources"]
    install += ["--python", str(bin_ / "python")]
    run([uv, *install, str(wheel), "--editable", str(project)], ROOT)
    return bin_
