"""The same run again, while the tables live on: what was read is read again, and nothing newer."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from conftest import LONG, Project, copy_project

from .conftest import (
    FEATURES,
    FOREST,
    SAMPLES,
    Verdict,
    deliver,
    edit,
    move_on,
    record_of,
    repeat,
    reproduce,
    version_of,
    write_qualities,
)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """Where the report of the first re-run goes."""
    return tmp_path_factory.mktemp("report") / "proof.html"


@pytest.fixture(scope="module")
def repeated(small, page) -> Verdict:
    """The first re-run."""
    project, finished = small
    return repeat(project.fresh, finished.run_id, "--report", str(page))


@pytest.mark.slow
def test_the_example_is_repeated(small, repeated):
    """Every table, model, prediction, metric, report and frame in between; the verdict says so."""
    _, finished = small
    verdict = repeated
    assert verdict.document["run_id"] == finished.run_id
    assert verdict.document["factors"] == []
    assert verdict.document["first_divergence"] is None
    assert set(verdict.counting()) == {
        "table samples",
        "table features",
        "table predictions",
        "memory select_test_rows → test_rows",
        "memory select_training_rows → training_rows",
        "model model",
        "predictions model",
        "file metrics",
        "file metric_history",
        "metric accuracy",
        "metric log_loss",
        "metric macro_f1",
    }
    assert verdict.artifact("confusion_matrix", "file")["detail"] == "does not count"


@pytest.mark.slow
def test_the_report_of_a_repeat_says_so_with_both_runs_and_the_picture(repeated, page):
    """One file; JSON stands on standard output as ever."""
    text = page.read_text()
    assert "<h1>REPEATED</h1>" in text
    assert repeated.document["run_id"] in text
    assert repeated.document["rerun_id"] in text
    assert text.count("data:image/png;base64,") == 1
    for one in repeated.document["artifacts"]:
        assert str(one["expected"]) in text
    assert f"Wrote {page}" in repeated.stderr


@pytest.mark.slow
def test_a_rerun_is_found_in_mlflow_beneath_its_run_by_its_verdict(small, repeated):
    """With the same inputs, and a name that says what came of it."""
    from mlflow.tracking import MlflowClient

    project, finished = small
    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    original = client.get_run(finished.run_id)
    wanted = (
        f"tags.`mlflow.parentRunId` = '{finished.run_id}' AND tags.`lakeproof.verdict` = '{{}}'"
    )
    experiments = [original.info.experiment_id]
    found = client.search_runs(experiments, wanted.format("REPEATED"))
    assert client.search_runs(experiments, wanted.format("DIVERGED")) == []
    (rerun,) = [run for run in found if run.info.run_id == repeated.document["rerun_id"]]
    assert rerun.info.run_name == f"re-run of {finished.run_id[:8]}: REPEATED"
    assert rerun.data.tags["mlflow.note.content"].startswith("**REPEATED: all ")
    inputs = [
        {entry.dataset.name: entry.dataset.digest for entry in run.inputs.dataset_inputs}
        for run in (original, rerun)
    ]
    assert set(inputs[0]) == {"samples@1", "features@0", "predictions@0"}
    assert inputs[0] == inputs[1]


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_rerun_is_a_run_that_can_be_had_again(small):
    """It names the real tables it started from, not those of its scratch place, which is gone."""
    project, finished = small
    first = repeat(project, finished.run_id)
    rerun_id = first.document["rerun_id"]
    assert record_of(project, rerun_id)["run"]["reproduces"] == finished.run_id
    again = repeat(project, rerun_id)
    assert again.document["run_id"] == rerun_id
    record = record_of(project, again.document["rerun_id"])
    assert record["run"]["reproduces"] == rerun_id
    assert {table["uri"] for table in record["outputs"]["tables"]} >= {SAMPLES, FEATURES}
    assert ".lakeproof" not in str(record["inputs"]) + str(record["outputs"])


@pytest.mark.slow
def test_tables_that_moved_on_and_deliveries_that_came_later_are_not_seen(small):
    """Ten commits, corrected and removed rows, OPTIMIZE and a third delivery lie in between."""
    project, first = small
    second = project.kedro("run", *FOREST)
    move_on(project)
    delivery = deliver(project)
    try:
        assert version_of(project, SAMPLES) == 11
        for run in (first, second):
            verdict = repeat(project, run.run_id)
            rerun = record_of(project, verdict.document["rerun_id"])
            seen = {file["path"].split("/")[-1] for file in rerun["inputs"]["files"]}
            assert seen == {"2026-01-delivery.csv", "2026-02-delivery.csv"}
            (samples,) = (t for t in rerun["outputs"]["tables"] if t["dataset"] == "samples")
            assert (samples["version"], samples["rows"]) == (1, 178)
        assert version_of(project, SAMPLES) == 11
    finally:
        delivery.unlink()


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_table_made_again_with_the_same_rows_is_reproduced_and_named(tmp_path):
    """Its id is another, so the set-up is; its content is the same, so the run is."""
    project = copy_project(tmp_path / "project")
    project.kedro("run", *FOREST)
    trained = project.kedro("run", "--pipelines", "train", *FOREST)
    rows = pl.read_delta(str(project.path / FEATURES))
    shutil.rmtree(project.path / FEATURES)
    rows.write_delta(str(project.path / FEATURES))
    verdict = reproduce(project, trained.run_id, expected="REPRODUCED")
    assert verdict.factors == {"table id:features"}
    assert set(verdict.counting().values()) == {"same"}


@pytest.fixture(scope="module")
def pinned(make_project) -> Project:
    """A project with two versions of `samples`, whose second is an hour younger than its first."""
    project = make_project("pinned")
    project.kedro("run", *FOREST)
    return project


def read_version(project: Project, run_id: str) -> tuple[int, str | None]:
    """Which version of `samples` the features of a run were made of, and who asked for it."""
    record = record_of(project, run_id)
    (read,) = (t for t in record["inputs"]["tables"] if t["dataset"] == "samples")
    return read["version"], read["pin"]


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_pinned_table_that_the_run_also_writes_is_read_at_the_pin_again(pinned):
    """`samples:0` on everything: ingest writes nothing, feature reads the first delivery."""
    finished = pinned.kedro("run", "--load-versions", "samples:0", *FOREST)
    assert read_version(pinned, finished.run_id) == (0, "--load-versions")
    record = record_of(pinned, finished.run_id)
    (samples,) = (t for t in record["outputs"]["tables"] if t["dataset"] == "samples")
    assert samples["written"] is False
    move_on(pinned)
    verdict = repeat(pinned, finished.run_id)
    assert read_version(pinned, verdict.document["rerun_id"]) == (0, "--load-versions")


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_latest_is_the_latest_of_then(pinned):
    """`samples:latest` is no pin: the version it was on that day is what is read again."""
    finished = pinned.kedro("run", "--pipelines", "feature", "--load-versions", "samples:latest")
    version, pin = read_version(pinned, finished.run_id)
    assert (version, pin) == (version_of(pinned, SAMPLES), None)
    move_on(pinned)
    verdict = repeat(pinned, finished.run_id)
    assert read_version(pinned, verdict.document["rerun_id"])[0] == version


def moment_of(project: Project, version: int) -> str:
    """Just after a version was committed."""
    import deltalake

    history = deltalake.DeltaTable(str(project.path / SAMPLES)).history()
    (commit,) = (entry for entry in history if entry["version"] == version)
    moment = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC) + timedelta(milliseconds=1)
    return moment.isoformat()


@pytest.mark.beyond_ci
@pytest.mark.slow
@pytest.mark.parametrize(
    ("pin", "flags"),
    [
        pytest.param("version", (), id="version of what is written too", marks=LONG),
        pytest.param("timestamp", ("--pipelines", "feature"), id="timestamp"),
        pytest.param("version", ("--pipelines", "feature"), id="version", marks=LONG),
        pytest.param("timestamp", (), id="timestamp of what is written too", marks=LONG),
    ],
)
def test_a_pin_in_the_catalog_is_the_pin_of_the_rerun(pinned, pin, flags):
    """Also after the pin has gone from the catalog, and the log has grown."""
    value = 0 if pin == "version" else f'"{moment_of(pinned, 0)}"'
    catalog = pinned.path / "conf/base/catalog.yml"
    text = catalog.read_text()
    edit(catalog, "samples:\n", f"samples:\n  load_args: {{{pin}: {value}}}\n")
    try:
        finished = pinned.kedro("run", *flags, *FOREST)
    finally:
        catalog.write_text(text)
    assert read_version(pinned, finished.run_id) == (0, "the catalog")
    move_on(pinned)
    verdict = repeat(pinned, finished.run_id)
    assert read_version(pinned, verdict.document["rerun_id"])[0] == 0


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_another_environment_is_repeated_in_that_environment(make_project):
    """Wine qualities: other deliveries, key, target, task and estimator by `--env` alone."""
    project = make_project("qualities")
    write_qualities(project)
    finished = project.kedro("run", "--env", "wine_quality", *FOREST)
    verdict = repeat(project, finished.run_id)
    assert {"metric rmse", "metric mae", "metric r2"} <= set(verdict.counting())
    record = record_of(project, verdict.document["rerun_id"])
    assert record["run"]["kedro_env"] == "wine_quality"
    assert verdict.artifact("residual_plot", "file")["counts"] is False
    assert "confusion_matrix" not in {one["name"] for one in verdict.document["artifacts"]}
