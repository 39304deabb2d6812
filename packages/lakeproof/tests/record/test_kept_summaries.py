"""What a list said of a record is kept, and believed of that very file alone."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from lakeproof.record.documents import kept_summaries
from lakeproof.record.documents.kept_summaries import Kept, RunSummary
from lakeproof.record.facts import Maker
from lakeproof.record.mlflow_store import artifacts
from lakeproof.record.mlflow_store.mlflow_runs import Wanted
from lakeproof.record.mlflow_store.store import RecordStore, write
from lakeproof.record.mlflow_store.tracking import Tracking
from lakeproof.state_folder import state_of
from small import empty_store

from ..reproduce.builders import a_record

MADE_BY = Maker("c" * 32, "sha256:" + "0" * 64, "sha256:" + "1" * 64)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[Path, str]:
    """A store with one recorded run."""
    folder = tmp_path_factory.mktemp("listed")
    shutil.copy(empty_store(), folder / "mlflow.db")
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.create_experiment("winery", (folder / "artifacts").as_uri())
    run_id = str(client.create_run(experiment, start_time=1_000).info.run_id)
    run = replace(a_record().run, run_id=run_id, made_by=MADE_BY)
    write(client, a_record(run=run), "run: {}\n", {})
    client.set_terminated(run_id, "FINISHED", end_time=2_500)
    return folder, run_id


@pytest.fixture
def project(recorded, tmp_path, monkeypatch) -> Path:
    """A copy of it, which was recorded long ago."""
    shutil.copytree(recorded[0] / "artifacts", tmp_path / "artifacts")
    shutil.copy(recorded[0] / "mlflow.db", tmp_path)
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    uri = client.get_run(recorded[1]).info.artifact_uri
    moved = uri.replace(recorded[0].as_uri(), tmp_path.as_uri())
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store, store:
        store.execute("UPDATE runs SET artifact_uri = ?", [moved])
    monkeypatch.setattr(kept_summaries, "_SETTLED_NS", 0)
    return tmp_path


def store_of(project: Path) -> RecordStore:
    return RecordStore(Tracking(f"sqlite:///{project}/mlflow.db", "winery", None, {}, project))


def record_of(project: Path) -> Path:
    (found,) = project.glob("artifacts/*/artifacts/lakeproof/record.json")
    return found


def read_nothing(monkeypatch) -> None:
    def refuse(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(artifacts, "record_content", refuse)


def test_a_record_that_a_list_has_read_is_not_read_again(project, monkeypatch):
    """And the list is the same: what it says of a record is what a whole record says."""
    (first,) = store_of(project).listed()
    (whole,) = store_of(project).runs()
    assert first.summary == whole.summary
    assert first.summary.made_by == MADE_BY
    assert first.summary.read
    assert first.summary.metrics
    read_nothing(monkeypatch)
    assert store_of(project).listed() == [first]


def test_what_was_read_is_kept_where_somebody_did_not_wait(project, monkeypatch):
    """The next list goes on from there."""
    store = store_of(project)
    (run,) = store.search(Wanted())

    def one_and_an_end(*_):
        yield run
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "search", one_and_an_end)
    with pytest.raises(KeyboardInterrupt):
        store.listed()
    assert list(kept_summaries.kept(project)) == [run.run_id]


def test_a_record_that_was_changed_since_is_read_again(project):
    """Also one of the same length, and of the same time as far as its writer can set that."""
    store_of(project).listed()
    path = record_of(project)
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"__default__", b"__defau1t__"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    (found,) = store_of(project).listed()
    assert found.summary is None
    assert "was changed after it was written" in found.trouble


def test_a_record_that_is_gone_is_said_to_be(project):
    """What is kept of it says nothing."""
    store_of(project).listed()
    record_of(project).unlink()
    (found,) = store_of(project).listed()
    assert found.summary is None
    assert "is not where MLflow says" in found.trouble


def test_of_a_record_of_this_moment_nothing_is_kept(project, monkeypatch):
    """It may change once more before the clock goes on."""
    monkeypatch.setattr(kept_summaries, "_SETTLED_NS", 10**18 * 9)
    store_of(project).listed()
    assert not (state_of(project) / kept_summaries.FILE).exists()


@pytest.mark.parametrize("content", [b"a\tb\n\xff", b""])
def test_what_is_kept_may_be_spoilt(project, monkeypatch, content):
    """Then records are read again, and it is made anew."""
    (first,) = store_of(project).listed()
    (state_of(project) / kept_summaries.FILE).write_bytes(content)
    assert store_of(project).listed() == [first]
    read_nothing(monkeypatch)
    assert store_of(project).listed() == [first]


def test_a_summary_that_is_none_is_read_again(project):
    """Whatever stands in its place."""
    (first,) = store_of(project).listed()
    ((run_id, kept),) = kept_summaries.kept(project).items()
    for text in ("", "[]", '{"read": 1}', '{"made_by": {"a": 1}, "read": [], "written": []}'):
        kept_summaries.keep(project, {run_id: replace(kept, text=text)})
        assert kept_summaries.kept(project)[run_id].read() is None
        assert store_of(project).listed() == [first]


def test_another_seal_is_another_record(project):
    """And one on a server is known by its digest alone: it is always looked at."""
    (run,) = store_of(project).search(Wanted())
    place = artifacts.near_record(run)
    assert Path(place) == record_of(project)
    one, other = (kept_summaries.state_now(place, f"sha256:{digit * 64}") for digit in "01")
    assert None not in (one, other)
    assert one != other
    for uri in ("mlflow-artifacts:/1/artifacts", run.artifact_uri + "/else", "relative"):
        assert artifacts.near_record(replace(run, artifact_uri=uri)) is None


def test_nothing_is_written_through_a_link_that_a_clone_brings(project, tmp_path_factory):
    """The user's file stays as it is."""
    own = tmp_path_factory.mktemp("home") / "mine"
    own.write_text("mine")
    state_of(project).mkdir()
    (state_of(project) / kept_summaries.FILE).symlink_to(own)
    store_of(project).listed()
    assert own.read_text() == "mine"


def test_where_nothing_can_be_written_nothing_is_kept(project):
    """The list is there all the same; without a project there is no place at all."""
    state_of(project).write_text("a file in the way")
    (found,) = store_of(project).listed()
    assert found.summary is not None
    assert kept_summaries.kept(None) == {}
    kept_summaries.keep(None, {found.run_id: Kept("state", "")})


def test_a_summary_is_read_as_it_was_kept():
    """All of it, without a maker and with a metric that JSON lacks, too."""
    metrics = {"loss": None, "accuracy": 0.1}
    summary = replace(RunSummary.of(a_record()), metrics=metrics, made_by=None)
    assert kept_summaries.written("state", summary).read() == summary
