"""A table that took a delivery takes it as taken without the rows, too.

Else the file that was written anew would be a correction of the one that the table has: its rows
would be taken once more, over what later deliveries have corrected since.
"""

from collections.abc import Sequence
from typing import Any

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.transactions import delivery_transaction, taken_deliveries
from lakeproof.delta.write.engine import Engine, SaveArgs, Write
from lakeproof.delta.write.lock import write_lock
from lakeproof.erasure.receipts import RewrittenFile
from lakeproof.versioned.location import Location

_NODE = "kedro erase"


def mark_taken(
    current: OpenedTable,
    files: Sequence[RewrittenFile],
    gone: Any,
    engine: Engine,
    personal: frozenset[str],
) -> OpenedTable:
    """Note in a table that it has taken what files are without the rows; a commit for each.

    Args:
        current: The newest version, of which nobody else writes the next one.
        files: Those that were written anew.
        gone: The keys, of which the table has no row any more.
        engine: What writes.
        personal: The columns of which the log is told no value.

    Returns:
        The version that knows it; the same where it took none of the files, or knows it already.

    Raises:
        LakeproofError: If it cannot be written.
    """
    for file in files:
        taken = taken_deliveries(current)
        for name, (sha256, count) in sorted(taken.latest.items()):
            if sha256 != file.sha256_before:
                continue
            write = Write(
                *(current.location, current, SaveArgs(mode="delete"), tuple(gone.columns)),
                CommitNote(node=_NODE),
                delivery_transaction(name, file.sha256_after, count + 1, taken.beginning),
                personal=personal,
            )
            current = engine.write(gone, write).opened
    return current


def mark_table(
    location: Location,
    files: Sequence[RewrittenFile],
    gone: Any,
    engine: Engine,
    personal: frozenset[str],
) -> None:
    """Note it in the newest version of a table, under its lock."""
    with write_lock(location.name, location.uri):
        mark_taken(open_table(location), files, gone, engine, personal)
