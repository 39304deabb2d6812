"""Test the plugin with the oldest and the newest of what it says that it works with.

Each set is an environment of its own, resolved and built by uv from the ranges in
`pyproject.toml`, in which the core of the tests runs: what touches Kedro, MLflow, deltalake, Polars
and scikit-learn, and foreign projects that are run and reproduced. The whole suite says little more
of versions and takes ten times as long. A Python that is not on this machine is counted as skipped.

    make test-matrix SETS="oldest newest"
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

PACKAGE = Path(__file__).parents[1]
REPOSITORY = PACKAGE.parents[1]
UV = [str(Path(sys.executable).with_name("uv"))]
# What a run, a record and a re-run ask of others' packages.
CORE = (
    "tests/commands/test_history.py",
    "tests/delta/test_dataset.py",
    "tests/delta/test_pins.py",
    "tests/digest/test_frame.py",
    "tests/digest/test_model.py",
    "tests/init",
    "tests/model/test_model_dataset.py",
    "tests/record/test_mlflow_database.py",
    "tests/record/test_mlflow_index.py",
    "tests/run/test_hooks.py",
    "tests/run/test_sessions.py",
)
# The tests' own needs; kedro-datasets' extras are what their projects' catalogs name.
FOR_TESTS = (
    "kedro-datasets[json,matplotlib,pandas-csvdataset,pandas-parquetdataset,pickle]",
    "kedro-viz>=12",
    "moto[s3,server]>=5.2.5,<6",
    # Before it, pip cannot install the wheel that a test carries into a project.
    "pip>=23",
    "pytest>=8",
    "pytest-xdist>=3.5",
)
SHOWN = ("kedro", "kedro-mlflow", "mlflow", "deltalake", "polars", "scikit-learn")


@dataclass(frozen=True)
class Set:
    """One environment.

    Args:
        name: What it is asked for by.
        python: The interpreter, as uv finds it.
        resolution: Which of the versions that a range allows.
        bounds: What bounds the versions of what others need.
        left_out: Tests that say nothing of these versions.
    """

    name: str
    python: str
    resolution: str
    bounds: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


# They hang on the tests' own tools, or on what came later:
_NOT_OF_THE_OLDEST = (
    # click before 8.2, which Kedro 1.0 wants, has no standard error of its own in tests
    "tests/commands/test_history.py",
    # the template, whose `kedro_init_version` Kedro 1.0 holds against its own to the minor number
    "tests/run/test_sessions.py::test_two_sessions_of_one_process_log_to_runs_of_their_own",
    "tests/run/test_sessions.py::test_an_interrupted_run_is_killed_in_mlflow_and_not_finished",
    # a column that MLflow 3.0 does not have
    "tests/record/test_mlflow_database.py::"
    "test_a_store_whose_columns_are_not_those_that_are_read_is_left_to_mlflow",
    # the words in which pickle and Kedro refuse
    "tests/init/test_init_as_typed.py::"
    "test_a_pyproject_that_cannot_be_parsed_is_trouble_that_says_where",
)
SETS = (
    # MLflow says that it takes SQLAlchemy below 3, and before some version cannot import 2.1.
    Set("oldest", "3.11", "lowest-direct", ("sqlalchemy<2.1",), _NOT_OF_THE_OLDEST),
    Set("newest", "3.11", "highest"),
    Set("python3.12", "3.12", "highest"),
    Set("python3.13", "3.13", "highest"),
    Set("python3.14", "3.14", "highest"),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a set.

    Args:
        name: Its name.
        note: Why it did not come to tests, or nothing.
        versions: Python's and those of the packages that are shown.
        counts: How many tests passed, failed and were skipped.
        failed: The names of those that failed.
    """

    name: str
    note: str = ""
    versions: tuple[str, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)
    failed: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether versions do not work that should; an interpreter not here says nothing."""
        return bool(self.failed) or self.note.startswith("cannot")


def main() -> int:
    """Build and test the sets, one after another, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [each.name for each in SETS]
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(names)}; all if none")
    parser.add_argument("--workers", default="2", help="how many processes test a set (2)")
    options = parser.parse_args()
    asked = options.sets
    if unknown := set(asked) - set(names):
        parser.error(f"there is no set {', '.join(sorted(unknown))}: {', '.join(names)}")
    outcomes = []
    for each in SETS:
        if not asked or each.name in asked:
            with tempfile.TemporaryDirectory(prefix="lakeproof-matrix-") as folder:
                outcomes.append(tested(each, Path(folder), options.workers))
    print("\n".join(table(outcomes)))
    return int(any(outcome.has_failed for outcome in outcomes))


def tested(each: Set, folder: Path, workers: str) -> Outcome:
    """Build one environment and run the tests in it."""
    print(f"== {each.name}: Python {each.python}, {each.resolution}", flush=True)
    interpreter = interpreter_of(each.python)
    if interpreter is None:
        return Outcome(each.name, f"skipped: there is no Python {each.python} here")
    python = folder / "env/bin/python"
    lock = folder / "lock.txt"
    tests, bounds = folder / "tests.in", folder / "bounds.in"
    tests.write_text("\n".join(FOR_TESTS) + "\n")
    bounds.write_text("\n".join(each.bounds) + "\n")
    for step in (
        ("venv", "--quiet", "--python", interpreter, str(folder / "env")),
        (
            *("pip", "compile", "--quiet", "--python", str(python)),
            *("--resolution", each.resolution, "--output-file", str(lock)),
            *("--constraint", str(bounds), str(PACKAGE / "pyproject.toml"), str(tests)),
        ),
        ("pip", "install", "--quiet", "--python", str(python), "--requirements", str(lock)),
        ("pip", "install", "--quiet", "--python", str(python), "--no-deps", "-e", str(PACKAGE)),
    ):
        done = uv(*step)
        if done.returncode:
            said = " ".join(done.stderr.split())
            return Outcome(each.name, f"cannot be built: {said[:600]}")
    return with_tests(each, python, folder / "junit.xml", workers)


def interpreter_of(version: str) -> str | None:
    """Find an interpreter, also one that pyenv has and `pyenv global` does not name."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for one in (version, *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))):
        found = uv("python", "find", "--no-python-downloads", one)
        if found.returncode == 0:
            return found.stdout.strip()
    return None


def with_tests(each: Set, python: Path, report: Path, workers: str) -> Outcome:
    """Run the core of the tests, and read what came of them."""
    # A warning of a version is no failure of ours: the suite on the locked ones minds them.
    command = [str(python), "-m", "pytest", *("-q", "-n", workers, "--dist", "loadfile")]
    command += ["-W", "default", "-m", "not spark and not long", f"--junitxml={report}", *CORE]
    command += [f"--deselect={name}" for name in each.left_out]
    subprocess.run(command, cwd=PACKAGE, env={**os.environ, "PYTHONPATH": ""}, check=False)
    if not report.is_file():
        return Outcome(each.name, "cannot begin its tests")
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or has_error(case)]
    skipped = [case for case in cases if case.find("skipped") is not None]
    return Outcome(
        each.name,
        versions=tuple(versions_of(python)),
        counts=(len(cases) - len(failed) - len(skipped), len(failed), len(skipped)),
        failed=tuple(f"{case.get('classname')}::{case.get('name')}" for case in failed),
    )


def has_error(case: ElementTree.Element) -> bool:
    """Tell a test that could not even begin."""
    return case.find("error") is not None


def versions_of(python: Path) -> Iterator[str]:
    """Give the versions of Python and of what is shown."""
    told = uv("pip", "list", "--format", "json", "--python", str(python)).stdout
    found = {one["name"]: one["version"] for one in json.loads(told)}
    asked = subprocess.run([str(python), "-V"], capture_output=True, text=True, check=True)
    yield asked.stdout.split()[1]
    yield from (found.get(name, "-") for name in SHOWN)


def uv(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Ask uv."""
    return subprocess.run([*UV, *arguments], capture_output=True, text=True, check=False)


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Lay out what came of each set."""
    rows: list[tuple[str, ...]] = [("set", "python", *SHOWN, "passed", "failed", "skipped")]
    for outcome in outcomes:
        versions = outcome.versions or ("-",) * (1 + len(SHOWN))
        rows.append((outcome.name, *versions, *(str(count) for count in outcome.counts)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    yield ""
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for outcome in outcomes:
        if outcome.note:
            yield f"{outcome.name}: {outcome.note}"
        yield from (f"{outcome.name}: failed {name}" for name in outcome.failed)
    without = sum(outcome.note.startswith("skipped") for outcome in outcomes)
    yield f"{len(outcomes) - without} sets were tested, {without} skipped."


if __name__ == "__main__":
    sys.exit(main())
