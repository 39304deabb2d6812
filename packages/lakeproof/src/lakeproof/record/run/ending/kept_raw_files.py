"""Which raw files of a run are kept, and of a delivery that was corrected, which runs need it.

A file that git has in the run's snapshot is not kept again, nor one above the size that
`[tool.lakeproof]` says. Not for where they lie (`raw_store`).
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lakeproof.deliveries.raw_store import RawStore
from lakeproof.record.code import git, git_files
from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store.server import asked_once
from lakeproof.record.mlflow_store.store import REPRODUCES, RecordStore
from lakeproof.record.mlflow_store.tracking import Tracking, is_local
from lakeproof.spelling import first_of
from lakeproof.stores.addresses import is_remote
from lakeproof.versioned.run_tables import Corrected

logger = logging.getLogger(__name__)

_MEGABYTE = 1_000_000
# As many records as are asked of a server.
_MOST_ASKED = 100
_MOST_NAMED = 40
_SHORT = 8


def keep_raw_files(record: Record, project_path: Path, most_mb: int) -> None:
    """Keep what a run read from outside and nobody else has; never the reason that one fails.

    Args:
        record: Of a run that finished.
        project_path: The project.
        most_mb: Megabytes that a file may have; 0 keeps none.
    """
    store = RawStore(project_path)
    small = [file for file in lone_files(record) if file.size <= most_mb * _MEGABYTE]
    wanted = _not_in_git(small, record, project_path)
    if not wanted:
        return
    file = wanted[0]
    try:
        # Also what is there: whoever removes it meanwhile knows nothing of this run yet.
        with store.locked():
            for file in wanted:
                store.keep(project_path / file.path, file.sha256)
    except OSError as error:
        logger.warning(
            "File %s could not be kept in %s (%s): the run can be reproduced as long as the file "
            "stays unchanged.",
            *(file.path, store.folder, error.strerror),
        )


def is_kept(file: FileFacts, record: Record, project_path: Path) -> bool:
    """Tell whether a raw file of a run is still there when it has changed or gone."""
    if RawStore(project_path).find(file.sha256) is not None:
        return True
    if is_remote(file.path):
        # A table in a store keeps what it takes from one.
        takers = {
            given.dataset
            for node in record.nodes
            if any(got.dataset == file.dataset for got in node.inputs)
            for given in node.outputs
        }
        taken = [table for table in record.outputs.tables if table.dataset in takers]
        return any(is_remote(table.uri) for table in taken)
    return not _not_in_git([file], record, project_path)


def lone_files(record: Record) -> list[FileFacts]:
    """Give the files that a run read from outside and that neither record nor MLflow has."""
    return [
        file
        for file in record.inputs.files
        if not file.is_own and file.artifact is None and file.text is None
    ]


def tell_corrections(
    corrected: Iterable[Corrected], project_path: Path, tracking: Tracking
) -> None:
    """Say which runs need deliveries as they were, that have changed since a table took them.

    Args:
        corrected: The deliveries.
        project_path: The project.
        tracking: Where its runs are kept.
    """
    asked = list(corrected)
    if not asked:
        return
    records = _records(tracking)
    for one in asked:
        _tell(one, records, project_path)


@dataclass(frozen=True)
class _Needing:
    """A run that read a delivery as it was."""

    record: Record
    file: FileFacts


def _tell(one: Corrected, records: Sequence[Record], project_path: Path) -> None:
    needing = [
        _Needing(record, file)
        for record in records
        for file in record.inputs.files
        if not file.is_own and file.sha256 == one.sha256
    ]
    lost = [one for one in needing if not is_kept(one.file, one.record, project_path)]
    begin = (
        f"Delivery '{one.delivery}' has changed since table '{one.table}' took it "
        f"(sha256 {one.sha256[:12]}…)"
    )
    if lost:
        logger.warning(
            "%s, and nobody kept it as it was: %s cannot be reproduced until it is put back.",
            *(begin, _named(lost)),
        )
    elif needing:
        logger.info("%s; %s can be reproduced: it is kept as it was", begin, _named(needing))


def _named(needing: Sequence[_Needing]) -> str:
    ids = list(dict.fromkeys(one.record.run.run_id[:_SHORT] for one in needing))
    return f"{'run' if len(ids) == 1 else 'runs'} {first_of(ids, _MOST_NAMED)}"


def _records(tracking: Tracking) -> list[Record]:
    """Read the records of finished runs, newest first; of a server the newest."""
    limit = None if is_local(tracking.uri) else _MOST_ASKED
    try:
        with asked_once():
            found = RecordStore(tracking).runs(limit)
    except Exception as error:
        logger.debug("The runs are not known: %s", error)
        return []
    return [
        run.record
        for run in found
        if run.record is not None and run.status == "FINISHED" and REPRODUCES not in run.tags
    ]


def _not_in_git(files: Sequence[FileFacts], record: Record, project_path: Path) -> list[FileFacts]:
    """Leave out what the run's snapshot has in the same size: a pointer of Git LFS has another."""
    commit = record.code.kept_commit
    if not files or commit is None:
        return list(files)
    places = [str(PurePosixPath(record.code.prefix, file.path)) for file in files]
    try:
        sizes = git_files.sizes_in(project_path, commit, places)
    except git.GitError:
        return list(files)
    return [file for file, size in zip(files, sizes, strict=True) if size != file.size]
