"""What a commit of ours says of itself, how delta-rs is told, and whether the commit did it."""

from dataclasses import replace

import deltalake
import polars as pl

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import find_commit
from lakeproof.delta.log.protocol_support import require_writable
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import remember
from lakeproof.delta.write.engine import Write, Written
from lakeproof.delta.write.prepared_commit import prepared
from lakeproof.digest import TableFacts
from lakeproof.errors import TableError
from lakeproof.versioned.location import Location


def commit_properties(
    note: CommitNote, transaction: tuple[str, int] | None = None
) -> deltalake.CommitProperties:
    """Say in a commit of delta-rs who made it, and whose transaction it is."""
    taken = None if transaction is None else [deltalake.Transaction(*transaction)]
    return deltalake.CommitProperties(
        custom_metadata={"userMetadata": note.to_json()},
        app_transactions=taken,
        # delta-rs would put what was decided on one version upon another.
        max_commit_retries=0,
    )


def after_commit(location: Location) -> deltalake.PostCommitHookProperties:
    """Have checkpoints made where they are due, and no version removed.

    Of a commit that is prepared on this machine the checkpoint is made once it counts.

    A table that was made elsewhere may let delta-rs clean up its log after each commit; a run is
    not what takes away the versions of other runs.
    """
    return deltalake.PostCommitHookProperties(
        create_checkpoint=not location.is_local, cleanup_expired_logs=False
    )


def storage_options(write: Write) -> dict[str, str] | None:
    """Give the settings of the store as delta-rs takes them."""
    return write.location.delta_options


def noted(write: Write, rows: int, facts: TableFacts | None) -> CommitNote:
    """Complete the note of a commit with what the table holds after it."""
    return replace(
        write.note,
        rows=rows,
        digest=facts.digest if facts is not None else None,
        follows=-1 if write.current is None else write.current.version,
    )


def outcome_of(
    write: Write, note: CommitNote, rows: int, facts: TableFacts | None = None
) -> Written:
    """Find the version that a commit became, and hold what it claims against it.

    Args:
        write: What was to be written.
        note: What the commit says of itself.
        rows: Rows handed over.
        facts: What the table holds after it, where that is known; kept for the next write.

    Raises:
        TableError: If the table has other rows than the commit says.
    """
    after = -1 if write.current is None else write.current.version
    opened = find_commit(write.location, after, note.commit_id)
    # Where nothing locks, somebody's commit may have come between what was read and ours.
    is_next = opened.version == after + 1
    if is_next and note.rows is not None:
        _require_rows(opened, note.rows)
    if is_next:
        remember(opened, facts)
    digest = note.digest if is_next else None
    return Written(opened, is_committed=True, rows=rows, digest=digest)


def mark(
    write: Write, note: CommitNote, current: OpenedTable, rows: int, facts: TableFacts | None
) -> Written:
    """Commit the transaction identifier alone, where there is one."""
    if write.transaction is None:
        return Written(current, is_committed=False, rows=rows)
    require_writable(current, "embedded", "append")
    with prepared(current, note.rows, "adds", write.personal) as table:
        deltalake.write_deltalake(
            table,
            pl.DataFrame(schema=scan(current).collect_schema()).to_arrow(),
            mode="append",
            storage_options=storage_options(write),
            commit_properties=commit_properties(note, write.transaction),
            post_commithook_properties=after_commit(write.location),
        )
    return outcome_of(write, note, rows, facts)


def _require_rows(opened: OpenedTable, expected: int) -> None:
    """Hold what a commit claims against the files that the table has after it.

    Raises:
        TableError: If it has other rows: an engine kept what it meant to remove, or lost some.
    """
    found = opened.rows()
    if found != expected:
        raise TableError(
            f"Table '{opened.location.name}' has {found} rows at version {opened.version}, where "
            f"{expected} should be: the commit did not do what it says. Put the version before it "
            f"back (load_args: {{version: {opened.version - 1}}}), and report this."
        )
