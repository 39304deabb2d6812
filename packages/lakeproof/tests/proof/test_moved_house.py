"""The project in another place: its runs are found, reproduced and added to there."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Finished, Project, copy_project

from .conftest import FOREST, append, digests, repeat

DOWNLOAD = """
import json
import sys
import mlflow
from mlflow import MlflowClient
mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
run = client.get_run(sys.argv[2])
record = "lakeproof/record.json"
record = mlflow.artifacts.download_artifacts(run_id=sys.argv[2], artifact_path=record)
print(json.load(open(record))["run"]["run_id"])
(logged,) = run.outputs.model_outputs
model = mlflow.sklearn.load_model(f"models:/{logged.model_id}")
print(type(model).__name__)
registered = mlflow.pyfunc.load_model("models:/wine/1")
print(type(registered).__name__)
print(sorted(artifact.path for artifact in client.list_artifacts(sys.argv[2])))
"""
REGISTER = """
import sys
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
(logged,) = mlflow.MlflowClient().get_run(sys.argv[2]).outputs.model_outputs
mlflow.register_model(f"models:/{logged.model_id}", "wine")
"""
pytestmark = pytest.mark.slow
# Not of this machine: so long that it is in no file by accident.
OLD = "the-old-house-of-the-project"


def python(code: str, project: Project, run_id: str, cwd: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{project.path / 'mlflow.db'}", run_id],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory) -> tuple[Project, Finished]:
    """A project that was used: a run from a dirty tree, its re-run, and a registered model."""
    project = copy_project(tmp_path_factory.mktemp("old") / "a street" / OLD)
    append(project.path / "src/winery/__init__.py", "\nUNCOMMITTED = True\n")
    append(project.path / "conf/local/parameters_evaluate.yml", "mine: 1\n")
    finished = project.kedro("run", *FOREST)
    python(REGISTER, project, finished.run_id, project.path)
    repeat(project, finished.run_id)
    return project, finished


def old_places(project: Project) -> set[str]:
    """Name the columns of MLflow's database that hold the old folder of the project."""
    found = set()
    with closing(sqlite3.connect(project.path / "mlflow.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
            for _, column, *_ in columns:
                query = f'SELECT count(*) FROM "{table}" WHERE CAST("{column}" AS TEXT) LIKE ?'
                if connection.execute(query, (f"%{OLD}%",)).fetchone()[0]:
                    found.add(f"{table}.{column}")
    return found


def live_in(project: Project, finished: Finished, tmp_path: Path) -> None:
    """Use everything that a person would in the new place."""
    listed = project.kedro("runs").stdout
    assert finished.run_id[:8] in listed
    assert "no record" not in listed
    shown = json.loads(project.kedro("show", finished.run_id[:8], "--json").stdout)
    assert (shown["run"]["run_id"], shown["run"]["status"]) == (finished.run_id, "FINISHED")
    # Who wrote what, which only speaks of the past, may name the old place.
    assert old_places(project) <= {"tags.value"}
    recorded, kind, served, artifacts = python(DOWNLOAD, project, finished.run_id, tmp_path)
    assert recorded == finished.run_id
    assert (kind, served) == ("Pipeline", "PyFuncModel")
    assert "metrics.json" in artifacts
    repeat(project, finished.run_id)
    before = set((project.path / "mlartifacts").iterdir())
    again = project.kedro("run", "--pipelines", "train,evaluate", *FOREST)
    assert {path.name for path in set((project.path / "mlartifacts").iterdir()) - before} == {
        again.run_id
    }
    repeat(project, again.run_id)


@pytest.mark.long
def test_a_project_that_was_moved(lived_in, tmp_path):
    """`mv`: nothing of the old place is left, and nothing is missing."""
    project, finished = copied(lived_in, tmp_path / OLD)
    new = Project(tmp_path / "new house")
    project.path.rename(new.path)
    live_in(new, finished, tmp_path)
    assert not project.path.exists()


def copied(run: tuple[Project, Finished], target: Path) -> tuple[Project, Finished]:
    shutil.copytree(run[0].path, target, symlinks=True)
    return Project(target), run[1]


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_clone_with_tables_and_runs_copied_into_it(lived_in, tmp_path):
    """`git clone`, then data, database and artifacts: the old project is not even read."""
    old, finished = lived_in
    new = Project(tmp_path / "clone")
    subprocess.run(["git", "clone", "--quiet", str(old.path), str(new.path)], check=True)
    for name in ("mlflow.db", "mlartifacts", "data"):
        if (old.path / name).is_dir():
            shutil.copytree(old.path / name, new.path / name, dirs_exist_ok=True)
        else:
            shutil.copy2(old.path / name, new.path / name)
    before = digests(old.path)
    old.path.rename(old.path.with_name("away"))
    try:
        live_in(new, finished, tmp_path)
    finally:
        old.path.with_name("away").rename(old.path)
    # With both in place, too, each keeps to its own.
    new.kedro("run", "--pipelines", "evaluate", *FOREST)
    repeat(new, finished.run_id)
    assert digests(old.path) == before
    listed = old.kedro("runs").stdout
    assert "no record" not in listed
    repeat(old, finished.run_id)


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_database_that_came_before_its_artifacts_does_not_lead_to_the_old_place(
    lived_in, tmp_path
):
    """New runs keep theirs here, and the old ones are found as soon as they are here too."""
    old, finished = lived_in
    new = Project(tmp_path / "clone")
    subprocess.run(["git", "clone", "--quiet", str(old.path), str(new.path)], check=True)
    shutil.copy2(old.path / "mlflow.db", new.path / "mlflow.db")
    before = digests(old.path)
    fresh = new.kedro("run", "--pipelines", "ingest,feature")
    assert (new.path / "mlartifacts" / fresh.run_id).is_dir()
    assert digests(old.path) == before
    shutil.copytree(old.path / "mlartifacts", new.path / "mlartifacts", dirs_exist_ok=True)
    assert finished.run_id in new.kedro("show", finished.run_id, "--json").stdout


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_scratch_that_was_left_when_the_project_moved_is_cleaned_up(lived_in, tmp_path):
    """Git's entry of the worktree leads to the old place; the next re-run takes it away."""
    project, finished = copied(lived_in, tmp_path / OLD)
    left = project.path / ".lakeproof/scratch/left-behind"
    left.mkdir(parents=True)
    project.git("worktree", "add", "--quiet", "--detach", str(left / "project"))
    new = Project(tmp_path / "new house")
    project.path.rename(new.path)
    repeat(new, finished.run_id)
    assert new.git("worktree", "list").count("\n") == 0
    assert not any((new.path / ".lakeproof/scratch").iterdir())
