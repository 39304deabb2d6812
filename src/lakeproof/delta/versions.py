"""What is known of one version of a table: who wrote it, when, and the digest of its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeproof.delta.entries import LogEntry, entries, iso_time
from lakeproof.delta.location import Location
from lakeproof.delta.log import OpenedTable, open_table
from lakeproof.delta.row_counts import count_rows

if TYPE_CHECKING:
    from lakeproof.digest import TableFacts


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
        if not _is_next(entry) and counts is None:
            counts = count_rows(location, oldest)
        yield _facts(entry, counts or {})


def digest_of(opened: OpenedTable) -> str:
    """Give the content digest of a version: from its commit, else by reading its rows.

    A commit that changes no row (a property, a compaction) carries no digest of ours; its version
    is read.
    """
    return stored_digest(opened) or compute_digest(opened)


def stored_digest(opened: OpenedTable) -> str | None:
    """Give the content digest that a version's writer stored with it."""
    facts = stored_facts(opened)
    return facts.digest if facts is not None else None


def stored_facts(opened: OpenedTable) -> "TableFacts | None":
    """Give the content that a version's writer stored with it, where it can be believed.

    What a writer knew of the content holds if its commit follows the version that it had read: in
    an object store, where nothing locks, somebody else's commit may have come between.
    """
    from lakeproof.digest import FactsMismatchError, TableFacts

    for entry in entries(opened.location, opened.version, opened.version):
        note = entry.note
        if note is None or note.content is None or note.follows != opened.version - 1:
            return None
        try:
            return TableFacts.from_json(note.content)
        except FactsMismatchError:
            return None
    return None


def compute_digest(opened: OpenedTable) -> str:
    """Read every row of a version and digest them, whoever wrote it."""
    import polars as pl

    from lakeproof.digest import digest_table

    return digest_table(pl.scan_delta(opened.table)).digest


def _is_next(entry: LogEntry) -> bool:
    """Tell whether what a note says of the whole table holds: nothing came before its commit."""
    return entry.note is not None and entry.note.follows == entry.version - 1


def _facts(entry: LogEntry, counts: Mapping[int, int | None]) -> VersionFacts:
    note = entry.note
    return VersionFacts(
        version=entry.version,
        timestamp=iso_time(entry.timestamp),
        operation=entry.operation,
        rows=note.rows if note is not None and _is_next(entry) else counts.get(entry.version),
        run_id=note.run_id if note else None,
        git_commit=note.git_commit if note else None,
        node=note.node if note else None,
        delivery=note.delivery.name if note and note.delivery else None,
        digest=note.digest if note and _is_next(entry) else None,
    )
