"""What is known of one version of a table: who wrote it, when, and the digest of its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakeproof.delta.commit import CommitNote
from lakeproof.delta.log import Location, OpenedTable, iso_time, open_table


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
    operation: str
    rows: int | None
    run_id: str | None
    git_commit: str | None
    node: str | None
    delivery: str | None
    digest: str | None


def history(location: Location, limit: int | None = None) -> Iterator[VersionFacts]:
    """Yield what each commit says of itself, newest first."""
    for entry in open_table(location).table.history(limit):
        yield _facts(location, entry)


def digest_of(opened: OpenedTable) -> str:
    """Give the content digest of a version: from its commit, else by reading its rows.

    A commit that changes no row (a property, a compaction) carries no digest of ours; its version
    is read.
    """
    entry = next(iter(opened.table.history(1)), {})
    note = CommitNote.from_json(entry.get("userMetadata"))
    if note is not None and note.digest is not None:
        return note.digest
    return compute_digest(opened)


def compute_digest(opened: OpenedTable) -> str:
    """Read every row of a version and digest them, whoever wrote it."""
    import polars as pl

    from lakeproof.digest import digest_table

    return digest_table(pl.scan_delta(opened.table)).digest


def _facts(location: Location, entry: dict[str, Any]) -> VersionFacts:
    note = CommitNote.from_json(entry.get("userMetadata"))
    version = int(entry["version"])
    rows = note.rows if note is not None else _count_rows(location, version)
    return VersionFacts(
        version=version,
        timestamp=iso_time(entry["timestamp"]),
        operation=str(entry["operation"]),
        rows=rows,
        run_id=note.run_id if note else None,
        git_commit=note.git_commit if note else None,
        node=note.node if note else None,
        delivery=note.delivery.name if note and note.delivery else None,
        digest=note.digest if note else None,
    )


def _count_rows(location: Location, version: int) -> int | None:
    """Count the rows of a version that somebody else wrote; `None` where its log is gone."""
    from lakeproof.errors import LakeproofError

    try:
        return open_table(location, version).rows()
    except LakeproofError:
        return None
