"""What kedro-mlflow logs of a node's parameters goes to MLflow in one request."""

import shutil

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from lakeproof.record.node_io.param_batch import ParamBatch
from small import empty_store


@pytest.fixture
def run(tmp_path, monkeypatch):
    shutil.copy(empty_store(), tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._tracking_uri", uri)
    client = MlflowClient()
    return client, client.create_run("0").info.run_id


def test_all_of_a_node_are_sent_at_once_and_none_twice(run, monkeypatch):
    """What is too long, kedro-mlflow does otherwise; what was sent stays so."""
    client, run_id = run
    sent, alone = [], []
    log_batch = MlflowClient.log_batch
    monkeypatch.setattr(
        MlflowClient, "log_batch", lambda *a, **b: sent.append(b) or log_batch(*a, **b)
    )
    batch = ParamBatch(run_id)
    for _ in range(2):
        with batch.together():
            for name, value in {"seed": 7, "share": 0.5, "long": "x" * 600}.items():
                batch.log(name, value, lambda name=name: alone.append(name))
    batch.log("late", 1, lambda: alone.append("late"))
    assert client.get_run(run_id).data.params == {"seed": "7", "share": "0.5"}
    assert len(sent) == 1
    assert alone == ["long", "long", "late"]


def test_another_value_is_refused_as_mlflow_refuses_it(run):
    """A param is written once."""
    batch = ParamBatch(run[1])
    with batch.together():
        batch.log("seed", 7, lambda: None)
    with pytest.raises(MlflowException, match="seed"), batch.together():
        batch.log("seed", 8, lambda: None)
