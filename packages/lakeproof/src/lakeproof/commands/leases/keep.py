"""`kedro keep` and `kedro release`: a run's leases, by hand."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lakeproof.commands.leases import raw_files
from lakeproof.commands.leases.kept import Kept, Released
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.output import remark
from lakeproof.errors import LakeproofError
from lakeproof.leases import held
from lakeproof.leases.facts import LeaseError
from lakeproof.leases.stored_copies import (
    GIB,
    MOST_GIB,
    can_hold,
    held_at,
    hold_in_store,
    sweep_stored,
)
from lakeproof.record.run.ending.kept_raw_files import lone_files
from lakeproof.record.run.ending.leasing import Needed, built_upon, lease_raw, leases_for
from lakeproof.reproduce.todays_tables import located

if TYPE_CHECKING:
    from lakeproof.record.facts import Record
    from lakeproof.versioned.contract import VersionedDataset

_ID_CHARACTERS = 8
_FEWEST_CHARACTERS = 4


def end_of_day(text: str) -> datetime:
    """Read a date as the last moment of that day, in UTC.

    Raises:
        LeaseError: If it is none, or over.
    """
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise LeaseError(
            f"'{text[:40]}' is no date: write --until 2027-12-31. No lease was taken."
        ) from error
    until = day + timedelta(days=1, seconds=-1)
    if until < datetime.now(UTC):
        raise LeaseError(
            f"{text} is over. No lease was taken or changed; to end one: kedro release RUN"
        )
    return until


@dataclass(frozen=True)
class Hold:
    """How versions are held.

    Args:
        is_here: Whether on this machine, also where their table is in a store.
        most: How many bytes a store may copy of a table.
    """

    is_here: bool = False
    most: int = MOST_GIB * GIB


def keep(
    leased: LeasedProject, run: str, until: datetime | None, hold: Hold | None, why: str
) -> Kept:
    """Lease what a run was made of; in place of the leases that it has.

    Args:
        leased: The project.
        run: The run.
        until: Until when; `None` for ever.
        hold: How copies are held, if they are to be.
        why: For whoever asks in a year.

    Raises:
        LakeproofError: If the run has no record, has not finished or needs neither table nor file,
            or a version is gone: no lease is taken then.
    """
    records = leased.project.records
    run_id = records.resolve(run)
    record = records.record(run_id)
    needed = _needed_by(record)
    tables = _tables_of(leased, record, needed)
    if hold is not None:
        raw_files.keep(leased.project.raw, record)
    known = {(one.table_id, one.version): one for one in leased.store.of_run(run_id)}
    places = leased.locations_of(record)
    leases = []
    for lease in leases_for(record, needed, until, why):
        before = known.get((lease.table_id, lease.version))
        lease = replace(lease, is_held=before is not None and before.is_held)
        leased.store.take(lease, places.get(lease.table_id))
        leases.append(lease)
    raw = lease_raw(record, leased.project.path, until, why)
    leased.store.decide(run_id)
    if hold is None:
        return Kept(run_id, tuple(leases), raw, {})
    copies = {
        table_id: _held(leased, table_id, versions, table, hold)
        for table_id, (table, versions) in tables.items()
    }
    # Not before: other projects take one that says so for a copy.
    leases = [replace(lease, is_held=True) for lease in leases]
    for lease in leases:
        leased.store.take(lease, places.get(lease.table_id))
    return Kept(run_id, tuple(leases), raw, copies)


def _held(
    leased: LeasedProject,
    table_id: str,
    versions: list[int],
    table: "VersionedDataset",
    hold: Hold,
) -> str:
    """Hold what a run needs of a table, and say where."""
    from lakeproof.delta import DeltaTable

    path = leased.project.path
    folder = held.copy_of(path, table_id, versions)
    is_here = hold.is_here or folder is not None
    if not is_here and isinstance(table, DeltaTable) and can_hold(table.location):
        place = table.location
        return hold_in_store(path, table_id, versions, place, remark, hold.most).uri
    folder = folder or held.hold(path, table_id, versions, table, remark)
    return folder.relative_to(path).as_posix()


def release(leased: LeasedProject, runs: Sequence[str]) -> list[Released]:
    """End the leases of runs; what only they needed stays until the next vacuum.

    Raises:
        LakeproofError: If there is no such run, or its model is in service: nothing is ended then.
    """
    own = list(leased.store.own())
    raw = {lease.run_id: lease for lease in leased.raw.all()}
    known = {*(lease.run_id for lease in own), *raw}
    ids = list(dict.fromkeys(_resolve(leased, run, known) for run in runs))
    for run_id in ids:
        _refuse_in_service(leased, run_id)
    found = []
    for run_id in ids:
        ended = tuple(lease for lease in own if lease.run_id == run_id)
        # First: or the next command would take them again.
        leased.store.decide(run_id)
        for lease in ended:
            place = leased.location_of(lease.table_id, lease.table, lease.env)
            leased.store.give_back(lease, place)
        if run_id in raw:
            leased.raw.give_back(raw[run_id])
        found.append(Released(run_id, ended, raw.get(run_id)))
    held.sweep(leased.project.path, leased.store.own())
    sweep_stored(leased.project.path, leased.store.own(), leased.project.options_of, remark)
    return found


def _needed_by(record: "Record") -> list[Needed]:
    run = record.run
    if run.status != "FINISHED" or run.reproduces is not None:
        what = f"it {run.status}" if run.reproduces is None else "it is a re-run"
        raise LeaseError(
            f"Run {run.run_id[:_ID_CHARACTERS]} cannot be kept: {what}. No lease was taken."
        )
    needed = built_upon(record)
    if not needed and not lone_files(record):
        raise LeaseError(
            f"Run {run.run_id[:_ID_CHARACTERS]} read neither a raw file nor a version of a Delta "
            "table that was there before it: there is nothing to keep. No lease was taken."
        )
    return needed


def _tables_of(
    leased: LeasedProject, record: "Record", needed: Sequence[Needed]
) -> "dict[str, tuple[VersionedDataset, list[int]]]":
    """Find each table with the versions that are needed of it, all of them whole."""
    by_table: dict[str, list[Needed]] = defaultdict(list)
    for one in needed:
        by_table[one.table_id].append(one)
    locate = leased.project.locate_in(record.run.kedro_env)
    found = {}
    for table_id, wanted in by_table.items():
        names = tuple(dict.fromkeys(one.table for one in wanted))
        table = located(names, wanted[0].uri, leased.project.path, locate, table_id)
        versions = [one.version for one in wanted]
        has_copy = held_at(leased.project.path, table_id, versions) is not None
        for version in () if has_copy else versions:
            try:
                opened = table.open(version)
                opened.require_files()
                if opened.table_id != table_id:
                    raise LeaseError(
                        f"Table '{names[0]}' has the id {opened.table_id}, and the run read "
                        f"{table_id}: it was made anew."
                    )
            except LakeproofError as error:
                raise LeaseError(
                    f"Run {record.run.run_id[:_ID_CHARACTERS]} cannot be kept: {error.message} No "
                    "lease was taken."
                ) from error
        found[table_id] = (table, versions)
    return found


def _resolve(leased: LeasedProject, run: str, holders: Collection[str]) -> str:
    """Find a run by its leases, for it may be gone from MLflow; else as every command does."""
    if len(run) >= _FEWEST_CHARACTERS:
        known = [run_id for run_id in holders if run_id.startswith(run)]
        if len(known) == 1:
            return known[0]
    return leased.project.records.resolve(run)


def _refuse_in_service(leased: LeasedProject, run_id: str) -> None:
    short = run_id[:_ID_CHARACTERS]
    if leased.in_service is None:
        raise LeaseError(
            f"MLflow's registry does not answer: whether a model of run {short} is in service is "
            "not known. Its leases stand. Try again when it answers."
        )
    if run_id in leased.in_service:
        raise LeaseError(
            f"A model of run {short} has an alias or a stage in MLflow's registry: it is in "
            "service, and its leases stand. Take the alias from it first."
        )
