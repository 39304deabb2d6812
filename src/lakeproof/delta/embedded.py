"""The embedded engine: delta-rs writes, Polars reads, no JVM."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl

from lakeproof.delta.commit import CommitNote
from lakeproof.delta.engine import Write, Written
from lakeproof.delta.file_statistics import silenced
from lakeproof.delta.guard import PROPERTIES
from lakeproof.delta.location import Location
from lakeproof.delta.log import OpenedTable
from lakeproof.delta.staging import StagedRows
from lakeproof.delta.writing import commit_properties, storage_options, write_staged
from lakeproof.errors import RunError

if TYPE_CHECKING:
    from lakeproof.deliveries.arrivals import Arrivals
    from lakeproof.delta.taking import Taking


class EmbeddedEngine:
    """Rows through Polars, commits through delta-rs."""

    name = "embedded"

    def read(self, opened: OpenedTable) -> pl.LazyFrame:
        """Scan one version lazily; row order is not promised."""
        return pl.scan_delta(opened.table)

    @contextmanager
    def handed_over(self, parsed: pl.LazyFrame, location: Location) -> Iterator[pl.LazyFrame]:
        """Give rows that were parsed as they are: they are a frame of this engine."""
        yield parsed

    def follow(self, arrivals: "Arrivals", taking: "Taking", name: str) -> None:
        """Refuse: nothing here follows a folder.

        Raises:
            RunError: Always.
        """
        raise RunError(
            f"Table '{name}' was handed a stream of deliveries, which needs Spark, and its engine "
            "is embedded. Nothing was taken. Stream on Spark: kedro run --env spark --pipelines "
            "stream; or take the same deliveries as a batch: kedro run --pipelines ingest"
        )

    def write(self, rows: Any, write: Write) -> Written:
        """Write rows in one commit, or none where nothing would change.

        Raises:
            SchemaError: If the columns do not fit.
            RowKeyError: If a key is null or there twice.
            TableError: If the table is there and should not be.
        """
        with StagedRows(rows, write.location) as staged:
            return write_staged(staged, write, _EmbeddedCommits())


class _EmbeddedCommits:
    """Commits of delta-rs."""

    def create(self, staged: StagedRows, write: Write, note: CommitNote) -> None:
        deltalake.write_deltalake(
            write.location.uri,
            staged.reader(),
            mode="error",
            partition_by=list(write.args.partition_by) or None,
            configuration=dict(PROPERTIES),
            storage_options=storage_options(write),
            commit_properties=commit_properties(write, note),
            **silenced(staged.columns),
        )

    def overwrite(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        deltalake.write_deltalake(
            current.table,
            staged.reader(),
            mode="overwrite",
            schema_mode="overwrite",
            partition_by=list(write.args.partition_by) or None,
            storage_options=storage_options(write),
            commit_properties=commit_properties(write, note),
            **silenced(staged.columns),
        )

    def append(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        deltalake.write_deltalake(
            current.table,
            staged.reader(),
            mode="append",
            schema_mode="merge",  # it was said before which columns may differ
            storage_options=storage_options(write),
            commit_properties=commit_properties(write, note),
            **silenced({**current.columns, **staged.columns}),
        )

    def merge(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        values = [column for column in staged.columns if column not in write.key]
        changed = " OR ".join(
            _has_changed(column, current.columns.get(column)) for column in values
        )
        merger = current.table.merge(
            staged.reader(),
            _same_key(write.key),
            source_alias="s",
            target_alias="t",
            merge_schema=write.args.schema_mode == "merge",
            commit_properties=commit_properties(write, note),
            **silenced({**current.columns, **staged.columns}),
        )
        if values:
            merger = merger.when_matched_update(
                {_quoted(column): f"s.{_quoted(column)}" for column in values}, predicate=changed
            )
        merger.when_not_matched_insert(
            {_quoted(column): f"s.{_quoted(column)}" for column in staged.columns}
        ).execute()

    def delete(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        keys = staged.lazy().select(write.key).collect()
        current.table.merge(
            keys.to_arrow(),
            _same_key(write.key),
            source_alias="s",
            target_alias="t",
            commit_properties=commit_properties(write, note),
            **silenced(current.columns),
        ).when_matched_delete().execute()


def _has_changed(column: str, kind: str | None) -> str:
    """Write the condition under which a correction changes a column."""
    name = _quoted(column)
    if kind is None:
        return f"(s.{name} IS NOT NULL)"
    condition = f"(s.{name} IS DISTINCT FROM t.{name})"
    if kind in ("double", "float"):
        # SQL holds -0.0 for 0.0; as text they differ.
        texts = (f"CAST({side}.{name} AS VARCHAR)" for side in "st")
        condition = f"({condition} OR (s.{name} = 0 AND ({' IS DISTINCT FROM '.join(texts)})))"
    return condition


def _same_key(key: Sequence[str]) -> str:
    return " AND ".join(f"s.{_quoted(column)} = t.{_quoted(column)}" for column in key)


def _quoted(column: str) -> str:
    escaped = column.replace('"', '""')
    return f'"{escaped}"'
