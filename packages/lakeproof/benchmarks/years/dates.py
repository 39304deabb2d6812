"""Whether `kedro check` names the day on which somebody's maintenance first takes what a run needs.

What the day is, the maintenance itself is asked, without deleting: ours by its clock, delta-rs' by
the age that it is given.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import deltalake

from lakeproof.delta.log.opening import open_to_read
from lakeproof.errors import PinError
from lakeproof.leases.bill import Bill, make_bill
from lakeproof.leases.held import copy_of
from lakeproof.leases.needed_files import files_of, lying_files
from lakeproof.leases.store import LeaseStore, Standing
from lakeproof.leases.vacuum import vacuum
from lakeproof.versioned.location import Location
from years import clock
from years.ledger import Promise
from years.world import World

_MINUTE = 1 / (24 * 60)
_MIN_AGE = timedelta(days=7)
# What a table says, in hours: nothing, and what Lakeproof has new tables say.
_PROMISED = {"sensors": 7 * 24, "visits": 3650 * 24, "features": 3650 * 24}


@dataclass
class Dates:
    """How many dates were right.

    Args:
        asked: How many were looked at.
        optimistic: Later than the truth.
        near: Within a day of it.
        faults: What was wrong, in words.
    """

    asked: int = 0
    optimistic: int = 0
    near: int = 0
    faults: list[str] = field(default_factory=list)


def look(world: World, dies_at: dict[str, str], promises: Iterable[Promise], dates: Dates) -> None:
    """Hold dates against the maintenance of their day.

    Args:
        world: All of it.
        dies_at: What `kedro check` says, by run.
        promises: What each run needs.
        dates: Are counted on.
    """
    needs: dict[str, list[Promise]] = {}
    for one in promises:
        needs.setdefault(one.run_id, []).append(one)
    taking = _Taking(world)
    for run_id, at in dies_at.items():
        if run_id not in needs:
            continue
        days = (datetime.fromisoformat(at) - clock.now()) / timedelta(days=1)
        dates.asked += 1
        is_early = any(taking.takes(one, days - _MINUTE) for one in needs[run_id])
        is_near = any(taking.takes(one, days + 1) for one in needs[run_id])
        dates.optimistic += is_early
        dates.near += is_near and not is_early
        if is_early or not is_near:
            named = ", ".join(f"{one.table}@{one.version}" for one in needs[run_id])
            dates.faults.append(f"{run_id[:8]} in {days:.2f} days, {named}: early {is_early}")


class _Taking:
    """What maintenance would take on which day."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._gone: dict[tuple[str, float], set[str]] = {}
        self._files: dict[tuple[str, int], set[str]] = {}

    def takes(self, one: Promise, days: float) -> bool:
        """Tell whether a version is taken in so many days, or is gone already."""
        copy = copy_of(self._world.path / one.project, one.table_id, [one.version])
        if copy is not None and any(
            lease.is_held and lease.version == one.version and not self._is_over(lease.until, days)
            for lease in LeaseStore(self._world.path / one.project).of_run(one.run_id)
        ):
            return False
        needed = self._needed(one)
        # A version that the log has no more is taken on every day.
        return needed is None or not needed.isdisjoint(self._going(one.table, round(days, 3)))

    def _needed(self, one: Promise) -> set[str] | None:
        place = one.table, one.version
        if place not in self._files:
            try:
                opened = open_to_read(self._location(one.table), one.version)
            except PinError:
                return None
            self._files[place] = set(files_of(opened))
        return self._files[place]

    def _going(self, table: str, days: float) -> set[str]:
        if (table, days) not in self._gone:
            location = self._location(table)
            with clock.ahead(days):
                plan = vacuum(location, lambda: self._bill(location), (), _MIN_AGE, is_dry=True)
            hours = max(0, math.ceil(_PROMISED[table] - 24 * days))
            theirs = deltalake.DeltaTable(location.uri).vacuum(
                retention_hours=hours, dry_run=True, enforce_retention_duration=False
            )
            # What lies there no more is taken on every day.
            gone = set().union(*self._files.values()) - lying_files(location).keys()
            self._gone[table, days] = {*plan.going, *theirs, *gone}
        return self._gone[table, days]

    def _bill(self, location: Location) -> Bill:
        """Reckon as if each project had ended what is over: those of the other count, too."""
        now = clock.now()

        def standing(table_id: str) -> list[Standing]:
            return [
                one
                for project in self._world.projects
                for one in LeaseStore(project.path).of_table(table_id, location)
                if one.is_ours and not one.lease.is_over(now)
            ]

        def is_held(one: Standing) -> bool:
            places = (project.path for project in self._world.projects)
            wanted = one.lease.table_id, [one.lease.version]
            return any(copy_of(place, *wanted) is not None for place in places)

        return make_bill(location, standing, is_held)

    def _location(self, table: str) -> Location:
        return Location(table, str(self._world.tables[table]))

    @staticmethod
    def _is_over(until: str | None, days: float) -> bool:
        return until is not None and datetime.fromisoformat(until) < clock.now() + timedelta(days)
