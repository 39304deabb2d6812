"""A re-run that is cut short, or is not alone: it leaves nothing, and the next one works."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import LONG, Finished, Project

from .conftest import FOREST, belongings, commit_all, edit, only_a_run_is_new, repeat, runs_of

# The node waits only where the file says so, so that the run itself does not; and says who it is.
WAIT = """
    import os
    import time
    from pathlib import Path

    here = Path({folder!r})
    while (here / "wait").exists():
        (here / "pids" / str(os.getpid())).touch()
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def waiting(make_project, tmp_path_factory) -> tuple[Project, Finished, Path]:
    """A project with a run whose re-run waits in the middle for as long as it is told to."""
    project, folder = make_project("waiting"), tmp_path_factory.mktemp("signs")
    (folder / "pids").mkdir()
    nodes = project.path / "src/winery/pipelines/feature/nodes.py"
    wait = WAIT.format(folder=str(folder))
    edit(nodes, "    rows = nw.from_native", f"{wait}\n    rows = nw.from_native")
    commit_all(project)
    return project, project.kedro("run", "--pipelines", "ingest,feature", *FOREST), folder


def start(project: Project, run: Finished) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "kedro", "reproduce", run.run_id, "--json"],
        cwd=project.path,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A group of its own, as a terminal gives each command one.
        process_group=0,
    )


def until(condition, seconds: float = 120) -> None:
    """Wait for what must come; how long it takes proves nothing."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; whoever started it is gone, and who inherited it has not looked yet.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def waiting_children(folder: Path) -> list[int]:
    return [int(path.name) for path in (folder / "pids").iterdir()]


@pytest.fixture
def hold(waiting):
    """Let re-runs wait in the middle, for the length of a test."""
    _, _, folder = waiting
    for path in (folder / "pids").iterdir():
        path.unlink()
    (folder / "wait").touch()
    yield folder
    (folder / "wait").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=(pytest.mark.slow, pytest.mark.beyond_ci)),
        pytest.param(signal.SIGKILL, id="kill -9", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, id="kill", marks=LONG),
    ],
)
def test_a_rerun_that_is_cut_short_takes_its_child_along_and_leaves_nothing(waiting, hold, how):
    """What a killed one had no time to clean up goes with the next command, which works."""
    project, run, _ = waiting
    before = belongings(project)
    running = start(project, run)
    try:
        until(lambda: waiting_children(hold) or running.poll() is not None)
        assert running.poll() is None, running.communicate()
        (child,) = waiting_children(hold)
        # A terminal sends it to the whole group; the child has one of its own.
        os.killpg(running.pid, how)
        stdout, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    assert stdout == ""
    assert "Traceback" not in stderr
    # 1 would say that the run diverged.
    assert running.returncode not in (0, 1, 2) or how is signal.SIGINT
    until(lambda: not is_alive(child))
    scratch = project.path / ".lakeproof/scratch"
    if how is signal.SIGINT:
        assert not any(scratch.iterdir())
        assert running.returncode == 130
    after = belongings(project)
    assert after.since(before)["runs"] == set()
    left = {path for path in after.since(before)["files"] if not path.startswith(".git/worktrees/")}
    assert left == set()
    (hold / "wait").unlink()
    verdict = repeat(project, run.run_id)
    assert not any(scratch.iterdir())
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"])


@pytest.mark.slow
def test_two_reruns_of_one_run_at_the_same_time_both_work(waiting, hold):
    """Each has a place and a worktree of its own, and sweeps nothing that is in use."""
    project, run, _ = waiting
    before = set(runs_of(project))
    both = [start(project, run) for _ in range(2)]
    try:
        until(
            lambda: len(waiting_children(hold)) == 2 or any(one.poll() is not None for one in both)
        )
        (hold / "wait").unlink()
        said = [one.communicate(timeout=120) for one in both]
    finally:
        for one in both:
            one.kill()
    assert [one.returncode for one in both] == [0, 0], said
    documents = [json.loads(stdout) for stdout, _ in said]
    assert [document["verdict"] for document in documents] == ["REPEATED", "REPEATED"]
    assert set(runs_of(project)) - before == {document["rerun_id"] for document in documents}
    assert not any((project.path / ".lakeproof/scratch").iterdir())
    assert project.git("worktree", "list").count("\n") == 0


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_kept_scratch_project_is_left_and_in_nobodys_way(waiting):
    """`--keep` says where it is; the next re-run neither takes it away nor stumbles over it."""
    project, run, _ = waiting
    verdict = repeat(project, run.run_id, "--keep")
    (kept,) = (project.path / ".lakeproof/scratch").iterdir()
    assert str(kept) in verdict.stderr
    assert (kept / "project/src/winery").is_dir()
    repeat(project, run.run_id, "--keep")
    assert (kept / "project/src/winery").is_dir()
    assert len(list((project.path / ".lakeproof/scratch").iterdir())) == 2
    for place in (project.path / ".lakeproof/scratch").iterdir():
        project.git("worktree", "remove", "--force", str(place / "project"))
        shutil.rmtree(place)
