"""A store that is not on this disk is asked once, and told nothing of this disk."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from lakeproof.record.mlflow_store import server
from lakeproof.record.mlflow_store.stored_metrics import metrics_left
from lakeproof.record.mlflow_store.tracking import StoreError, Tracking

from ..reproduce.builders import a_record


def at(uri: str, artifacts: str | None = None) -> Tracking:
    return Tracking(uri, "winery", artifacts, {})


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers everything alike."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>no</html>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()
        thread.join()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes a connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def refusal(tracking: Tracking) -> str:
    with pytest.raises(StoreError) as refused:
        server.require_server(tracking)
    assert len(refused.value.message) < 600
    return refused.value.message


def test_a_server_that_is_not_there_is_told_at_once_and_without_its_password():
    told = refusal(at("http://anna:hunter2@127.0.0.1:9"))
    assert told.startswith("The tracking server http://127.0.0.1:9 does not answer: Connection ref")
    assert "hunter2" not in told
    assert "name another one: server.mlflow_tracking_uri in " in told


@pytest.mark.parametrize("uri", ["sqlite:///runs.db", "./mlruns", "databricks"])
def test_of_a_store_that_is_no_server_there_is_nothing_to_say(uri):
    assert server.no_answer(uri) is None


def test_what_is_told_after_a_run_needs_no_answer():
    """Whether the store still has the metrics is not known then; the record counts."""
    asked = []

    class Gone:
        tracking = at("http://anna:hunter2@127.0.0.1:9")
        metrics = asked.append

    (said,) = metrics_left(a_record(), Gone())
    assert said.startswith("Whether the MLflow store http://127.0.0.1:9 still has the metrics of")
    assert "is not known: Connection refused" in said
    assert asked == []

    class Failing(Gone):
        tracking = at("sqlite:///runs.db")

        def metrics(self, run_id):
            raise StoreError("The store postgresql://anna:hunter2@db/runs\nis locked.")

    (said,) = metrics_left(a_record(), Failing())
    assert "hunter2" not in said
    assert said.endswith("@db/runs is locked. The record counts.")


def test_so_is_a_database():
    told = refusal(at("postgresql+psycopg://anna:hunter2@127.0.0.1:9/runs"))
    assert "postgresql+psycopg://127.0.0.1:9/runs does not answer" in told


def test_a_server_that_hangs_is_waited_for_some_seconds(silent, monkeypatch):
    """MLflow's own words have the whole address in them, with the password."""
    monkeypatch.setitem(server._OF_REQUESTS, "MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    told = refusal(at(silent.replace("http://", "http://anna:hunter2@")))
    assert "does not serve MLflow runs" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_password_is_told_with_where_it_stands(status):
    with answering(status) as uri:
        told = refusal(at(uri))
    assert f"refuses user and password ({status})" in told
    assert "server.credentials in mlflow.yml" in told


def test_what_is_no_mlflow_server_is_told():
    with answering(200) as uri:
        assert "does not serve MLflow runs" in refusal(at(uri))


@pytest.mark.parametrize("uri", ["sqlite:////nowhere/mlflow.db", "/nowhere/mlruns", "databricks"])
def test_a_store_on_this_disk_or_of_another_kind_is_not_asked(uri):
    server.require_server(at(uri))


def a_loader(uri: str, artifacts: str) -> dict[str, dict[str, object]]:
    return {
        "mlflow": {
            "server": {"mlflow_tracking_uri": uri},
            "tracking": {
                "experiment": {
                    "name": "winery",
                    "create_experiment_kwargs": {"artifact_location": artifacts, "tags": {"a": 1}},
                },
                "run": {"nested": False},
            },
        }
    }


@pytest.mark.parametrize(
    ("uri", "artifacts", "is_kept"),
    [
        ("http://lab:5000", "/home/anna/project/mlartifacts", False),
        ("postgresql://lab/runs", "file:///home/anna/mlartifacts", False),
        ("http://lab:5000", "s3://lake/artifacts", True),
        ("http://lab:5000", "mlflow-artifacts:/here", True),
        ("sqlite:////home/anna/mlflow.db", "/home/anna/project/mlartifacts", True),
    ],
)
def test_a_server_is_told_no_place_of_this_disk(uri, artifacts, is_kept):
    """It would keep it for good, for everybody; what else stands there stays."""
    loader = a_loader(uri, artifacts)
    server.leave_out_local_artifacts(loader, at(uri, artifacts))
    tracking = loader["mlflow"]["tracking"]
    found = tracking["experiment"]["create_experiment_kwargs"]
    assert found.pop("tags") == {"a": 1}
    assert found == ({"artifact_location": artifacts} if is_kept else {})
    assert tracking["run"] == {"nested": False}
    assert tracking["experiment"]["name"] == "winery"


def test_the_variable_counts_or_is_said_not_to():
    tracking = at("sqlite:////p/mlflow.db")
    assert server.ignored_variable(tracking, {}) is None
    assert server.ignored_variable(tracking, {"MLFLOW_TRACKING_URI": tracking.uri}) is None
    before = {"MLFLOW_TRACKING_URI": "sqlite:////another/mlflow.db"}
    assert server.ignored_variable(tracking, before) is None
    told = server.ignored_variable(tracking, {"MLFLOW_TRACKING_URI": "http://a:pw@lab:5000"})
    assert told is not None
    assert told.startswith("MLFLOW_TRACKING_URI (http://lab:5000) is not used: mlflow.yml names")


@pytest.mark.parametrize(
    ("location", "is_refused"),
    [("/home/anna/mlartifacts", True), ("mlflow-artifacts:/1", False), ("s3://lake/1", False)],
)
def test_an_experiment_whose_artifacts_belong_on_anothers_disk_is_refused(
    location, is_refused, monkeypatch
):
    """Their record would be seen by nobody else; a network share that is here serves."""
    kept = SimpleNamespace(artifact_location=location)
    client = SimpleNamespace(get_experiment_by_name=lambda name: kept)
    monkeypatch.setattr(server, "_client", lambda tracking: client)
    if is_refused:
        with pytest.raises(StoreError, match="a folder of somebody's disk"):
            server.refuse_foreign_artifacts(at("http://lab:5000"))
    else:
        server.refuse_foreign_artifacts(at("http://lab:5000"))


def test_a_folder_that_is_here_serves(tmp_path: Path, monkeypatch):
    kept = SimpleNamespace(artifact_location=tmp_path.as_uri())
    client = SimpleNamespace(get_experiment_by_name=lambda name: kept)
    monkeypatch.setattr(server, "_client", lambda tracking: client)
    server.refuse_foreign_artifacts(at("http://lab:5000"))
