"""The tables of a run, as facts: what was read, what was written, with which content."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from lakeproof.errors import TableError
from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.facts import NodeIO, TableRead, TableWritten
from lakeproof.record.places.project_paths import relative_to_project
from lakeproof.versioned.run_tables import RunTables, TableUse
from lakeproof.versioned.table_version import Content, TableVersion

_MOST_CHARACTERS = 500


class TableRecorder:
    """Know the content digest of each version that a run touches, reading none of them twice.

    Args:
        project_path: Places inside of it are written relative to it.
        rerun: Where tables really are, in a re-run; it takes no digest from a commit.
    """

    def __init__(self, project_path: Path, rerun: Rerun | None) -> None:
        self._project_path = project_path
        self._rerun = rerun
        self._contents: dict[tuple[str, int], Content] = {}
        # Of a run that has failed, what can be read is recorded.
        self.leaves_out_unreadable = False

    def crossing(self, use: TableUse) -> NodeIO:
        """Describe what passed between a node and a table."""
        try:
            digest = self.content(use.opened, use.digest).digest
        except TableError as error:
            if not self.leaves_out_unreadable:
                raise
            return NodeIO(use.dataset, "opaque", None, error.message[:300])
        return NodeIO(use.dataset, "table", digest)

    def read(self, tables: RunTables) -> tuple[TableRead, ...]:
        """List each version that was read, once per dataset, in the order of the first reading."""
        written = {
            (use.opened.location.uri, use.opened.version)
            for use in tables.uses
            if use.kind == "written"
        }
        found: dict[tuple[str, int], TableRead] = {}
        for use in tables.uses:
            opened = use.opened
            if use.kind != "read" or (use.dataset, opened.version) in found:
                continue
            if self._is_left_out(use):
                continue
            use.opened.require_state(use.state)
            content = self.content(opened)
            found[use.dataset, opened.version] = TableRead(
                dataset=use.dataset,
                uri=self.place(opened),
                table_id=opened.table_id,
                version=opened.version,
                columns=tuple(opened.columns.items()),
                rows=opened.rows(),
                digest=content.digest,
                digest_from=content.source,
                pin=use.pin,
                is_own=(opened.location.uri, opened.version) in written,
                committed_digest=content.committed,
                catalog_name=opened.location.catalog_name,
                catalog_id=opened.location.catalog_id,
            )
        return tuple(found.values())

    def written(self, tables: RunTables) -> tuple[TableWritten, ...]:
        """List what became of each dataset that was written, in the order of the last writing."""
        found: dict[str, TableWritten] = {}
        for use in tables.uses:
            if use.kind != "written" or self._is_left_out(use):
                continue
            opened = use.opened
            content = self.content(opened, use.digest)
            before = tables.before(opened.location.uri)
            found.pop(use.dataset, None)
            found[use.dataset] = TableWritten(
                dataset=use.dataset,
                uri=self.place(opened),
                table_id=opened.table_id,
                version=opened.version,
                mode=str(use.mode),
                started_at=before.version if before is not None else None,
                started_digest=self._started_digest(before, str(use.mode)),
                written=any(
                    other.is_committed for other in tables.uses if other.dataset == use.dataset
                ),
                columns=tuple(opened.columns.items()),
                rows=opened.rows(),
                digest=content.digest,
                digest_from=content.source,
                node=use.node,
                handed_over=_handed_over(
                    [other for other in tables.uses if _is_write_to(other, use.dataset)]
                ),
                catalog_name=opened.location.catalog_name,
                catalog_id=opened.location.catalog_id,
            )
        return tuple(found.values())

    def content(self, opened: TableVersion, known: str | None = None) -> Content:
        """Give the digest of a version: from its commit, else, and in a re-run always, by reading.

        Args:
            opened: The version.
            known: What the write itself found out; a re-run does not rely on it.
        """
        key = opened.location.uri, opened.version
        if key not in self._contents:
            self._contents[key] = self._find(opened, known)
        return self._contents[key]

    def place(self, opened: TableVersion) -> str:
        """Write where a table really is, seen from the project."""
        if self._rerun is not None:
            for table in self._rerun.tables:
                if table.uri == opened.location.uri:
                    return table.recorded_uri
        return relative_to_project(opened.location.uri, self._project_path)

    def _started_digest(self, before: TableVersion | None, mode: str) -> str | None:
        """Give the content that a write built upon; what is overwritten need not be read."""
        if before is None:
            return None
        if mode == "overwrite":
            return before.stored_digest()
        return self.content(before).digest

    def _is_left_out(self, use: TableUse) -> bool:
        if not self.leaves_out_unreadable:
            return False
        try:
            if use.kind == "read":
                use.opened.require_state(use.state)
        except TableError:
            return True
        return self.crossing(use).digest is None

    def _find(self, opened: TableVersion, known: str | None) -> Content:
        try:
            return self._read_or_known(opened, known)
        except (TableError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of something compiled is no Exception
            text = opened.location.without_secrets(" ".join(str(error).split()))[:_MOST_CHARACTERS]
            raise TableError(
                f"Table '{opened.location.name}' at version {opened.version} cannot be read any "
                f"more, so what the run read of it is unknown: {type(error).__name__}: "
                f"{text}"
            ) from error

    def _read_or_known(self, opened: TableVersion, known: str | None) -> Content:
        if self._rerun is None:
            return Content(known, "commit") if known else opened.content()
        verified = self._rerun.verified_digest(opened.location.uri, opened.version)
        return Content(verified or opened.compute_digest(), "rows")


def _is_write_to(use: TableUse, dataset: str) -> bool:
    return (use.kind, use.dataset) == ("written", dataset)


def _handed_over(uses: Sequence[TableUse]) -> str | None:
    """Say what a node gave, which may be several chunks."""
    deliveries = [use.deliveries for use in uses if use.deliveries]
    if deliveries:
        return deliveries[-1]
    counted = f"rows:{sum(use.rows or 0 for use in uses)}"
    given = [use.given for use in uses if use.given]
    if len(given) == len(uses) == 1:
        return f"{counted} {given[0]}"
    if given:
        lines = "\n".join(f"{use.given or use.digest}" for use in uses)
        return f"{counted} sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
    return counted
