"""What commands about leases stand on: every recorded run has leases, and those that are over go.

Runs from before there were leases, and one that was killed between its record and its leases, get
theirs here, before anything is listed or deleted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from lakeproof.commands.command_errors import CatalogError
from lakeproof.commands.leases.registry import runs_in_service
from lakeproof.commands.output import remark
from lakeproof.delta.log.opening import open_table
from lakeproof.errors import LakeproofError, TableError
from lakeproof.leases.bill import Bill, make_bill
from lakeproof.leases.facts import Lease, LeaseError
from lakeproof.leases.raw import RawLease, RawLeases
from lakeproof.leases.store import LeaseStore, Standing
from lakeproof.leases.stored_copies import held_at
from lakeproof.leases.table_ids import ids_of
from lakeproof.record.run.ending.leasing import BY_RUN, built_upon, end_of, lease_all, lease_raw
from lakeproof.spelling import first_of
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.commands.project import RunProject
    from lakeproof.delta import DeltaTable
    from lakeproof.record.facts import Record
    from lakeproof.versioned.contract import VersionedDataset

_MOST_NAMED = 3


@dataclass(frozen=True)
class LeasedProject:
    """A project and its leases.

    Args:
        project: The project.
    """

    project: "RunProject"

    @cached_property
    def store(self) -> LeaseStore:
        """Its leases."""
        return LeaseStore(self.project.path)

    @cached_property
    def raw(self) -> RawLeases:
        """Those on raw files."""
        return RawLeases(self.project.path)

    @cached_property
    def in_service(self) -> frozenset[str] | None:
        """The runs whose models have an alias or a stage; `None` where a registry is silent.

        So is that of an environment of which nobody can read here where its registry is.
        """
        trackings = self.project.records.trackings
        for env, why in self.project.unread_environments.items():
            remark(f"Where environment '{env}' keeps its runs is not known: {why}")
            return None
        return runs_in_service(trackings)

    def decide_all(self) -> None:
        """Take the leases of runs that have none yet and were never asked.

        Raises:
            LakeproofError: If what one needs is not known: its record cannot be read.
        """
        runs = [run.run_id for run in self.project.records.recorded()]
        unknown = []
        of_tables = set(self.store.undecided(runs))
        # A run may have its leases on tables from before there were any on raw files.
        of_raw = set(self.raw.undecided(runs))
        for run_id in (run_id for run_id in runs if run_id in of_tables | of_raw):
            try:
                record = self.project.records.record(run_id)
            except LakeproofError as error:
                unknown.append((run_id, error))
                continue
            if run_id in of_tables:
                lease_all(record, self.project.path, self.locations_of(record))
            else:
                lease_raw(record, self.project.path, end_of(record, self.project.path), BY_RUN)
        if unknown:
            ids = [run_id[:8] for run_id, _ in unknown]
            raise LeaseError(
                f"What {len(ids)} recorded run(s) need is not known "
                f"({first_of(ids, _MOST_NAMED)}): {unknown[0][1]} Nothing was deleted. If nobody "
                f"needs to reproduce them: kedro release {' '.join(ids[:_MOST_NAMED])}"
            ) from unknown[0][1]

    def locations_of(self, record: "Record") -> Mapping[str, Location]:
        """Find where the tables of a run are today, by id, where today's catalog names them."""
        env = record.run.kedro_env
        return {
            one.table_id: found
            for one in built_upon(record)
            if (found := self.location_of(one.table_id, one.table, env)) is not None
        }

    def location_of(self, table_id: str, table: str, env: str) -> Location | None:
        """Find where a table is today; `None` where the catalog names none that has had that id."""
        dataset = self.project.locate_in(env)(table)
        try:
            if dataset is not None and table_id in self._ids_at(dataset):
                return dataset.location
        except LakeproofError:
            return None
        return None

    def _ids_at(self, dataset: "VersionedDataset") -> frozenset[str]:
        from lakeproof.delta import DeltaTable

        newest = dataset.open()
        place = dataset.location.uri, newest.version
        if place not in self._ids:
            is_delta = isinstance(dataset, DeltaTable)
            self._ids[place] = (
                ids_of(open_table(dataset.location)) if is_delta else frozenset({newest.table_id})
            )
        return self._ids[place]

    @cached_property
    def _ids(self) -> dict[tuple[str, int], frozenset[str]]:
        """Those that tables have had, by place and newest version."""
        return {}

    def is_needed(self, lease: Lease | RawLease, now: datetime) -> bool:
        """Tell whether a lease of this project stands: by its time, or by a model in service.

        Of a registry that cannot be asked, every model may be in service.
        """
        return not lease.is_over(now) or self.in_service is None or lease.run_id in self.in_service

    def end_what_is_over(self) -> list[Lease]:
        """Give back the leases of this project whose time is over."""
        now = datetime.now(UTC)
        over = [lease for lease in self.store.own() if lease.is_over(now)]
        ended = [lease for lease in over if not self.is_needed(lease, now)]
        for lease in ended:
            place = self.location_of(lease.table_id, lease.table, lease.env)
            self.store.give_back(lease, place)
        for raw in self.raw.all():
            if not self.is_needed(raw, now):
                self.raw.give_back(raw)
        return ended

    def bill_of(self, location: Location) -> Bill:
        """Reckon what the leases of a table cost now, those that are over left out."""
        now = datetime.now(UTC)

        def standing(table_id: str) -> list[Standing]:
            return [
                one
                for one in self.store.of_table(table_id, location)
                if not one.is_ours or self.is_needed(one.lease, now)
            ]

        return make_bill(location, standing, self.is_held)

    def is_held(self, standing: Standing) -> bool:
        """Tell whether this project has a copy of what is leased, or another says that it has."""
        lease = standing.lease
        if lease.is_held and not standing.is_ours:
            return True
        return held_at(self.project.path, lease.table_id, [lease.version]) is not None


def delta_tables(
    catalog: "ProjectCatalog", names: tuple[str, ...]
) -> "Iterator[tuple[str, DeltaTable]]":
    """Yield the Delta tables that were named, or all that the catalog names and that are there.

    Of all, one that cannot be asked is passed over with a remark: it keeps nobody from the others.

    Raises:
        LakeproofError: If one that was named is no Delta table of the catalog.
    """
    from lakeproof.delta import DeltaTable
    from lakeproof.delta.log.opening import exists

    for name in names or catalog.table_names():
        table = catalog.table(name)
        if isinstance(table, DeltaTable):
            try:
                is_there = bool(names) or exists(table.location)
            except TableError as error:
                remark(f"{error.message} Table '{name}' was passed over.")
                continue
            if is_there:
                yield name, table
        elif names:
            raise CatalogError(
                f"Table '{name}' is a {type(table).__name__}: only Delta tables have leases. "
                "Nothing was changed."
            )
