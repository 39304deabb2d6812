"""Delete from a table what no lease, no pin and no live version needs, and what is not young.

Not by delta-rs: its `vacuum` knows tombstones alone, so that a file which a lease has kept beyond
the life of its tombstone would stay for ever, deletes live deletion vectors where it looks at
files, and adds two versions. No commit is made here, and no file of the log is touched: every
version can be opened as before, and those that nobody leases have lost files.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import forget_facts_of_others
from lakeproof.delta.write.lock import write_lock
from lakeproof.inside import is_inside
from lakeproof.leases.bill import Bill
from lakeproof.leases.facts import LeaseError
from lakeproof.leases.needed_files import files_of, left_since, lying_files
from lakeproof.spelling import typed
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location
from lakeproof.versioned.store_errors import explained_store

_MOST_ROUNDS = 5
_LEAST_IN_STORES = timedelta(days=1)
_MOST_NAMED = 5


@dataclass(frozen=True)
class VacuumPlan:
    """What goes from a table, and what stays.

    Args:
        bill: The leases, and what each costs.
        going: The files that go, by path below the table's folder, with their sizes.
    """

    bill: Bill
    going: Mapping[str, int]

    @property
    def bytes_going(self) -> int:
        """Add up what goes."""
        return sum(self.going.values())


def vacuum(
    location: Location,
    reckon: Callable[[], Bill],
    pins: Collection[int],
    min_age: timedelta,
    is_dry: bool,
) -> VacuumPlan:
    """Delete what nobody needs.

    Leases are read under the table's write lock, and again before anything is deleted: one that
    was taken meanwhile is honoured. In a store there is no lock, and a file's age stands in for it.

    Args:
        location: The table.
        reckon: Reads the leases of the table as they are now.
        pins: Versions that are needed without a lease.
        min_age: How long a file stays after the last version that needed it.
        is_dry: Whether nothing is deleted.

    Returns:
        What went, or would.

    Raises:
        LakeproofError: If what is needed is not known; nothing was deleted.
    """
    if not location.is_local and min_age < _LEAST_IN_STORES:
        raise LeaseError(
            f"Table '{location.name}' is in an object store, where no lock keeps a writer from "
            "naming a young file in a commit: what is younger than a day stays. Nothing was "
            "deleted. Give a --min-age of 1 or more."
        )
    with write_lock(location.name, location.uri):
        plan = _plan(location, reckon(), pins, min_age)
        if is_dry:
            return plan
        for _ in range(_MOST_ROUNDS):
            now = reckon()
            if now.needed == plan.bill.needed:
                _delete(location, plan.going)
                forget_facts_of_others(open_table(location))
                return plan
            plan = _plan(location, now, pins, min_age)
    raise LeaseError(
        f"The leases on table '{location.name}' change while they are read. Nothing was deleted. "
        "Try again when no run ends."
    )


def _plan(location: Location, bill: Bill, pins: Collection[int], min_age: timedelta) -> VacuumPlan:
    if bill.troubled:
        raise LeaseError(words_of_trouble(bill, "was not vacuumed"))
    lying = lying_files(location)
    lost = sorted(bill.live.keys() - lying.keys())
    if lost:
        raise LeaseError(
            f"Table '{location.name}' is damaged: its newest version needs {lost[0]}, which is not "
            "there. Nothing was deleted. Restore it from a backup."
        )
    cutoff = datetime.now(UTC) - min_age
    needed = bill.needed | left_since(location, bill.newest, cutoff)
    for version in pins:
        needed |= files_of(open_table(location, version)).keys()
    return VacuumPlan(
        bill,
        {
            path: file.size
            for path, file in sorted(lying.items())
            if path not in needed and not file.is_anothers and file.modified < cutoff.timestamp()
        },
    )


def _delete(location: Location, going: Collection[str]) -> None:
    if not location.is_local:
        with explained_store(location):
            stores.delete(location.uri, location.storage_options, going)
        return
    root = Path(os.path.realpath(location.uri))
    for path in going:
        # A link on the way may lead anywhere.
        if is_inside(root, path):
            with suppress(FileNotFoundError):
                os.unlink(root / path)


def words_of_trouble(bill: Bill, what: str) -> str:
    """Say why nothing can be deleted of a table of which a leased version cannot be read.

    Args:
        bill: Its leases.
        what: Of the table, which that has stopped.
    """
    runs = list(dict.fromkeys(_runs_of(bill)))
    first = bill.troubled[0]
    more = f" and {len(runs) - _MOST_NAMED} more" if len(runs) > _MOST_NAMED else ""
    foreign = any(not one.is_ours for version in bill.troubled for one in version.holders)
    where = " (those of another project there)" if foreign else ""
    return (
        f"Table '{bill.location.name}' {what}: version {first.version} is leased and cannot be "
        f"read. {first.trouble} No file was deleted. A lease stands until it is given "
        f"back; of versions that are lost{where}: "
        f"{typed('kedro release', *runs[:_MOST_NAMED])}{more}"
    )


def _runs_of(bill: Bill) -> Iterator[str]:
    for one in bill.troubled:
        for standing in one.holders:
            yield standing.lease.run_id[:8]
