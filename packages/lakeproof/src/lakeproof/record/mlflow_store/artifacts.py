"""Artifacts of runs, brought onto this disk: the record's bytes, and whatever it names."""

import os
from functools import cache
from pathlib import Path

from lakeproof.record.documents import kept_records
from lakeproof.record.documents.document import RecordError
from lakeproof.record.documents.parsing import MOST_BYTES
from lakeproof.record.documents.shapes import is_artifact
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun
from lakeproof.record.mlflow_store.tracking import Tracking, local_path
from lakeproof.record.mlflow_store.unsent import FOLDER

RECORD = "record.json"
_ARTIFACTS = "/artifacts"


def bring(tracking: Tracking, uri: str) -> Path | None:
    """Bring an artifact (`runs:/…`, `models:/…`) onto this disk; `None` if it is gone."""
    if not is_artifact(uri):
        return None  # MLflow would fetch any address there is.
    # What a command says is not mixed with MLflow's bars.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow
    from mlflow.artifacts import download_artifacts

    mlflow.set_tracking_uri(tracking.uri)
    folder, _, name = uri.rpartition("/")
    try:
        if uri.startswith("models:/"):
            # MLflow takes what follows a model's id for a version.
            found = download_artifacts(artifact_uri=folder, tracking_uri=tracking.uri)
            return Path(found, name)
        return Path(download_artifacts(artifact_uri=uri, tracking_uri=tracking.uri))
    except Exception:
        return None


def record_content(tracking: Tracking, run: MlflowRun, name: str, seal: str) -> bytes:
    """Give the bytes of a run's record, without a look at what they say.

    What was fetched over a network once is on this disk.

    Args:
        tracking: The store.
        run: The run.
        name: What to call the record in an error.
        seal: Its digest.

    Raises:
        RecordError: If they are not there.
    """
    place = tracking.project_path
    is_near = place is None or local_path(run.artifact_uri) is not None
    known = None if is_near or place is None else kept_records.kept(place, seal)
    if known is None:
        known = fetched(tracking, run, name)
        if place is not None and not is_near:
            kept_records.keep(place, known, seal)
    return known


def near_record(run: MlflowRun) -> str | None:
    """Give the file of a run's record, where it is on this disk and lies where MLflow puts it."""
    # All runs of a store lie in one folder.
    head, _, tail = run.artifact_uri.partition(run.run_id)
    folder = _folder(head)
    is_usual = folder is not None and tail == _ARTIFACTS
    return f"{folder}/{run.run_id}{tail}/{FOLDER}/{RECORD}" if is_usual else None


@cache
def _folder(uri: str) -> Path | None:
    return local_path(uri)


def fetched(tracking: Tracking, run: MlflowRun, name: str) -> bytes:
    """Fetch the bytes of a run's record from where MLflow says that they are.

    Raises:
        RecordError: If they are not there.
    """
    uri = f"{run.artifact_uri}/{FOLDER}/{RECORD}"
    try:
        path = local_path(uri)
        if path is None:
            from mlflow.artifacts import download_artifacts

            path = Path(download_artifacts(artifact_uri=uri, tracking_uri=tracking.uri))
        with path.open("rb") as file:
            # One byte more than any has: it is refused where it is read. Room is made for what is
            # asked for, whatever there is.
            return file.read(min(os.fstat(file.fileno()).st_size, MOST_BYTES) + 1)
    except Exception as error:
        raise RecordError(
            f"{name} is not where MLflow says ({FOLDER}/{RECORD} of the run's artifacts). "
            "Nothing was run. If artifacts were moved, move them back."
        ) from error
