"""A project folder of its own, and the commands that a person would type in it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def run_id(self) -> str:
        """The id that the run's closing lines tell."""
        found = re.search(r"^Recorded run ([0-9a-f]{32})$", self.stdout, re.MULTILINE)
        assert found, f"no recorded run in:\n{self.stdout}\n{self.stderr}"
        return found[1]


@dataclass(frozen=True)
class Project:
    """A project folder of its own, with its own git repository and MLflow store.

    Args:
        path: Where it lies.
        python: The interpreter whose packages its commands have.
    """

    path: Path
    python: Path = Path(sys.executable)

    def kedro(self, *args: str, cwd: Path | None = None, code: int | None = 0) -> Finished:
        """Run a kedro command as a person would; `code` is the exit code expected."""
        done = subprocess.run(
            [str(self.python), "-m", "kedro", *args],
            cwd=cwd or self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Finished(done.returncode, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command: the project's own sources win over the installed ones."""
        # MLFLOW_TRACKING_URI may be set by MLflow, which another test has used in this process.
        kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        return {**kept, "PYTHONPATH": str(self.path / "src"), "COLUMNS": "100"}

    def git(self, *args: str) -> str:
        """Run git in the project."""
        return subprocess.run(
            ["git", *args], cwd=self.path, capture_output=True, text=True, check=True
        ).stdout.strip()


def copy_project(target: Path, without: tuple[str, ...] = ("tests/", "packages/")) -> Project:
    """Copy what git has, or would take, into a repository of its own with one commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = REPOSITORY / name
        if source.is_file() and not name.startswith(without):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    project = Project(target)
    project.git("init", "--quiet")
    project.git("config", "user.name", "A Tester")
    project.git("config", "user.email", "tester@localhost")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "The project as it is tested")
    return project
