"""Held copies that lie in stores, and what no look at a store tells, as an erasure sees them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.erasure.found import Found
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.output import remark
from lakeproof.delta import DeltaTable
from lakeproof.erasure.receipts import RewrittenFile
from lakeproof.leases.facts import Lease, held_together
from lakeproof.leases.held import copy_of, hold
from lakeproof.leases.stored_copies import StoredCopy, remove, stored_copies
from lakeproof.stores.addresses import bucket_of, is_remote
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject


def copies_in_stores(
    project: "RunProject", table_id: str | None = None
) -> Iterator[tuple[str, Location, set[int]]]:
    """Yield table id, place and versions of each copy that is whole."""
    for one in stored_copies(project.path, table_id):
        if one.is_whole:
            yield one.table_id, one.location(project.options_of(one.uri)), set(one.versions)


def remove_half_made(project: "RunProject") -> None:
    """Remove what is half made: it is no table in which rows could be looked for.

    Raises:
        LakeproofError: If its store cannot be asked.
    """
    for one in list(stored_copies(project.path)):
        if not one.is_whole:
            remove(project.path, one, project.options_of(one.uri))


def remove_with_rows(leased: LeasedProject, found: Found) -> None:
    """Remove the copies that hold rows: what is left of them is held on this machine by now.

    So is what such a copy has of other versions, which a run has been promised.

    Raises:
        LakeproofError: If their store cannot be asked.
    """
    path, places = leased.project.path, {one.uri for one in found.copies if one.found.has_rows}
    for one in list(stored_copies(path)):
        if one.uri not in places:
            continue
        options = leased.project.options_of(one.uri)
        lacking = (lease for lease in leased.store.own() if _is_there_alone(lease, one, path))
        for versions in held_together(lacking).get(one.table_id, ()):
            table = DeltaTable(filepath=one.uri, credentials=dict(options or {}))
            hold(path, one.table_id, versions, table, remark)
        remove(path, one, options)


def _is_there_alone(lease: Lease, copy: StoredCopy, project_path: Path) -> bool:
    """Tell a version that this copy has, and none on this machine."""
    is_of_it = lease.table_id == copy.table_id and lease.version in copy.versions
    return is_of_it and copy_of(project_path, lease.table_id, [lease.version]) is None


def of_old_objects(found: Found, files: tuple[RewrittenFile, ...]) -> Iterator[str]:
    """Say of each bucket in which something was deleted or replaced what cannot be seen there."""
    addresses = [one.uri for one in found.places if one.found.has_rows]
    contents = {one.sha256_before for one in files}
    addresses += [one.path for one in found.deliveries if one.sha256 in contents]
    for bucket in sorted({bucket_of(one) for one in addresses if is_remote(one)}):
        yield (
            f"{bucket}: where this bucket keeps old states of objects (versioning, soft delete), "
            "those of what was deleted and replaced have the rows, and are not seen from here; "
            "delete them there"
        )
