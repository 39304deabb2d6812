"""What is known of one version of a table: who wrote it, when, and the digest of its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lakeproof.delta.entries import LogEntry, entries, iso_time
from lakeproof.delta.location import Location
from lakeproof.delta.log import OpenedTable, open_table
from lakeproof.delta.row_counts import count_rows


@dataclass(frozen=True)
class VersionFacts:
    """One line of a table's history.

    Args:
        version: The Delta version.
        timestamp: When it was committed, ISO 8601 in UTC.
        operation: Delta's name of the operation.
        rows: Rows in the table at that version; `None` where its files' statistics do not say.
        run_id: The MLflow run that wrote it, if one did.
        git_commit: The commit of the code that wrote it.
        node: The Kedro node that wrote it.
        delivery: The delivery whose rows it brought.
        digest: The content digest its writer stored with it.
    """

    version: int
    timestamp: str
    operation: str | None
    rows: int | None
    run_id: str | None
    git_commit: str | None
    node: str | None
    delivery: str | None
    digest: str | None


def history(location: Location, limit: int | None = None) -> Iterator[VersionFacts]:
    """Yield what each commit says of itself, newest first."""
    newest = open_table(location).version
    oldest = 0 if limit is None else max(newest - limit + 1, 0)
    counts: dict[int, int | None] | None = None
    for entry in entries(location, newest, oldest):
        if entry.note is None and counts is None:
            counts = count_rows(location, oldest)
        yield _facts(entry, counts or {})


def digest_of(opened: OpenedTable) -> str:
    """Give the content digest of a version: from its commit, else by reading its rows.

    A commit that changes no row (a property, a compaction) carries no digest of ours; its version
    is read.
    """
    for entry in entries(opened.location, opened.version, opened.version):
        if entry.note is not None and entry.note.digest is not None:
            return entry.note.digest
    return compute_digest(opened)


def compute_digest(opened: OpenedTable) -> str:
    """Read every row of a version and digest them, whoever wrote it."""
    import polars as pl

    from lakeproof.digest import digest_table

    return digest_table(pl.scan_delta(opened.table)).digest


def _facts(entry: LogEntry, counts: Mapping[int, int | None]) -> VersionFacts:
    note = entry.note
    return VersionFacts(
        version=entry.version,
        timestamp=iso_time(entry.timestamp),
        operation=entry.operation,
        rows=note.rows if note is not None else counts.get(entry.version),
        run_id=note.run_id if note else None,
        git_commit=note.git_commit if note else None,
        node=note.node if note else None,
        delivery=note.delivery.name if note and note.delivery else None,
        digest=note.digest if note else None,
    )
