"""What one run of the example leaves behind. One run is shared by all that only look at it."""

import base64
import json
import subprocess
import sys

import polars as pl
import pytest

from conftest import Finished, Project


@pytest.fixture(scope="module")
def client(recorded):
    from mlflow.tracking import MlflowClient

    project, _ = recorded
    return MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")


@pytest.fixture(scope="module")
def run(recorded: tuple[Project, Finished], client):
    return client.get_run(recorded[1].run_id)


@pytest.fixture(scope="module")
def inputs(run):
    return {
        entry.dataset.name: (entry.dataset, {tag.key: tag.value for tag in entry.tags})
        for entry in run.inputs.dataset_inputs
    }


def test_a_run_ends_with_its_metrics_and_the_two_lines(recorded):
    """The lines that scripts read are the last of standard output."""
    _, finished = recorded
    lines = finished.stdout.splitlines()
    assert lines[-2] == f"Recorded run {finished.run_id}"
    assert lines[-1] == f"Reproduce it: kedro reproduce {finished.run_id[:8]}"
    assert [line.split()[0] for line in lines[:-2] if line.strip()] == [
        "accuracy",
        "log_loss",
        "macro_f1",
    ]


def test_logs_go_to_standard_error(recorded):
    """Standard output is for results."""
    _, finished = recorded
    assert "Completed 8 out of 8 tasks" in finished.stderr
    assert "INFO" not in finished.stdout


def test_a_run_leaves_git_status_clean(recorded):
    """Telemetry would write an id into pyproject.toml."""
    project, _ = recorded
    assert project.git("status", "--porcelain") == ""


def test_the_first_two_versions_are_the_two_deliveries(recorded):
    """So that a fresh clone has something to travel between."""
    project, _ = recorded
    samples = project.path / "data/02_intermediate/wine/samples"
    assert pl.read_delta(str(samples), version=0).height == 120
    assert pl.read_delta(str(samples), version=1).height == 178


def test_metrics_in_mlflow_are_those_in_the_report_to_the_last_bit(recorded, run):
    """And finite."""
    project, _ = recorded
    report = json.loads((project.path / "data/08_reporting/wine/metrics.json").read_text())
    assert run.data.metrics == report
    assert set(report) == {"accuracy", "macro_f1", "log_loss"}


def test_parameters_are_in_mlflow_one_by_one(run):
    """A list that is too long for a parameter is kept as a tag."""
    assert run.data.params["train.seed"] == "2026"
    assert run.data.params["feature.split.test_fraction"] == "0.25"


def test_every_table_is_a_dataset_input_with_version_id_and_digest(recorded, inputs):
    """Version 0 too, which MLflow's own Delta source drops."""
    project, _ = recorded
    assert set(inputs) == {"samples@1", "features@0", "predictions@0"}
    for name, (dataset, tags) in inputs.items():
        table, version = name.split("@")
        source = json.loads(dataset.source)
        assert dataset.source_type == "delta_table"
        assert source["delta_table_version"] == int(version)
        assert source["delta_table_id"] == tags["table_id"]
        assert (tags["table"], tags["version"]) == (table, version)
        assert tags["mlflow.data.context"] == "read, written"
        assert dataset.digest.startswith("rs1:")
        assert len(dataset.digest) == 36
        assert source["path"].startswith(str(project.path))


def test_the_run_is_named_after_its_data_and_described(recorded, run):
    """In MLflow's list, where every other run would be `__default__`."""
    _, finished = recorded
    assert run.info.run_name == "default on samples@1"
    text = run.data.tags["mlflow.note.content"]
    assert text.startswith(f"**Reproduce it:** `kedro reproduce {finished.run_id[:8]}`")
    accuracy = f"| `accuracy` | {run.data.metrics['accuracy']}"[:20]
    for told in ("2026-02-delivery.csv", accuracy, "| `features` | 0 | 178 |"):
        assert told in text


def test_runs_are_found_by_commit_and_by_the_version_of_a_table(recorded, client, run):
    """Version 0 too; and not by another one."""
    project, finished = recorded

    def found(tag, value):
        wanted = f"tags.`{tag}` = '{value}'"
        runs = client.search_runs([run.info.experiment_id], filter_string=wanted)
        return [one.info.run_id for one in runs]

    for tag, value in [
        ("lakeproof.git_commit", project.git("rev-parse", "HEAD")),
        ("lakeproof.version.samples", "1"),
        ("lakeproof.version.features", "0"),
        ("lakeproof.written.predictions", "0"),
    ]:
        assert found(tag, value) == [finished.run_id]
    assert found("lakeproof.version.samples", "0") == []


def test_show_writes_a_page_that_stands_for_itself(recorded, tmp_path):
    """The picture is in it; a folder is no file, and nothing comes of it."""
    project, finished = recorded
    page = tmp_path / "record.html"
    done = project.kedro("show", finished.run_id, "--report", str(page))
    assert done.stdout == ""
    assert f"Wrote {page}" in done.stderr
    text = page.read_text()
    picture = (project.path / "data/08_reporting/wine/confusion_matrix.png").read_bytes()
    assert f'src="data:image/png;base64,{base64.b64encode(picture).decode()}"' in text
    assert finished.run_id in text
    record = json.loads(project.kedro("show", finished.run_id, "--json").stdout)
    assert text.count(repr(record["metrics"]["log_loss"]["value"])) == 1
    refused = project.kedro("show", finished.run_id, "--report", str(tmp_path), code=2)
    assert "is a directory" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["record.html"]


def test_the_digest_of_an_input_is_that_of_its_rows(recorded, inputs):
    """Recomputed here from the table."""
    from lakeproof.digest import digest_table

    for dataset, tags in inputs.values():
        frame = pl.scan_delta(json.loads(dataset.source)["path"], version=int(tags["version"]))
        assert digest_table(frame).digest == dataset.digest


def test_pictures_and_reports_are_artifacts(client, run):
    """Under the run, whatever the current directory was."""
    names = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert {"confusion_matrix.png", "metrics.json"} <= names


def test_the_commits_name_run_commit_and_node(recorded):
    """From the table to the run that wrote it."""
    project, finished = recorded
    history = json.loads(project.kedro("history", "samples", "--json").stdout)
    assert history["schema"] == 1
    for entry in history["versions"]:
        assert entry["run_id"] == finished.run_id
        assert entry["git_commit"] == project.git("rev-parse", "HEAD")
        assert entry["node"] == "ingest_deliveries"
    assert [entry["rows"] for entry in history["versions"]] == [178, 120]
    assert [e["delivery"] for e in history["versions"]] == [
        "2026-02-delivery.csv",
        "2026-01-delivery.csv",
    ]


@pytest.mark.slow
def test_the_model_is_served_in_a_fresh_process_without_the_project(recorded, run, tmp_path):
    """With signature, input example and the lock's versions; without pickle."""
    project, _ = recorded
    code = """
import json, sys
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
(model_id,) = [o.model_id for o in mlflow.MlflowClient().get_run(sys.argv[2]).outputs.model_outputs]
uri = f"models:/{model_id}"
model = mlflow.pyfunc.load_model(uri)
example = model.input_example
requirements = open(mlflow.pyfunc.get_model_dependencies(uri)).read()
print(json.dumps({
    "inputs": model.metadata.signature.inputs.input_names(),
    "predicted": list(map(str, model.predict(example))),
    "rows": len(example),
    "format": model.metadata.flavors["sklearn"]["serialization_format"],
    "requirements": requirements,
}))
"""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            f"sqlite:///{project.path / 'mlflow.db'}",
            run.info.run_id,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert "flavanoid_share" in told["inputs"]
    assert (told["rows"], len(told["predicted"])) == (5, 5)
    assert told["format"] == "skops"
    assert "scikit-learn==1.9.1" in told["requirements"]
    assert "deltalake==1.6.6" in told["requirements"]


def test_a_saved_model_predicts_the_same_bits_every_time(recorded):
    """A forest that predicts on several threads would not."""
    from lakeproof.model import SklearnModel

    project, _ = recorded
    model = SklearnModel(filepath=str(project.path / "data/06_models/wine/model.skops")).load()
    features = pl.read_delta(str(project.path / "data/04_feature/wine/features")).sort("sample_id")
    rows = features.select(model.feature_names_in_.tolist()).to_pandas()
    first = model.predict_proba(rows).tobytes()
    assert all(model.predict_proba(rows).tobytes() == first for _ in range(5))
