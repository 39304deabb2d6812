"""A record that was fetched is kept by its digest, and believed by nothing else."""

from lakeproof.record.documents import kept_records
from lakeproof.record.documents.document import to_bytes
from lakeproof.record.mlflow_store import artifacts
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun
from lakeproof.record.mlflow_store.store import TAG, RecordStore
from lakeproof.record.mlflow_store.tracking import Tracking
from lakeproof.state_folder import state_of

from ..reproduce.builders import RUN, a_record

CONTENT = to_bytes(a_record())
SEAL = kept_records.digest_of(CONTENT)


def test_what_is_kept_is_given_again_and_another_content_is_not(tmp_path):
    """Whoever writes into the folder makes nobody believe it."""
    kept_records.keep(tmp_path, CONTENT, SEAL)
    assert kept_records.kept(tmp_path, SEAL) == CONTENT
    place = state_of(tmp_path) / kept_records.FOLDER / SEAL.removeprefix("sha256:")
    place.write_bytes(CONTENT.replace(b'"accuracy"', b'"accuracies"'))
    assert kept_records.kept(tmp_path, SEAL) is None


def test_nothing_is_kept_under_a_digest_that_it_has_not(tmp_path):
    """Nor at a place that a tag names."""
    kept_records.keep(tmp_path, CONTENT, f"sha256:{'0' * 64}")
    kept_records.keep(tmp_path, CONTENT, "sha256:../../../elsewhere")
    assert list(tmp_path.iterdir()) == []
    assert kept_records.kept(tmp_path, "sha256:../id") is None


def test_a_server_is_asked_for_a_record_once(tmp_path, monkeypatch):
    """And again where the folder was emptied; where it was spoilt, too."""
    asked = []
    store = RecordStore(Tracking("http://lab:5000", "winery", None, {}, tmp_path))
    run = MlflowRun(RUN, "FINISHED", 1, 2, "mlflow-artifacts:/1/artifacts", {}, {TAG: SEAL})
    fetch = lambda _, run, name: asked.append(run.run_id) or CONTENT  # noqa: E731
    monkeypatch.setattr(artifacts, "fetched", fetch)
    assert store._record(run) == store._record(run) == a_record()
    assert asked == [RUN]
    for path in (state_of(tmp_path) / kept_records.FOLDER).iterdir():
        path.write_bytes(b"{}")
    assert store._record(run) == a_record()
    assert asked == [RUN, RUN]
