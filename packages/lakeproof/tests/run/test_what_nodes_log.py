"""What a node gives to MLflow by itself is recorded and compared, and nothing that others give."""

import datetime
import random
import uuid
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pytest
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner
from sklearn.linear_model import LinearRegression

from lakeproof.record.documents.document import from_bytes, to_bytes
from lakeproof.reproduce.comparison.compare import compare

# The project itself is not what is installed in the tests' environment, which is a factor.
PASSES = {"REPEATED", "REPRODUCED"}
# What another run of the same code is about to give.
GIVEN: dict = {}


def of(*functions):
    return pipeline(
        [node(function, ["params:model"], function.__name__ + "_out") for function in functions]
    )


def log_all(model):
    mlflow.log_param("solver", GIVEN.get("solver", "lbfgs"))
    mlflow.set_tag("stage", GIVEN.get("stage", "draft"))
    mlflow.log_text(GIVEN.get("text", "so it was"), "notes/why.txt")
    for step, value in enumerate(GIVEN.get("losses", [0.5, 0.25])):
        mlflow.log_metric("loss", value, step=step)
    return model["alpha"]


PARAMETERS = {"conf/base/parameters.yml": "model: {alpha: 0.5, steps: [1, 2]}\n"}


@pytest.fixture
def project(small_project):
    small_project.write(PARAMETERS)
    GIVEN.clear()
    return small_project


def logged_by(project, *functions, runner=None) -> dict:
    project.run(of(*functions), runner)
    record = project.record()
    assert from_bytes(to_bytes(record), "The record") == record
    return {(one.kind, one.name): one for one in record.logged}


def verdict(project, *functions, **given):
    """Run twice, the second time with something else given, and compare as a re-run is."""
    project.run(of(*functions))
    GIVEN.update(given)
    project.run(of(*functions))
    return compare(project.record(1), project.record(0), is_rerun=True)


@pytest.mark.slow
def test_params_tags_files_and_histories_of_a_node_are_recorded(project):
    """And neither what kedro-mlflow makes of parameters and of the command, nor what is ours."""
    found = logged_by(project, log_all)
    assert set(found) == {
        ("param", "solver"),
        ("tag", "stage"),
        ("logged file", "notes/why.txt"),
        ("history", "loss"),
    }
    assert found["param", "solver"].shown == "lbfgs"
    assert found["history", "loss"].shown == "2 values"
    (run,) = project.mlflow_runs
    assert {"model", "solver"} <= {name.split(".")[0] for name in run.data.params}


@pytest.mark.slow
def test_what_kedro_mlflow_logs_without_waiting_for_it_is_no_nodes(project, monkeypatch):
    """It is told to by a variable; a re-run in which it arrives sooner would lack it."""
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_LOGGING", "true")
    found = logged_by(project, log_all)
    assert {name for kind, name in found if kind == "tag"} == {"stage"}
    (run,) = project.mlflow_runs
    assert run.info.status == "FINISHED"
    assert "kedro_command" in run.data.tags


def test_what_is_logged_again_is_the_same(project):
    """With other times, names and ids."""
    found = verdict(project, log_all)
    assert found.verdict in PASSES
    kinds = {one.kind for one in found.artifacts}
    assert {"param", "tag", "logged file", "history", "metric"} <= kinds


OTHERS = [
    ({"solver": "saga"}, "param", "solver"),
    ({"stage": "final"}, "tag", "stage"),
    ({"text": "so it is"}, "logged file", "notes/why.txt"),
    # The newest value is the same.
    ({"losses": [0.75, 0.25]}, "history", "loss"),
]


@pytest.mark.slow
def test_each_of_them_that_is_another_diverges(project):
    """It was REPEATED. Each is compared with the three others as they were."""
    project.run(of(log_all))
    expected = project.record()
    for given, _, _ in OTHERS:
        GIVEN.update(given)
    project.run(of(log_all))
    others = {(one.kind, one.name): one for one in project.record().logged}
    assert others.keys() == {(one.kind, one.name) for one in expected.logged}
    for _, kind, name in OTHERS:
        logged = [
            others[kind, name] if (one.kind, one.name) == (kind, name) else one
            for one in expected.logged
        ]
        found = compare(expected, replace(expected, logged=tuple(logged)), is_rerun=True)
        assert found.verdict == "DIVERGED"
        assert [(one.kind, one.name) for one in found.artifacts if one.verdict != "same"] == [
            (kind, name)
        ]


def log_when_new(model):
    if not GIVEN:
        mlflow.log_param("early", "yes")
    return model


@pytest.mark.slow
def test_what_only_one_of_two_runs_logged_is_told(project):
    """More differs; less is missing."""
    found = verdict(project, log_when_new, more="yes")
    assert found.verdict == "INCONCLUSIVE"
    assert "no longer gives the param 'early'" in " ".join(found.missing)


CATALOG = """
report:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: json.JSONDataset, filepath: data/report.json}
parts:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: partitions.PartitionedDataset, path: data/parts, dataset: json.JSONDataset}
learnt:
  type: kedro_mlflow.io.models.MlflowModelTrackingDataset
  flavor: mlflow.sklearn
  save_args: {name: learnt}
score: {type: kedro_mlflow.io.metrics.MlflowMetricDataset}
"""


def fitted(slope: float = 2.0) -> LinearRegression:
    x = np.arange(6.0).reshape(-1, 1)
    return LinearRegression().fit(x, slope * x.ravel())


def fill_catalog(_model):
    return {"a": 1}, {"one": {"b": 2}, "two": {"c": 3}}, fitted(), 0.5


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_what_datasets_log_is_no_nodes(project):
    """Files, folders, models and metrics of the catalog are compared under their own names."""
    project.write({"conf/base/catalog.yml": CATALOG})
    outputs = ["report", "parts", "learnt", "score"]
    project.run(pipeline([node(fill_catalog, "params:model", outputs, name="fill")]))
    assert project.record().logged == ()


def log_a_model(_model):
    mlflow.sklearn.log_model(fitted(GIVEN.get("slope", 2.0)), name="own")
    return 1


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_model_that_a_node_logs_is_compared_by_what_it_has_learned(project):
    """Its files hold ids and times."""
    found = verdict(project, log_a_model)
    assert [(one.kind, one.verdict) for one in found.artifacts if one.name == "own"] == [
        ("logged model", "same")
    ]
    GIVEN["slope"] = 3.0
    project.run(of(log_a_model))
    other = compare(project.record(1), project.record(0), is_rerun=True)
    assert other.verdict == "DIVERGED"


def start_runs(_model):
    order = [1, 2, 3]
    random.SystemRandom().shuffle(order)
    for number in order:
        with mlflow.start_run(nested=True):
            mlflow.log_metric("score", number * GIVEN.get("factor", 1))
            mlflow.log_text("x", "x.txt")
    mlflow.start_run(nested=True)
    mlflow.tracking.fluent._active_run_stack.get().pop()
    return 1


@pytest.mark.slow
def test_runs_that_a_node_starts_are_compared_as_one_and_ended(project):
    """In whatever order; their names are random. One was left open."""
    found = verdict(project, start_runs)
    assert found.verdict in PASSES
    (one,) = [one for one in found.artifacts if one.kind == "logged run"]
    assert one.verdict == "same"
    assert {run.info.status for run in project.mlflow_runs} == {"FINISHED"}


@pytest.mark.slow
def test_another_run_beneath_is_another_run(project):
    """By one metric."""
    assert verdict(project, start_runs, factor=2).verdict == "DIVERGED"


def log_what_is_another_each_time(_model):
    import matplotlib.figure

    figure = matplotlib.figure.Figure()
    figure.add_subplot().plot([0, random.SystemRandom().random()])
    mlflow.log_figure(figure, "figure.pdf")
    mlflow.log_image(np.zeros((2, 2, 3), dtype=np.uint8), key="seen", step=1)
    mlflow.log_image(np.full((2, 2, 3), uuid.uuid4().int % 256, dtype=np.uint8), "seen.png")
    mlflow.set_tag("mlflow.source.name", f"{datetime.datetime.now()}")
    mlflow.set_tag("place", str(Path.cwd() / "data"))
    mlflow.log_metric("once", 1.0)
    mlflow.log_metric("once", 1.0)
    return 1


@pytest.mark.slow
def test_pictures_do_not_count_and_the_place_is_no_content(project):
    """Nor is what MLflow notes of itself, nor how often the same value came within a moment."""
    found = verdict(project, log_what_is_another_each_time)
    assert found.verdict in PASSES
    pictures = {one.name for one in found.artifacts if not one.counts and "logged" in one.kind}
    assert {"figure.pdf", "seen.png", "images/seen+step+1.png"} <= pictures
    (place,) = [one for one in found.artifacts if one.name == "place"]
    assert place.expected == "<project>/data"


def log_a_secret(_model):
    mlflow.log_param("api_key", GIVEN["secret"])
    mlflow.set_tag("told", f"with {GIVEN['secret']}")
    return 1


@pytest.mark.slow
def test_no_secret_reaches_the_record_by_what_a_node_logs(project):
    """Neither by the name of a param nor as part of a text."""
    secret = "hunter2-hunter2"
    GIVEN["secret"] = secret
    project.write({"conf/base/catalog.yml": "{}\n"})
    (project.path / "conf/local/credentials.yml").write_text(f"store: {{key: {secret}}}\n")
    found = logged_by(project, log_a_secret)
    assert found["param", "api_key"].shown == "***"
    assert found["tag", "told"].shown == "***"


@pytest.mark.slow
def test_a_run_that_was_gone_on_with_records_what_came_since(project):
    """What an orchestrator has logged before is not of the nodes."""
    project.start()
    mlflow.set_tracking_uri(f"sqlite:///{project.path / 'mlflow.db'}")
    mlflow.set_experiment("small_project")
    with mlflow.start_run():
        mlflow.log_param("before", 1)
        mlflow.set_tag("queue", "night")
        mlflow.log_metric("waited", 3)
        mlflow.log_text("x", "before.txt")
        found = logged_by(project, log_all)
    assert {name for _, name in found} == {"solver", "stage", "notes/why.txt", "loss"}
    assert set(project.record().metrics) == {"loss"}


@pytest.mark.slow
def test_autologging_is_compared_and_repeats(project):
    """Pictures aside."""
    text = (project.path / "conf/base/mlflow.yml").read_text()
    on = f"{text}  disable_tracking: {{disable_autologging: false}}\n"
    project.write({"conf/base/mlflow.yml": on})

    found = verdict(project, fit_something)
    mlflow.autolog(disable=True)
    assert found.verdict in PASSES
    assert {"param", "tag"} <= {one.kind for one in found.artifacts}


def fit_something(_model):
    return fitted()


@pytest.mark.slow
def test_a_record_that_says_nothing_of_it_is_not_called_the_same(project):
    """Two of them are compared without; an old one and a new one are not comparable there."""
    project.run(of(log_all), SequentialRunner())
    record = project.record()
    old = replace(record, logged=None)
    assert compare(old, old, is_rerun=True).verdict in PASSES
    assert compare(record, old, is_rerun=True).verdict == "INCONCLUSIVE"
    assert compare(old, record, is_rerun=False).verdict == "INCONCLUSIVE"
