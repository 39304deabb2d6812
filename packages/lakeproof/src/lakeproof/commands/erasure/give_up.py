"""Leases on versions with the rows that were not written anew end, and their copies go.

A copy may hold other versions, too, which somebody has been promised: these are taken out of it
before, into a copy of their own. Nothing ends before that is done and what goes can be moved away.
"""

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from lakeproof.commands.erasure.found import Found
from lakeproof.commands.erasure.rewrite import RewrittenLeases
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.output import remark
from lakeproof.delta import DeltaTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import compute_digest
from lakeproof.erasure.key_rows import ErasureError
from lakeproof.errors import LakeproofError
from lakeproof.leases import held
from lakeproof.leases.copy_proof import why_not_whole
from lakeproof.leases.facts import Lease, held_together
from lakeproof.stores.addresses import is_remote
from lakeproof.versioned.location import Location


def give_up(leased: LeasedProject, found: Found, became: RewrittenLeases) -> None:
    """End the leases on versions with the rows that were not written anew; their copies go.

    Raises:
        ErasureError: If a copy holds another leased version, too, that cannot be kept without it,
            or cannot be moved away: it and all leases are as they were.
    """
    path, having = leased.project.path, found.held
    ending, staying = list[Lease](), list[Lease]()
    for lease in leased.store.own():
        is_kept = (lease.table_id, lease.version, lease.run_id) in became.kept
        has_rows = (lease.table_id, lease.version) in having
        (ending if has_rows and not is_kept else staying).append(lease)
    going = {
        path / copy.uri: copy.table_id
        for copy in found.copies
        if copy.found.has_rows and not is_remote(copy.uri) and path / copy.uri not in became.copies
    }
    for folder, table_id in list(going.items()):
        for versions in _promised(leased, folder, table_id, staying, going.keys()):
            _keep_apart(path, folder, table_id, versions)
            if held.folder_of(path, table_id, versions) == folder:
                del going[folder]  # another one has taken its place
    moved = [_moved_away(folder) for folder in going]
    for lease in ending:
        place = leased.location_of(lease.table_id, lease.table, lease.env)
        leased.store.give_back(lease, place)
    for one in moved:
        shutil.rmtree(one)


def _promised(
    leased: LeasedProject,
    folder: Path,
    table_id: str,
    staying: Collection[Lease],
    going: Collection[Path],
) -> Iterator[frozenset[int]]:
    """Yield what each run needs of a copy that goes, and that no other copy has."""
    copies = [one for one in held.every_copy(leased.project.path) if one[0] == table_id]
    has = next((versions for _, place, versions in copies if place == folder), None) or set()
    elsewhere = {
        version
        for _, place, versions in copies
        if place not in going and why_not_whole(place, table_id, versions or ()) is None
        for version in versions or ()
    }
    alone = has - elsewhere
    yield from held_together(one for one in staying if one.version in alone).get(table_id, ())


def _keep_apart(project_path: Path, folder: Path, table_id: str, versions: Collection[int]) -> None:
    room = held.room_for(project_path, table_id)
    try:
        held.build(room, versions, DeltaTable(filepath=str(folder)), remark)
        there = Location(folder.name, str(room))
        digests = {one: compute_digest(open_table(there, one)) for one in versions}
        held.put_in_place(project_path, table_id, digests, room)
    except Exception as error:  # of a file that is damaged Polars and PyArrow say it in many ways
        why = error.message if isinstance(error, LakeproofError) else str(error)
        raise ErasureError(
            f"The copy {folder} holds rows that go, and version(s) "
            f"{', '.join(map(str, sorted(versions)))}, which runs have leased and which cannot be "
            f"kept without them: {why} No lease has ended, and the erasure has not. End those "
            "leases (kedro release RUN), then give the same command again."
        ) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _moved_away(folder: Path) -> Path:
    """Move a copy to where a sweep removes it: whole, or not at all."""
    away = held.away_from(folder)
    try:
        os.replace(folder, away)
    except OSError as error:
        raise ErasureError(
            f"The copy {folder} holds rows that go, and cannot be moved away: {error.strerror}. No "
            "lease has ended, and the erasure has not. Let it be written to, then give the same "
            "command again."
        ) from error
    return away
