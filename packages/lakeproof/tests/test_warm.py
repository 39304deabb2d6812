"""A command in a fork is the command: what it records, prints and answers is that of a process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Project, copy_project, warm
from lakeproof.determinism import Recipe
from warm import RECIPE, Forked, Warm


@pytest.fixture(scope="module")
def two_ways(tmp_path_factory) -> tuple[Project, str, str]:
    """A project with a run of a process and one of a fork."""
    project = copy_project(tmp_path_factory.mktemp("two-ways") / "project")
    forest = ("--params", "train.estimators.random_forest.n_estimators=5")
    return project, *(one.kedro("run", *forest).run_id for one in (project.fresh, project))


@pytest.mark.slow
def test_a_fork_records_what_a_process_does(two_ways):
    """Set-up, imports and all: there is no factor between them."""
    project, fresh, forked = two_ways
    done = project.kedro("compare", fresh, forked, "--json")
    assert '"verdict": "SAME"' in done.stdout
    assert '"factors": []' in done.stdout
    assert done == project.fresh.kedro("compare", fresh, forked, "--json")


@pytest.mark.slow
def test_a_fork_has_the_run_of_a_process_again(two_ways):
    """Whichever of the two it was."""
    project, fresh, _ = two_ways
    assert project.kedro("reproduce", fresh).stdout.startswith("REPEATED")


@pytest.mark.slow
def test_errors_and_exit_codes_are_those_of_a_process(project):
    """Of a command, and of Kedro before it."""
    for words in (("show", "nobody"), ("run", "--pipelines", "none")):
        ways = [one.kedro(*words, code=None) for one in (project.fresh, project)]
        assert ways[0].exit_code == ways[1].exit_code != 0
        # Of a traceback, the innermost frames.
        assert ways[0].stdout == ways[1].stdout
        assert ways[0].stderr.splitlines()[-5:] == ways[1].stderr.splitlines()[-5:]


@pytest.mark.slow
def test_what_ends_a_fork_is_told(project):
    """As `subprocess` tells it."""
    with open(os.devnull, "r+b") as nothing:
        files = [nothing.fileno()] * 3
        line = warm()._fork(["run"], project.path, {**RECIPE, **project.environment}, files)
    forked = Forked(line)
    assert forked.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.01)
    os.kill(forked.pid, signal.SIGKILL)
    assert forked.wait(60) == -signal.SIGKILL == forked.poll()


@pytest.mark.slow
def test_what_a_fork_cannot_have_is_given_to_a_process(project, monkeypatch):
    """What an interpreter reads when it starts, and another recipe."""
    assert Recipe().variables == RECIPE
    for name, value in {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "2", "LC_ALL": "C"}.items():
        assert not warm().can_have({**RECIPE, **project.environment, name: value})
    assert warm().can_have({**RECIPE, **project.environment, "LAKEPROOF_DEBUG": "1"})
    # Whether this worker has imported scikit-learn, or the process that forks had before it began.
    set_by_import = {"KMP_DUPLICATE_LIB_OK": "True", "KMP_INIT_AT_FORK": "FALSE"}
    for first, second in (
        (RECIPE, {**RECIPE, **set_by_import}),
        ({**RECIPE, **set_by_import}, RECIPE),
    ):
        assert Warm("", first).can_have(second)
    monkeypatch.setattr("conftest.warm", lambda: pytest.fail("it was forked"))
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr("conftest.RECIPE", {})
    assert "kedro, version" in project.kedro("--version").stdout


@pytest.mark.slow
def test_it_ends_with_who_has_started_it(tmp_path):
    """Also when that is killed."""
    code = (
        "import os, warm; one = warm.Warm.started('json'); print(one.at); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    at = done.stdout.strip()
    ps = ["pgrep", "-f", at]
    wait = f"while pgrep -f ' {at} json$'; do sleep 0.1; done"
    subprocess.run(["timeout", "30", "sh", "-c", wait], check=False)
    assert subprocess.run(ps, capture_output=True, check=False).returncode == 1
