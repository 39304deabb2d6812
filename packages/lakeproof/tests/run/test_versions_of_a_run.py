"""Pins, refusals and failures of whole runs, through the command a person types."""

import json
import re
import shutil

import deltalake
import polars as pl
import pytest

from conftest import Project

pytestmark = pytest.mark.slow


def metrics(project: Project) -> dict[str, float]:
    return json.loads((project.path / "data/08_reporting/wine/metrics.json").read_text())


def runs(project: Project) -> list:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    return client.search_runs([e.experiment_id for e in client.search_experiments()])


def read_versions(run) -> dict[str, str]:
    return {
        tags["table"]: tags["version"]
        for tags in ({t.key: t.value for t in i.tags} for i in run.inputs.dataset_inputs)
        if "read" in tags["mlflow.data.context"]
    }


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> Project:
    """A project that the tests of this module run in one after another."""
    from conftest import copy_project

    project = copy_project(tmp_path_factory.mktemp("used") / "project")
    project.kedro("run")
    return project


@pytest.mark.beyond_ci
def test_an_older_version_gives_other_metrics_and_the_latest_the_same_again(used):
    """`--load-versions samples:0` trains on the first delivery alone."""
    latest = metrics(used)
    first = used.kedro("run", "--load-versions", "samples:0")
    assert metrics(used) != latest
    run = next(run for run in runs(used) if run.info.run_id == first.run_id)
    assert read_versions(run)["samples"] == "0"
    used.kedro("run")
    assert metrics(used) == latest


def test_a_pin_in_the_catalog_holds_until_the_flag_says_otherwise(used):
    """`kedro pin` writes it where a person would."""
    used.kedro("pin", "samples=0")
    assert "load_args: {version: 0}" in (used.path / "conf/base/catalog.yml").read_text()
    finished = used.kedro("run", "--pipelines", "feature")
    by_id = {run.info.run_id: run for run in runs(used)}
    assert read_versions(by_id[finished.run_id])["samples"] == "0"
    finished = used.kedro("run", "--pipelines", "feature", "--load-versions", "samples:1")
    by_id = {run.info.run_id: run for run in runs(used)}
    assert read_versions(by_id[finished.run_id])["samples"] == "1"
    used.kedro("pin", "samples=latest")
    assert used.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--load-versions", "samples:7"], "Table 'samples' has no version 7: the newest is 1."),
        (["--runner", "ParallelRunner"], "kedro run --runner ThreadRunner"),
        (["--load-versions", "samples:x"], "--load-versions of table 'samples' is 'x'"),
        (["--load-versions", "metrics:1"], "--load-versions metrics:1 cannot be honoured"),
        (
            ["--pipelines", "train", "--load-versions", "samples:0"],
            "no node of this run reads 'samples'",
        ),
        (["--params", "engine=duckdb"], "There is no engine 'duckdb'"),
    ],
)
def test_what_cannot_be_had_ends_the_run_before_it_begins(used, arguments, words):
    """A sentence, an exit code, no run in MLflow and no commit."""
    before = (
        len(runs(used)),
        len(deltalake.DeltaTable(str(used.path / "data/04_feature/wine/features")).history()),
    )
    finished = used.kedro("run", *arguments, code=1)
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.stdout == ""
    after = (
        len(runs(used)),
        len(deltalake.DeltaTable(str(used.path / "data/04_feature/wine/features")).history()),
    )
    assert after == before


def test_threads_give_the_same_metrics(used):
    """The runner is no factor of the result."""
    latest = metrics(used)
    finished = used.kedro("run", "--runner", "ThreadRunner")
    assert metrics(used) == latest
    run = next(run for run in runs(used) if run.info.run_id == finished.run_id)
    assert run.info.status == "FINISHED"
    assert set(read_versions(run)) == {"samples", "features", "predictions"}


def test_a_run_from_another_directory_uses_the_same_store(used):
    """`sqlite:///mlflow.db` would begin a second one there."""
    count = len(runs(used))
    finished = used.kedro("run", "--pipelines", "train,evaluate", cwd=used.path / "src")
    assert finished.run_id in {run.info.run_id for run in runs(used)}
    assert len(runs(used)) == count + 1
    assert not (used.path / "src/mlflow.db").exists()


def test_a_part_of_the_pipeline_reads_what_is_there(used):
    """`evaluate` alone loads the model that an earlier run saved."""
    latest = metrics(used)
    used.kedro("run", "--pipelines", "evaluate")
    assert metrics(used) == latest


def test_a_failed_run_is_failed_in_mlflow_and_says_so(used):
    """And is no recorded run on standard output."""
    finished = used.kedro("run", "--params", "train.estimator=oracle", code=1)
    assert "FAILED" in finished.stderr
    assert "Recorded run" not in finished.stdout
    newest = max(runs(used), key=lambda run: run.info.start_time)
    assert newest.info.status == "FAILED"


def test_only_missing_outputs_runs_nothing_when_all_is_there(used):
    """Tables tell truly whether they exist."""
    finished = used.kedro("run", "--only-missing-outputs", "--to-nodes", "build_features")
    assert "Running node: build_features" not in finished.stderr


def test_a_data_file_that_was_deleted_is_found_before_the_first_node(used):
    """With the table's name and the command that lists its versions."""
    import os
    import shutil

    table = used.path / "data/04_feature/wine/features"
    kept = used.path / "kept"
    shutil.copytree(table, kept)
    (uri, *_) = deltalake.DeltaTable(str(table)).file_uris()
    os.remove(uri)
    finished = used.kedro("run", "--pipelines", "train", code=1)
    assert "Table 'features' cannot be read at version" in finished.stderr
    assert "Traceback" not in finished.stderr
    shutil.rmtree(table)
    kept.rename(table)


def test_a_table_made_elsewhere_is_warned_of_once(project):
    """Before the first node, with a command that ends it; a re-run does not say it again."""
    project.kedro("run", "--pipelines", "ingest")
    place = project.path / "data/02_intermediate/wine/samples"
    rows = pl.read_delta(str(place))
    shutil.rmtree(place)
    rows.write_delta(place)
    told = project.kedro("run", "--pipelines", "feature").stderr
    assert told.count("does not promise") == 1
    assert told.index("does not promise") < told.index("Reading table 'samples'")
    again = project.kedro("reproduce", "last")
    assert "does not promise" not in again.stdout + again.stderr
    (command,) = re.findall(r"Keep them all: kedro (pin .*)", told)
    project.kedro(*command.split())
    assert "does not promise" not in project.kedro("run", "--pipelines", "feature").stderr
