"""Whether what a lease is on is still there: a lease whose files are gone is never passed over."""

import shlex
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Protocol

from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Lease, in_words
from lakeproof.leases.held import copy_of
from lakeproof.leases.stored_copies import is_whole, stored_copy_of
from lakeproof.spelling import typed
from lakeproof.versioned.contract import VersionedDataset
from lakeproof.versioned.table_version import TableVersion


class _Looks(Protocol):
    def once(self, question: Hashable, ask: Callable[[], Any]) -> Any: ...

    def at(self, table: VersionedDataset, version: int, *, is_whole: bool) -> TableVersion: ...


def broken_lease(
    lease: Lease, table: VersionedDataset | None, project_path: Path, looks: _Looks
) -> str | None:
    """Say of a lease that what it is on is gone; `None` where it is there, or a copy of it.

    Args:
        lease: The lease.
        table: What today's catalog calls by that name, if it does.
        project_path: The project, which may hold a copy.
        looks: What was seen of tables already.
    """
    # Many runs may have leased one version, and a copy is opened to see that it is whole.
    place = lease.table_id, lease.version
    if looks.once(("held here", *place), lambda: copy_of(project_path, place[0], place[1:])):
        return None
    stored = stored_copy_of(project_path, lease.table_id, [lease.version])
    if stored is not None:
        options = table.location.storage_options if table is not None else None
        if looks.once((stored.uri, "is whole"), lambda: is_whole(stored, options)):
            return None
        return (
            f"Table '{lease.table}' version {lease.version} is held for this run at {stored.uri}, "
            "and that copy is not whole, or cannot be reached. Make it again: "
            f"{typed('kedro keep', lease.run_id[:8])} --held --why {shlex.quote(lease.why)}"
        )
    if table is not None and _is_whole(lease, table, looks):
        return None
    return (
        f"Table '{lease.table}' version {lease.version} is leased to this run "
        f"{in_words(lease.until)} ({lease.why}) and is not whole where the catalog has it: who "
        "deleted it did not ask kedro vacuum. Restore it from a backup. The lease stands; to end "
        f"it: {typed('kedro release', lease.run_id[:8])}"
    )


def _is_whole(lease: Lease, table: VersionedDataset, looks: _Looks) -> bool:
    try:
        opened = looks.at(table, lease.version, is_whole=True)
    except LakeproofError:
        return False
    return opened.table_id == lease.table_id
