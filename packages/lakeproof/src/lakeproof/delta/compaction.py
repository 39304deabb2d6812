"""Write the small files of a table together into larger ones; no row changes, and that is proven.

The files of before stay for as long as a version that somebody needs is made of them: a compaction
costs bytes before it saves any. Not for deleting them: that is the vacuum's.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.data_files import data_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import find_commit, latest_after_commit, open_table
from lakeproof.delta.log.protocol_support import require_writable
from lakeproof.delta.read.partition_values import PATH, partition_values
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.delta.write.engine import Engine, SaveArgs, Write
from lakeproof.delta.write.lock import write_lock
from lakeproof.errors import TableError
from lakeproof.spelling import typed
from lakeproof.versioned.location import Location

_TARGET = "delta.targetFileSize"
_TARGET_BYTES = 100 * 2**20


@dataclass(frozen=True)
class CompactionPlan:
    """What would be written together.

    Args:
        opened: The newest version.
        small: The files that are smaller than they need be and have company, with their sizes, by
            path below the table's folder.
        files: How many files the table has.
        target: How large a file becomes, in bytes.
    """

    opened: OpenedTable
    small: Mapping[str, int]
    files: int
    target: int

    @property
    def size(self) -> int:
        """How many bytes are written anew, about."""
        return sum(self.small.values())


@dataclass(frozen=True)
class Compacted:
    """What became of it.

    Args:
        plan: What was to be done.
        opened: The version that holds the rows now: the one before where nothing was to be done.
        files: How many files that has.
        digest: Of its rows, before and, read again, after; `None` where nothing was done.
    """

    plan: CompactionPlan
    opened: OpenedTable
    files: int
    digest: str | None


def plan_compaction(opened: OpenedTable) -> CompactionPlan:
    """Choose the files that are smaller than the target, where a folder has several."""
    configured = opened.table.metadata().configuration.get(_TARGET, "")
    target = int(configured) if configured.isdigit() and int(configured) else _TARGET_BYTES
    sizes = {file.path: file.size for file in data_files(opened)}
    values = partition_values(opened)
    columns = [name for name in values.columns if name != PATH]
    places = dict(zip(values[PATH], values.select(columns).rows(), strict=True)) if columns else {}
    groups: dict[object, list[str]] = defaultdict(list)
    for path, size in sizes.items():
        if size < target:
            groups[places.get(path)].append(path)
    small = {path: sizes[path] for paths in groups.values() if len(paths) > 1 for path in paths}
    return CompactionPlan(opened, small, len(sizes), target)


def compact(
    location: Location,
    engine: Engine,
    git_commit: str | None = None,
    personal: frozenset[str] = frozenset(),
) -> Compacted:
    """Write small files together in one commit, or in none where there are none.

    Args:
        location: The table.
        engine: What writes.
        git_commit: The commit that is checked out, for the note.
        personal: The columns of which the log is told no value.

    Raises:
        TableError: If the table cannot be written, does not hold what its commit says, or does not
            hold afterwards what it held.
    """
    with write_lock(location.name, location.uri):
        current = open_table(location)
        require_writable(current, "spark" if engine.name == "spark" else "embedded", "merge")
        plan = plan_compaction(current)
        if not plan.small:
            return Compacted(plan, current, plan.files, None)
        # Read, not believed: the new commit says it before anybody has read what it wrote.
        digest, said = compute_digest(current), stored_digest(current)
        if said not in (None, digest):
            raise TableError(
                f"Table '{location.name}' version {current.version} holds other rows than its "
                f"commit says: {digest}, and it says {said}. Nothing was written. Restore its "
                "files from a backup."
            )
        note = CommitNote(
            git_commit=git_commit,
            rows=current.rows(),
            digest=digest,
            follows=current.version,
        )
        # delta-rs moves the handle that it writes through.
        write = Write(location, current, SaveArgs(), (), note, personal=personal)
        engine.compact(write, open_table(location), plan.target)
        newest = latest_after_commit(location)
        if newest is not None and newest.version == current.version:
            # No two of them make a larger one within the target, and the engine has left them.
            return Compacted(replace(plan, opened=current, small={}), current, plan.files, None)
        opened = find_commit(location, current.version, note.commit_id)
        found = compute_digest(opened)
    plan = replace(plan, opened=current)
    if opened.version == current.version + 1 and found != digest:
        raise TableError(
            f"Table '{location.name}' holds other rows at version {opened.version} than before it "
            f"was compacted: {found}, and it was {digest}. Its files of before are there. Pin the "
            f"version before it and report this: {typed('kedro pin', location.name)}="
            f"{current.version}"
        )
    return Compacted(plan, opened, len(list(data_files(opened))), digest)
