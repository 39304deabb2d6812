"""What MLflow is told beside the record."""

import os

import mlflow
import pytest
from mlflow.tracking import MlflowClient
from mlflow.tracking._model_registry import utils

from lakeproof.record.run.mlflow_index import settle_registry
from small import store_in


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store that is this test's alone."""
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    uri = store_in(tmp_path)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    yield uri
    mlflow.set_tracking_uri(before)
    mlflow.set_registry_uri(None)


def test_a_spark_session_that_has_ended_is_not_asked_where_the_registry_is(store, monkeypatch):
    """Else the record of the run that failed with it would fail as well."""

    def gone():
        raise ConnectionError("the server has ended")

    settle_registry()
    monkeypatch.setattr(utils, "_get_registry_uri_from_spark_session", gone)
    assert MlflowClient()._registry_uri == store
    assert "MLFLOW_REGISTRY_URI" not in os.environ


def test_a_registry_that_the_environment_names_stays(store, monkeypatch, tmp_path):
    """Also for processes of this one."""
    (tmp_path / "registry").mkdir()
    other = store_in(tmp_path / "registry")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", other)
    settle_registry()
    assert MlflowClient()._registry_uri == other == os.environ["MLFLOW_REGISTRY_URI"]
