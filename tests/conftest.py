"""The nouns of the tests: a table, a project, and one recorded run that many tests look at."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
# A small Spark on this machine.
SPARK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
    # What is compiled twice and collected side by side pays off after minutes.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


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
    """A project folder of its own, with its own git repository and MLflow store."""

    path: Path

    def kedro(self, *args: str, cwd: Path | None = None, code: int | None = 0) -> Finished:
        """Run a kedro command as a person would; `code` is the exit code expected."""
        done = subprocess.run(
            [sys.executable, "-m", "kedro", *args],
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
        return {**os.environ, "PYTHONPATH": str(self.path / "src"), "COLUMNS": "100"}

    def git(self, *args: str) -> str:
        """Run git in the project."""
        return subprocess.run(
            ["git", *args], cwd=self.path, capture_output=True, text=True, check=True
        ).stdout.strip()


def copy_project(
    target: Path, without: tuple[str, ...] = ("tests/", "docs/", "benchmarks/")
) -> Project:
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Java where there is none; the last line of the run counts it."""
    if shutil.which("java") is None:
        for item in items:
            if item.get_closest_marker("spark") is not None:
                item.add_marker(pytest.mark.skip(reason="Java is not installed"))


@pytest.fixture(scope="session")
def spark_session():
    """The one session of Spark, on this machine, with the jars of this project's lock."""
    import pyspark  # noqa: F401

    from lakeproof.spark import session
    from lakeproof.spark.settings import SparkSettings, use_settings

    lock = REPOSITORY / "requirements" / "jars.txt"
    use_settings(lambda: SparkSettings.from_config(SPARK, lock))
    yield session.spark()
    session.stop()
    use_settings(None)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nothing has run in."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Finished]:
    """A project after one run of everything; look, do not touch."""
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    return project, project.kedro("run")
