"""What is known of one version of a table: who wrote it, when, and the digest of its rows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakeproof.delta.commit import CommitNote
from lakeproof.delta.log import (
    Location,
    OpenedTable,
    available_versions,
    iso_time,
    log_files,
    open_table,
)


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
    entries = open_table(location).table.history(limit)
    counts: dict[int, int | None] | None = None
    for entry in entries:
        note = CommitNote.from_json(entry.get("userMetadata"))
        if note is None and counts is None:
            counts = count_rows(location, int(entries[-1]["version"]))
        yield _facts(entry, note, counts or {})


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


def count_rows(location: Location, first: int) -> dict[int, int | None]:
    """Count the rows of each version from `first` on, going through the log once.

    For versions that somebody else wrote. To open each of them would read a long log again and
    again: half an hour for 10,000 commits.

    Returns:
        The rows by version; `None` where the statistics of a file do not say. A version that the
        log cannot rebuild is left out.
    """
    versions = available_versions(location)
    start = len(versions) - 1
    while start > 0 and versions[start] > first and versions[start - 1] == versions[start] - 1:
        start -= 1
    files = _LiveFiles()
    counts: dict[int, int | None] = {}
    filesystem, _ = log_files(location)
    for version in versions[start:]:
        if version == versions[start] and version > 0:
            files.open(location, version)
        else:
            with filesystem.open_input_file(f"_delta_log/{version:020d}.json") as file:
                files.apply(file.read())
        counts[version] = files.rows
    return counts


class _LiveFiles:
    """The files of a table as its log goes on, and how many rows they have."""

    def __init__(self) -> None:
        self._rows: dict[str, int | None] = {}
        self._known = self._unknown = 0
        self._is_certain = True

    @property
    def rows(self) -> int | None:
        return self._known if self._is_certain and not self._unknown else None

    def open(self, location: Location, version: int) -> None:
        """Start from a version that is not the first."""
        import pyarrow as pa

        from lakeproof.errors import LakeproofError

        try:
            actions = pa.table(open_table(location, version).table.get_add_actions(flatten=True))
        except LakeproofError:
            self._is_certain = False
            return
        for path, rows in zip(
            actions["path"].to_pylist(), actions["num_records"].to_pylist(), strict=True
        ):
            self._add(path, rows)

    def apply(self, commit: bytes) -> None:
        """Go on by one commit."""
        actions = [
            json.loads(line)
            for line in commit.splitlines()
            if b'"add"' in line or b'"remove"' in line
        ]
        for action in actions:
            if remove := action.get("remove"):
                # A file that nobody added: the log writes its path in two ways.
                self._is_certain &= remove["path"] in self._rows
                self._remove(remove["path"])
        for action in actions:
            if add := action.get("add"):
                stats = json.loads(add.get("stats") or "{}")
                is_whole = not add.get("deletionVector")
                self._add(add["path"], stats.get("numRecords") if is_whole else None)

    def _add(self, path: str, rows: int | None) -> None:
        self._remove(path)
        self._rows[path] = rows
        self._known += rows or 0
        self._unknown += rows is None

    def _remove(self, path: str) -> None:
        if path in self._rows:
            rows = self._rows.pop(path)
            self._known -= rows or 0
            self._unknown -= rows is None


def _facts(
    entry: dict[str, Any], note: CommitNote | None, counts: Mapping[int, int | None]
) -> VersionFacts:
    version = int(entry["version"])
    return VersionFacts(
        version=version,
        timestamp=iso_time(entry["timestamp"]),
        operation=str(entry["operation"]),
        rows=note.rows if note is not None else counts.get(version),
        run_id=note.run_id if note else None,
        git_commit=note.git_commit if note else None,
        node=note.node if note else None,
        delivery=note.delivery.name if note and note.delivery else None,
        digest=note.digest if note else None,
    )
