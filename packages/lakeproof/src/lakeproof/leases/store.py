"""The leases of a project: taken, found and given back.

A project's own leases stand in it. On a table outside of its folder a copy of each stands beside
the table, where other projects see it: theirs are honoured, and never ended here, for only they
know whether a model of theirs is in service.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lakeproof.leases.facts import Lease, LeaseError, is_lease_file, require_ids, require_run_id
from lakeproof.leases.folders import (
    LeaseFolder,
    LocalFolder,
    beside,
    hide_from_git,
    in_project,
    is_shared,
    of_projects_around,
)
from lakeproof.leases.raw import FOLDER as RAW
from lakeproof.versioned.location import Location

logger = logging.getLogger(__name__)

_DECIDED = "runs"
# Folders of which the one has no lease, and the other those on raw files.
_OTHERS = (_DECIDED, RAW)


@dataclass(frozen=True)
class Standing:
    """A lease that stands somewhere.

    Args:
        lease: The lease.
        is_ours: Whether this project took it.
    """

    lease: Lease
    is_ours: bool


class LeaseStore:
    """The leases that a project sees.

    Args:
        project_path: The project.
    """

    def __init__(self, project_path: Path) -> None:
        self._project_path = project_path
        self._own = in_project(project_path)

    def take(self, lease: Lease, location: Location | None) -> None:
        """Write a lease down, in place of the one that the run has on this version.

        Args:
            lease: The lease.
            location: The table; `None` where the catalog names it no more. Then nothing is written
                beside it: where a table was is what a record says, and that chooses no path.

        Raises:
            LeaseError: If it cannot be written here.
        """
        require_ids(lease.table_id, lease.run_id)
        hide_from_git(self._project_path)
        try:
            self._own.put(lease.table_id, lease.file, lease.to_json())
        except OSError as error:
            raise LeaseError(
                f"The lease on table '{lease.table}' cannot be written to {self._own.name}: "
                f"{error.strerror or error}. It was not taken."
            ) from error
        if location is not None and is_shared(location, self._project_path):
            try:
                beside(location).put(lease.table_id, lease.file, lease.to_json())
            except OSError as error:
                logger.warning(
                    "The lease on table '%s' version %d stands in this project only: nothing can "
                    "be written beside the table (%s). Another project's vacuum does not see it.",
                    lease.table,
                    lease.version,
                    location.without_secrets(str(error))[:200],
                )

    def keep_here(self, lease: Lease, location: Location | None) -> None:
        """Write a lease down whose copy in this project is all that it needs: not beside the table.

        Args:
            lease: A lease that is held.
            location: The table, where the catalog names it.

        Raises:
            LeaseError: If it cannot be written.
        """
        self.take(lease, None)
        if location is not None and is_shared(location, self._project_path):
            beside(location).remove(lease.table_id, lease.file)

    def of_table(self, table_id: str, location: Location) -> list[Standing]:
        """List the leases on a table, of whatever project, by version and run.

        Raises:
            LeaseError: If one cannot be read.
        """
        own = self._in(self._own, table_id)
        folders = [beside(location), *of_projects_around(location)]
        others: dict[str, Lease] = {}
        for folder in folders:
            if folder != self._own:
                others |= self._in(folder, table_id)
        found = [Standing(lease, is_ours=True) for lease in own.values()]
        found += [Standing(one, is_ours=False) for name, one in others.items() if name not in own]
        return sorted(found, key=lambda one: (one.lease.version, one.lease.run_id))

    def of_run(self, run_id: str) -> list[Lease]:
        """List what this project has leased for a run."""
        return [lease for lease in self.own() if lease.run_id == run_id]

    def own(self) -> Iterator[Lease]:
        """Yield all leases of this project, by table.

        Raises:
            LeaseError: If one cannot be read.
        """
        folder = self._own.path
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            if place.is_dir() and place.name not in _OTHERS:
                yield from self._in(self._own, place.name).values()

    def give_back(self, lease: Lease, location: Location | None) -> None:
        """Remove a lease of this project, and its copy beside the table first.

        Args:
            lease: The lease.
            location: The table, where the catalog names it.

        Raises:
            LeaseError: If it cannot be removed; it stands then.
        """
        require_ids(lease.table_id, lease.run_id)
        try:
            if location is not None and is_shared(location, self._project_path):
                beside(location).remove(lease.table_id, lease.file)
            self._own.remove(lease.table_id, lease.file)
        except OSError as error:
            told = str(error) if location is None else location.without_secrets(str(error))
            raise LeaseError(
                f"The lease of run {lease.run_id[:8]} on table '{lease.table}' version "
                f"{lease.version} cannot be given back: {told[:200]}. It stands."
            ) from error

    def sweep(self, locations: Iterable[Location], before: datetime) -> None:
        """Remove what commands that were killed have left on its way, here and beside tables.

        Args:
            locations: The tables.
            before: Only what was written before that: another command may be at it.
        """
        folders = (beside(location) for location in locations if location.is_local)
        for folder in (self._own, *folders):
            if isinstance(folder, LocalFolder):
                folder.sweep(before.timestamp())

    def decide(self, run_id: str) -> None:
        """Note that it was decided what a run leases, so that nobody takes it for an older one."""
        require_run_id(run_id)
        hide_from_git(self._project_path)
        self._own.put(_DECIDED, run_id, "")

    def undecided(self, run_ids: Iterable[str]) -> list[str]:
        """List the runs of which nobody has decided what they lease: those from before leases."""
        known = {name for name, _ in self._own.read(_DECIDED)}
        return [run_id for run_id in run_ids if run_id not in known]

    @staticmethod
    def _in(folder: LeaseFolder, table_id: str) -> dict[str, Lease]:
        found = {}
        for file, content in folder.read(table_id):
            if not is_lease_file(file):
                raise LeaseError(
                    f"'{file[:100]}' in {folder.name}/{table_id} is no lease, so what it keeps is "
                    "not known. Nothing was deleted. If no run needs it, remove that file."
                )
            found[file] = Lease.from_json(content, table_id, file, f"{folder.name}/{table_id}")
        return found
