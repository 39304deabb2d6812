"""What a search has tried: runs in a real MLflow store, children of the run that is open."""

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from lakeproof.model import MlflowTrials
from small import store_in

TRIALS = [
    {"name": "trial 0", "params": {}, "metrics": {"r2": 0.5}},
    {"name": "trial 1", "params": {"alpha": 0.1, "fit": None}, "metrics": {"r2": 0.75, "mae": 2.0}},
]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of its own, in which nothing is; what experiment another test has set is not here."""
    monkeypatch.setattr(mlflow.tracking.fluent, "_active_experiment_id", None)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store_in(tmp_path))
    yield MlflowClient()
    mlflow.set_tracking_uri(before)


def test_each_trial_is_a_finished_child_with_its_params_and_metrics(store):
    """By its name, in the parent's experiment; the parent itself has nothing of them."""
    with mlflow.start_run() as parent:
        MlflowTrials().save(TRIALS)
    found = store.search_runs([parent.info.experiment_id], order_by=["attributes.run_name"])
    children = [run for run in found if run.info.run_id != parent.info.run_id]
    assert [run.info.run_name for run in children] == ["trial 0", "trial 1"]
    assert [run.data.params for run in children] == [{}, {"alpha": "0.1", "fit": "None"}]
    assert [run.data.metrics for run in children] == [trial["metrics"] for trial in TRIALS]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert {run.info.status for run in children} == {"FINISHED"}
    assert store.get_run(parent.info.run_id).data.metrics == {}


def test_without_a_run_nothing_is_logged_and_nothing_is_read_back(store):
    """`kedro run` without MLflow is a run too; whoever wants the trials looks at MLflow."""
    trials = MlflowTrials()
    trials.save(TRIALS)
    assert store.search_runs(["0"]) == []
    assert not trials.exists()
    with pytest.raises(Exception, match="mlflow ui"):
        trials.load()
