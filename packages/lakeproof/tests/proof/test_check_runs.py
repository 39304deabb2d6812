"""Can a run still be reproduced, and which runs are there: looked at, never read, never run."""

import json

import pytest

from conftest import LONG, Project

from .conftest import SAMPLES, belongings, reproduce
from .parts import data_files, put_back


@pytest.fixture(scope="module")
def ran(make_project) -> tuple[Project, list[str]]:
    """A project with two runs, and one that failed."""
    project = make_project("checked")
    runs = [project.kedro("run", "--pipelines", name).run_id for name in ("ingest", "feature")]
    project.kedro("run", "--pipelines", "feature", "--params", "feature.key=nothing", code=1)
    return project, runs


@pytest.fixture
def checked(ran, tmp_path):
    """The same, as it was, whatever a test does to it."""
    project, runs = ran
    with put_back(project, tmp_path / "as it was"):
        yield project, runs


def check(project: Project, *args: str, code: int) -> list[dict]:
    """What `kedro check --json` says."""
    document = json.loads(project.kedro("check", *args, "--json", code=code).stdout)
    assert list(document)[:3] == ["schema", "runs", "raw_kept"]
    assert document["schema"] == 1
    for run in document["runs"]:
        assert list(run)[:4] == ["run_id", "is_reproducible", "missing", "limits"]
        assert run["is_reproducible"] == (run["missing"] == [])
    return document["runs"]


@pytest.mark.slow
def test_all_can_be_had_and_nothing_is_touched(checked):
    """`--all` leaves the failed run out; without a name it is the last one that finished."""
    project, runs = checked
    project.git("status")
    before = belongings(project)
    found = check(project, "--all", code=0)
    assert [(one["run_id"], one["is_reproducible"]) for one in found] == [
        (runs[1], True),
        (runs[0], True),
    ]
    assert [one["run_id"] for one in check(project, code=0)] == [runs[1]]
    changed = belongings(project).since(before)
    assert changed == {"files": set(), "repository": set(), "runs": set()}


@pytest.mark.slow
def test_no_row_is_read(checked):
    """A file of the right size that is no Parquet: check says yes, and the re-run finds out."""
    project, runs = checked
    file = data_files(project.path / SAMPLES, 1)[0]
    file.write_bytes(b"\0" * file.stat().st_size)
    (found,) = check(project, runs[1], code=0)
    assert found["is_reproducible"]
    verdict = reproduce(project, runs[1], expected="INCONCLUSIVE")
    assert "Table 'samples' at version 1 is not what the run read" in verdict.missing
    assert "unreadable" in verdict.missing
    assert verdict.document["rerun_id"] is None


@pytest.mark.slow
def test_some_cannot_be_had(checked):
    """Exit code 1, with what is missing of which; people get a line for each."""
    project, runs = checked
    data_files(project.path / SAMPLES, 1)[0].unlink()
    found = {one["run_id"]: one for one in check(project, "--all", code=1)}
    assert found[runs[0]]["is_reproducible"]
    assert not found[runs[1]]["is_reproducible"]
    assert "samples" in found[runs[1]]["missing"][0]
    text = project.kedro("check", "--all", code=1).stdout
    assert f"{runs[0][:8]}  yes" in text
    assert f"{runs[1][:8]}  no" in text


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_an_untracked_file_that_the_record_does_not_keep(checked):
    """It holds a secret, so its digest alone is recorded: while it is there, the answer is yes."""
    project, _ = checked
    secret = project.path / "src/winery/door.py"
    secret.write_text("api_token = 'open-says-me-19'\n")
    run_id = project.kedro("run", "--pipelines", "feature").run_id
    assert check(project, run_id, code=0)[0]["is_reproducible"]
    reproduce(project, run_id, expected="REPEATED")
    secret.unlink()
    (found,) = check(project, run_id, code=1)
    verdict = reproduce(project, run_id, expected="INCONCLUSIVE")
    assert "src/winery/door.py" in verdict.missing
    assert "src/winery/door.py" in found["missing"][0]
    assert verdict.document["artifacts"] == []


@pytest.mark.slow
def test_runs_are_listed_newest_first_and_a_failed_one_is_one_of_them(ran):
    """Each with the keys of the contract, in their order."""
    project, runs = ran
    document = json.loads(project.kedro("runs", "--json").stdout)
    assert list(document) == ["schema", "runs"]
    failed, *others = document["runs"]
    assert [one["run_id"] for one in others] == runs[::-1]
    assert failed["status"] == "FAILED"
    keys = [
        *("run_id", "status", "started_at", "duration_s", "kedro_env", "pipelines"),
        *("git_commit", "is_dirty", "inputs", "outputs", "metrics", "reproduces"),
    ]
    for one in document["runs"]:
        assert list(one)[: len(keys)] == keys
        assert one["git_commit"] == project.git("rev-parse", "HEAD")
    assert (others[0]["inputs"], others[0]["outputs"]) == ({"samples": 1}, {"features": 0})
    assert others[0]["pipelines"] == ["feature"]
    assert len(json.loads(project.kedro("runs", "--limit", "1", "--json").stdout)["runs"]) == 1


@pytest.mark.slow
def test_a_failed_run_is_shown_and_refused(ran):
    """There is no result to reproduce."""
    project, _ = ran
    failed = json.loads(project.kedro("runs", "--json").stdout)["runs"][0]["run_id"]
    record = json.loads(project.kedro("show", failed, "--json").stdout)
    assert next(iter(record)) == "schema"
    assert record["run"]["status"] == "FAILED"
    assert record["run"]["failed_node"] == "build_features"
    done = project.kedro("reproduce", failed, code=2)
    assert "FAILED in node 'build_features'" in done.stderr
    assert done.stdout == ""
    assert check(project, failed, code=1)[0]["missing"] == ["The run FAILED."]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("ffffffff", "There is no run ffffffff in this project."),
        pytest.param("fff", "'fff' is not a run", marks=LONG),
        pytest.param("../x", "'../x' is not a run", marks=LONG),
    ],
)
def test_a_run_that_nobody_made(ran, run, told):
    """An unknown prefix, one too short, one that is no id: a sentence and what to type."""
    project, _ = ran
    for command in ("show", "reproduce", "check"):
        done = project.kedro(command, run, "--json", code=2)
        assert told in done.stderr
        assert "kedro runs" in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_prefix_of_two_runs_is_refused(checked):
    """Both are named. Ids are random, so one is renamed to begin as the other."""
    import sqlite3
    from contextlib import closing

    project, runs = checked
    twin = runs[0][:10] + "0" * 22
    with closing(sqlite3.connect(project.path / "mlflow.db")) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("UPDATE runs SET run_uuid = ? WHERE run_uuid = ?", (twin, runs[1]))
    done = project.kedro("show", runs[0][:8], code=2)
    assert runs[0] in done.stderr
    assert twin in done.stderr
    assert "Give more of it." in done.stderr
    project.kedro("show", runs[0][:12])


@pytest.mark.slow
def test_a_project_in_which_nothing_has_run(project):
    """An empty list, a sentence, and not even a store is made by asking."""
    (project.path / "mlflow.db").unlink()
    assert json.loads(project.kedro("runs", "--json").stdout) == {"schema": 1, "runs": []}
    assert "kedro run" in project.kedro("runs").stdout
    assert json.loads(project.kedro("check", "--all", "--json").stdout)["runs"] == []
    for command in ("check", "reproduce", "show"):
        args = [command] if command == "check" else [command, "last"]
        done = project.kedro(*args, code=2)
        assert "There is no recorded run yet. Make one: kedro run" in done.stderr
    assert not (project.path / "mlflow.db").exists()
    assert not (project.path / "mlartifacts").exists()


@pytest.mark.slow
def test_a_store_without_an_experiment_of_the_project(project):
    """As `mlflow ui` makes one before the first run."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    other = client.create_experiment("another project's")
    client.create_run(other)
    assert json.loads(project.kedro("runs", "--json").stdout)["runs"] == []
    assert "There is no recorded run yet" in project.kedro("reproduce", "last", code=2).stderr
