"""A record is on this disk before it is sent, and until it has arrived."""

from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from lakeproof.errors import RunError
from lakeproof.record.mlflow_store import unsent
from lakeproof.record.mlflow_store.tracking import Tracking
from small import store_in

FILES = {"record.json": b"{}\n", "run.yml": b"run: {}\n"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    folder = tmp_path_factory.mktemp("store")
    uri = store_in(folder)
    client = MlflowClient(uri, registry_uri=uri)
    client.create_experiment("winery", artifact_location=(folder / "artifacts").as_uri())
    return Tracking(uri, "winery", None, {})


@pytest.fixture
def client(store: Tracking) -> MlflowClient:
    return MlflowClient(store.uri, registry_uri=store.uri)


def begun(client: MlflowClient, name: str = "ingest") -> str:
    experiment = client.get_experiment_by_name("winery")
    return client.create_run(experiment.experiment_id, run_name=name).info.run_id


def packed(project: Path, store: Tracking, run_id: str, seal: str = "sha256:00") -> Path:
    tags = {unsent.TAG: seal, "lakeproof.code": "x", unsent.NOTE: "ours"}
    parcel = unsent.Parcel(
        run_id, store.uri, tags, "ingest on samples@1", "ingest", "FINISHED", 1_000
    )
    return unsent.pack(project, parcel, FILES)


def test_what_was_kept_arrives_whole_and_is_forgotten_here(client, store, tmp_path):
    run_id = begun(client)
    folder = packed(tmp_path / "project", store, run_id)
    assert (tmp_path / "project/.lakeproof/.gitignore").read_text() == "*\n"

    unsent.send(client, folder)

    run = client.get_run(run_id)
    assert run.info.run_name == "ingest on samples@1"
    assert run.data.tags[unsent.TAG] == "sha256:00"
    assert run.data.tags[unsent.NOTE] == "ours"
    assert run.info.status == "RUNNING"  # whoever began it ends it
    artifacts = Path(run.info.artifact_uri.removeprefix("file://"), "lakeproof")
    assert {file.name: file.read_bytes() for file in artifacts.iterdir()} == FILES
    assert not folder.exists()


def test_the_next_command_sends_it_and_ends_the_run(client, store, tmp_path):
    run_id, other = begun(client), begun(client)
    folder = packed(tmp_path, store, run_id)
    elsewhere = Tracking("http://127.0.0.1:9", "winery", None, {})
    foreign = packed(tmp_path, elsewhere, other)

    unsent.send_all(tmp_path, store)

    assert client.get_run(run_id).info.status == "FINISHED"
    assert client.get_run(run_id).info.end_time == 1_000
    assert not folder.exists()
    unsent.send_all(tmp_path, elsewhere)
    assert foreign.is_dir()


def test_what_people_named_and_described_stays_so(client, store, tmp_path):
    run_id = begun(client, name="the good one")
    client.set_tag(run_id, unsent.NOTE, "mine")

    unsent.send(client, packed(tmp_path, store, run_id))

    run = client.get_run(run_id)
    assert run.info.run_name == "the good one"
    assert run.data.tags[unsent.NOTE] == "mine"


def test_what_has_arrived_is_not_sent_again_and_another_record_is_not_touched(
    client, store, tmp_path
):
    run_id = begun(client)
    unsent.send(client, packed(tmp_path, store, run_id))
    unsent.send(client, packed(tmp_path, store, run_id))
    folder = packed(tmp_path, store, run_id, seal="sha256:11")

    with pytest.raises(RunError, match=f"Run {run_id[:8]} has a record already"):
        unsent.send(client, folder)

    assert client.get_run(run_id).data.tags[unsent.TAG] == "sha256:00"
    assert folder.is_dir()


def test_one_that_cannot_be_sent_waits(client, store, tmp_path, caplog):
    folder = packed(tmp_path, store, "0" * 32)
    unsent.send_all(tmp_path, store)
    assert folder.is_dir()
    assert "was not sent: Run with id=" in caplog.text.replace("'", "")
