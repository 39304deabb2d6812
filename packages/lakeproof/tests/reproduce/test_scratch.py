"""The place of a re-run: there while it is used, gone afterwards, and nobody else's business."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lakeproof.errors import LakeproofError
from lakeproof.reproduce.stages.scratch import Scratch, sweep

# Enters a scratch folder, makes a worktree in it, says so, and waits.
HOLD = """
import sys, time
from pathlib import Path
from lakeproof.reproduce.stages.scratch import Scratch
from lakeproof.reproduce.code.repository import git

project = Path(sys.argv[1])
with Scratch(project, sys.argv[2], keep=len(sys.argv) > 3) as scratch:
    git(project, "worktree", "add", "--detach", "--quiet", str(scratch.path / "project"), "HEAD")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit, whose `.gitignore` knows nothing of scratch folders."""
    path = tmp_path / "project"
    path.mkdir()
    git(path, "init", "--quiet")
    git(path, "config", "user.name", "A Tester")
    git(path, "config", "user.email", "tester@localhost")
    git(path, "commit", "--quiet", "--allow-empty", "--message", "First")
    return path


def git(path: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=path, capture_output=True, text=True, check=True
    ).stdout


def hold(project: Path, name: str, *keep: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project), name, *keep], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    process.send_signal(number)
    process.communicate(timeout=30)


def left(project: Path) -> list[str]:
    return sorted(path.name for path in (project / ".lakeproof/scratch").iterdir())


def test_the_folder_is_there_inside_and_gone_after(project):
    """Git sees nothing of it, whatever the project ignores."""
    with Scratch(project, "one") as scratch:
        (scratch.path / "deep/er").mkdir(parents=True)
        (scratch.path / "deep/er/file").write_text("x")
        assert scratch.path == project / ".lakeproof/scratch/one"
        assert git(project, "status", "--porcelain") == ""
    assert left(project) == []


def test_it_goes_when_the_command_fails(project):
    """With the worktrees in it, and links only by name."""
    mine = project / "mine"
    mine.write_text("mine")

    def fail() -> None:
        with Scratch(project, "one") as scratch:
            git(project, "worktree", "add", "--detach", "--quiet", str(scratch.path / "tree"))
            (scratch.path / "linked").hardlink_to(mine)
            (scratch.path / "pointer").symlink_to(project)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert left(project) == []
    assert mine.read_text() == "mine"
    assert git(project, "worktree", "list").count("\n") == 1


def test_an_interrupt_removes_it(project):
    """Ctrl-C is an exception like another."""
    end(hold(project, "one"), signal.SIGINT)
    assert left(project) == []
    assert git(project, "worktree", "list").count("\n") == 1


def test_what_a_killed_command_left_goes_with_the_next_sweep(project):
    """Folder, lock and worktree; nothing is swept while the command is alive."""
    process = hold(project, "one")
    assert sweep(project) == ()
    assert (project / ".lakeproof/scratch/one/project").is_dir()
    end(process, signal.SIGKILL)
    assert sweep(project) == (project / ".lakeproof/scratch/one",)
    assert left(project) == []
    assert git(project, "worktree", "list").count("\n") == 1
    assert sweep(project) == ()


@pytest.mark.parametrize("link", [".lakeproof", ".lakeproof/scratch", ".lakeproof/scratch/one"])
def test_what_lies_behind_a_link_was_left_by_nobody(tmp_path, link):
    """A clone brings links along, to whatever folder."""
    victim = tmp_path / "victim"
    file = victim / Path(".lakeproof/scratch/one/a").relative_to(link)
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    (tmp_path / "project" / link).parent.mkdir(parents=True)
    (tmp_path / "project" / link).symlink_to(victim)
    assert sweep(tmp_path / "project") == ()
    assert file.read_text() == "mine"


def test_what_is_to_be_kept_stays(project):
    """Through any number of sweeps, its worktree too."""
    with Scratch(project, "one", keep=True) as scratch:
        git(project, "worktree", "add", "--detach", "--quiet", str(scratch.path / "tree"))
    assert sweep(project) == ()
    assert left(project) == ["one"]
    assert git(scratch.path / "tree", "status", "--porcelain") == ""


def test_the_users_own_worktrees_are_never_pruned(project, tmp_path):
    """Not even those whose folder is away."""
    git(project, "worktree", "add", "--quiet", str(tmp_path / "away"))
    (tmp_path / "away").rename(tmp_path / "unmounted")
    end(hold(project, "one"), signal.SIGKILL)
    sweep(project)
    assert str(tmp_path / "away") in git(project, "worktree", "list")


def test_a_name_that_is_taken_is_refused(project):
    """By a command that runs, or by what one has kept."""
    process = hold(project, "one")
    with pytest.raises(LakeproofError, match="in use by another process"), Scratch(project, "one"):
        pass
    end(process, signal.SIGINT)
    with Scratch(project, "one", keep=True):
        pass
    with (
        pytest.raises(LakeproofError, match="cannot be made: File exists"),
        Scratch(project, "one"),
    ):
        pass
    assert left(project) == ["one"]


def test_two_commands_have_a_place_each(project):
    """The end of one does nothing to the other."""
    with Scratch(project, "one") as one:
        with Scratch(project, "two"):
            pass
        assert one.path.is_dir()
    assert left(project) == []


def test_it_works_without_git(tmp_path):
    """A project that is no repository has no worktrees to remove."""
    with Scratch(tmp_path, "one") as scratch:
        pass
    assert not scratch.path.exists()


def test_a_sweep_of_nothing_takes_no_time(tmp_path):
    """Every command does it: it lists one folder and starts nothing."""
    started = time.perf_counter()
    for _ in range(100):
        assert sweep(tmp_path) == ()
    assert time.perf_counter() - started < 0.5
