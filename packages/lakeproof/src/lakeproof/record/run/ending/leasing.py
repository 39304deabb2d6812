"""What a run leases: the versions that it read and built upon, and the raw files that it read.

Not what it wrote and read again, which a re-run derives. A re-run takes none, nor does a mix of two
runs: what they need is the runs' whom they are made of.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lakeproof.determinism import RecipeError, find_recipe
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Lease, LeaseError, is_table_id, moment
from lakeproof.leases.raw import RawLease, RawLeases
from lakeproof.leases.store import LeaseStore
from lakeproof.record.facts import Record
from lakeproof.record.run.ending.kept_raw_files import lone_files
from lakeproof.versioned.location import Location

logger = logging.getLogger(__name__)

BY_RUN = "recorded run"


@dataclass(frozen=True)
class Needed:
    """A version that a run was made of.

    Args:
        table: What the catalog called the table.
        uri: Where it was.
        table_id: Its id.
        version: The version.
    """

    table: str
    uri: str
    table_id: str
    version: int


def built_upon(record: Record) -> list[Needed]:
    """List the versions that a run read from before it, or that its writes began with.

    What is overwritten as a whole decides nothing. Of formats other than Delta's nothing is leased:
    nothing here deletes a version of them.
    """
    return list(dict.fromkeys(one for one in _needed(record) if is_table_id(one.table_id)))


def _needed(record: Record) -> Iterator[Needed]:
    for read in record.inputs.tables:
        if not read.is_own:
            yield Needed(read.dataset, read.uri, read.table_id, read.version)
    # Another write of the same run begins with what the run itself wrote.
    seen: set[str] = set()
    for one in record.outputs.tables:
        if one.uri not in seen and one.started_at is not None and one.mode != "overwrite":
            yield Needed(one.dataset, one.uri, one.table_id, one.started_at)
        seen.add(one.uri)


def leases_for(
    record: Record,
    needed: Iterable[Needed],
    until: datetime | None,
    why: str,
    is_held: bool = False,
) -> Iterator[Lease]:
    """Yield what is to be written down for a run."""
    for one in needed:
        yield Lease(
            table_id=one.table_id,
            version=one.version,
            run_id=record.run.run_id,
            until=None if until is None else moment(until),
            why=why,
            table=one.table,
            uri=one.uri,
            env=record.run.kedro_env,
            taken_at=moment(datetime.now(UTC)),
            is_held=is_held,
        )


def end_of(record: Record, project_path: Path) -> datetime | None:
    """Tell until when a run's leases are, by what the project says; `None` for ever.

    Raises:
        LeaseError: If the project says what it cannot say.
    """
    try:
        recipe = find_recipe(project_path)
    except RecipeError as error:
        raise LeaseError(str(error)) from error
    days = None if recipe is None else recipe.kept_days
    if days is None:
        return None
    return datetime.fromisoformat(record.run.finished_at) + timedelta(days=days)


def take_leases(record: Record, project_path: Path, locations: Mapping[str, Location]) -> None:
    """Lease what a run was made of; that it cannot be is said, and the run stays recorded.

    Args:
        record: Of a run that has finished.
        project_path: The project.
        locations: The tables that its catalog names, by id.
    """
    try:
        lease_all(record, project_path, locations)
    except (LakeproofError, OSError) as error:
        told = error.message if isinstance(error, LakeproofError) else str(error)
        logger.warning("%s kedro vacuum takes what is lacking, or deletes nothing.", told)


def lease_all(record: Record, project_path: Path, locations: Mapping[str, Location]) -> None:
    """Lease what a run was made of, and note that it was done.

    Args:
        record: Of a run that has finished.
        project_path: The project.
        locations: The tables that its catalog names, by id.

    Raises:
        LakeproofError: If a lease cannot be written.
    """
    store = LeaseStore(project_path)
    until = end_of(record, project_path)
    for lease in leases_for(record, built_upon(record), until, BY_RUN):
        store.take(lease, locations.get(lease.table_id))
    lease_raw(record, project_path, until, BY_RUN)
    store.decide(record.run.run_id)


def lease_raw(record: Record, project_path: Path, until: datetime | None, why: str) -> RawLease:
    """Lease the raw files that a run read, whether they are kept or lie where they lay.

    Raises:
        LeaseError: If the lease cannot be written.
    """
    lease = RawLease(
        run_id=record.run.run_id,
        until=None if until is None else moment(until),
        why=why,
        taken_at=moment(datetime.now(UTC)),
        files={file.sha256: file.path for file in lone_files(record)},
    )
    RawLeases(project_path).take(lease)
    return lease
