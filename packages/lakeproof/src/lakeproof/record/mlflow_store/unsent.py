"""Records on their way: kept on this disk before they are sent, and until they have arrived.

A run may take a night, and its server be gone in the morning. What did not arrive is sent by the
next command that asks the same store. Not for re-runs, whose parent has their record.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.errors import RunError
from lakeproof.inside import is_by_no_link
from lakeproof.record.mlflow_store.server import address_of, asked_once, is_gone
from lakeproof.record.mlflow_store.tracking import Tracking
from lakeproof.record.redaction.secret_text import without_secrets
from lakeproof.state_folder import hide_from_git, state_of

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

FOLDER = "lakeproof"
TAG = "lakeproof.record"
NOTE = "mlflow.note.content"

_log = logging.getLogger(__name__)

_PLACE = "unsent"
_PARCEL, _FILES = "parcel.json", "files"
_RUN_ID = re.compile("[0-9a-f]{32}")
# As many as MLflow takes at once.
_MOST_TAGS = 100


@dataclass(frozen=True)
class Parcel:
    """What goes onto an MLflow run beside the files of its record.

    Args:
        run_id: The run.
        store: The address of the tracking store, without user and password.
        tags: By which people find the run, the seal of the record among them.
        name: What the run is to be called.
        name_before: What it is called if nobody has named it; otherwise it keeps its name.
        status: How it ended.
        ended_ms: When, in milliseconds since 1970.
    """

    run_id: str
    store: str
    tags: Mapping[str, str]
    name: str
    name_before: str | None
    status: str
    ended_ms: int


def pack(project_path: Path, parcel: Parcel, files: Mapping[str, bytes]) -> Path:
    """Keep a record on this disk, whole or not at all, and give its folder."""
    place = state_of(project_path) / _PLACE
    partial, target = place / f".{parcel.run_id}", place / parcel.run_id
    for folder in (partial, target):
        shutil.rmtree(folder, ignore_errors=True)
    (partial / _FILES).mkdir(parents=True)
    hide_from_git(place.parent)
    for name, content in files.items():
        (partial / _FILES / name).write_bytes(content)
    (partial / _PARCEL).write_text(json.dumps(asdict(parcel)))
    os.replace(partial, target)
    return target


def send(
    client: "MlflowClient", folder: Path, is_late: bool = False, run: "Run | None" = None
) -> None:
    """Put a record onto its run, and forget it here once it has arrived.

    Args:
        client: Of its store.
        folder: Where it was kept.
        is_late: Whether the run's own process is gone: its MLflow run is then ended, too.
        run: The MLflow run, where it has just been asked for.

    Raises:
        RunError: If the run has another record already.
    """
    parcel = _parcel_of(folder)
    run = run or client.get_run(parcel.run_id)
    known = run.data.tags.get(TAG)
    if known is not None and known != parcel.tags[TAG]:
        raise RunError(
            f"Run {parcel.run_id[:8]} has a record already, which was left as it is. What this "
            f"run did is in {folder}."
        )
    if known is None:
        _put(client, run, parcel, folder)
    if is_late and run.info.status == "RUNNING":
        client.set_terminated(parcel.run_id, parcel.status, end_time=parcel.ended_ms)
    # Another command may have sent it, too.
    shutil.rmtree(folder, ignore_errors=True)


def _put(client: "MlflowClient", run: "Run", parcel: Parcel, folder: Path) -> None:
    if run.info.run_name == parcel.name_before:
        rename(client, parcel.run_id, parcel.name)
    client.log_artifacts(parcel.run_id, str(folder / _FILES), FOLDER)
    # What the user has described stays so.
    is_described = NOTE in run.data.tags
    tags = {k: v for k, v in parcel.tags.items() if not (k == NOTE and is_described)}
    log_tags(client, parcel.run_id, tags)


def rename(client: "MlflowClient", run_id: str, name: str) -> None:
    """Name a run, as `update_run` does, which asks for the run first."""
    from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

    client.set_tag(run_id, MLFLOW_RUN_NAME, name, synchronous=True)


def log_tags(client: "MlflowClient", run_id: str, tags: Mapping[str, str]) -> None:
    """Put tags onto a run, the seal last: it makes the record count."""
    from mlflow.entities import RunTag

    order = sorted(tags.items(), key=lambda tag: tag[0] == TAG)
    found = [RunTag(key, value) for key, value in order]
    for start in range(0, len(found), _MOST_TAGS):
        client.log_batch(run_id, tags=found[start : start + _MOST_TAGS], synchronous=True)


def send_all(project_path: Path, tracking: Tracking) -> None:
    """Send the records that have not arrived in a store, oldest first; say which.

    Args:
        project_path: The project.
        tracking: The store.
    """
    folders = list(_waiting(project_path, address_of(tracking.uri)))
    if not folders or is_gone(tracking):
        return
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking.uri, registry_uri=tracking.uri)
    for folder in folders:
        try:
            with asked_once():
                send(client, folder, is_late=True)
        except Exception as error:
            said = without_secrets(" ".join(str(error).split()))[:200]
            _log.warning("The record in %s was not sent: %s", folder, said)
        else:
            _log.info("Sent the record of run %s, kept since it ended", folder.name[:8])


def kept_records(project_path: Path) -> Iterator[tuple[str, Path]]:
    """Yield run and file of each record that has not arrived in whichever store."""
    place = state_of(project_path) / _PLACE
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if _RUN_ID.fullmatch(folder.name):
            yield folder.name, folder / _FILES / "record.json"


def _waiting(project_path: Path, store: str) -> Iterator[Path]:
    place = state_of(project_path) / _PLACE
    if not place.is_dir():
        return
    found = [one for one in place.iterdir() if _RUN_ID.fullmatch(one.name)]
    for folder in sorted(found, key=lambda one: one.lstat().st_mtime_ns):
        try:
            is_for_it = _parcel_of(folder).store == store
        except FileNotFoundError:  # another command has sent it
            continue
        except (RunError, OSError, ValueError, TypeError) as error:
            _log.warning("The record in %s is not sent: %s", folder, str(error)[:200])
            continue
        if is_for_it:
            yield folder


def _parcel_of(folder: Path) -> Parcel:
    """Read what is to be sent; a clone may bring along one for another run, or with links.

    Raises:
        RunError: If it is not what its name says: nothing of it is sent.
    """
    place = folder.parent.parent
    paths = (folder / _PARCEL, folder / _FILES, *(folder / _FILES).rglob("*"))
    if not all(is_by_no_link(place, path.relative_to(place)) for path in paths):
        raise RunError("it has a link, to what is not this run's. Remove it.")
    parcel = Parcel(**json.loads((folder / _PARCEL).read_bytes()))
    if parcel.run_id != folder.name:
        raise RunError("it is that of another run. Remove it.")
    return parcel
