"""The embedded engine: delta-rs writes, Polars reads, no JVM."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl

from lakeproof.delta.embedded.file_encodings import plain_columns
from lakeproof.delta.embedded.staging import StagedRows
from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.protocol_support import PROPERTIES, require_writable
from lakeproof.delta.read.old_times import refuse_rewriting
from lakeproof.delta.read.scan import scan
from lakeproof.delta.write.decision import write_anew
from lakeproof.delta.write.engine import Take, Write, Written, operation_of
from lakeproof.delta.write.file_statistics import silenced
from lakeproof.delta.write.merge_sql import Dialect
from lakeproof.delta.write.own_commits import after_commit, commit_properties, storage_options
from lakeproof.delta.write.prepared_commit import prepared
from lakeproof.delta.write.table_rules import keeps_columns
from lakeproof.errors import RunError, SchemaError
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from lakeproof.deliveries.arrivals import Arrivals

# In a merge predicate delta-rs needs brackets around each of these before an OR.
_SQL = Dialect(mark='"', text="VARCHAR", unequal="({} IS DISTINCT FROM {})")


class EmbeddedEngine:
    """Rows through Polars, commits through delta-rs."""

    name = "embedded"

    def read(self, opened: OpenedTable) -> pl.LazyFrame:
        """Scan one version lazily; row order is not promised."""
        return scan(opened)

    @contextmanager
    def handed_over(self, parsed: pl.LazyFrame, location: Location) -> Iterator[pl.LazyFrame]:
        """Give rows that were parsed as they are: they are a frame of this engine."""
        yield parsed

    def follow(self, arrivals: "Arrivals", take: Take, location: Location) -> None:
        """Refuse: nothing here follows a folder.

        Raises:
            RunError: Always.
        """
        raise RunError(
            f"Table '{location.name}' was handed a stream of deliveries, which needs Spark, and "
            "its engine is embedded. Nothing was taken. Stream on Spark: kedro run --env spark "
            "--pipelines stream; or take the same deliveries as a batch: kedro run --pipelines "
            "ingest"
        )

    def write(self, rows: Any, write: Write) -> Written:
        """Write rows in one commit, or none where nothing would change.

        Raises:
            SchemaError: If the columns do not fit.
            RowKeyError: If a key is null or there twice.
            TableError: If the table is there and should not be, or has a feature that delta-rs
                would not keep.
        """
        if write.current is not None:
            require_writable(write.current, "embedded", operation_of(write.args.mode))
        # Of a deletion only the keys count.
        is_digested = write.args.mode != "delete"
        with StagedRows(rows, write.location, is_digested=is_digested) as staged:
            return write_anew(staged, write, _EmbeddedCommits())

    def compact(self, write: Write, current: OpenedTable, target: int) -> None:
        """Write small files together in one commit that changes no row.

        Raises:
            TableError: If files hold times that delta-rs would write as others.
        """
        refuse_rewriting(current)
        with prepared(current, write.note.rows, "removes", write.personal) as table:
            table.optimize.compact(
                target_size=target,
                commit_properties=commit_properties(write.note),
                post_commithook_properties=after_commit(write.location),
                **silenced(current.columns, write.personal),
            )


class _EmbeddedCommits:
    """Commits of delta-rs."""

    def create(self, staged: StagedRows, write: Write, note: CommitNote) -> None:
        _write(
            *(write.location.uri, staged, write, note, staged.columns),
            mode="error",
            partition_by=list(write.args.partition_by) or None,
            configuration=dict(PROPERTIES),
        )

    def overwrite(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        layout = list(current.table.metadata().partition_columns)
        keeps_layout = list(write.args.partition_by or layout) == layout
        with prepared(current, note.rows, "removes", write.personal) as table:
            _write(
                *(table, staged, write, note, staged.columns),
                mode="overwrite",
                schema_mode=None
                if keeps_layout and keeps_columns(staged, current)
                else "overwrite",
                partition_by=list(write.args.partition_by) or None,
            )

    def append(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        with prepared(current, note.rows, "adds", write.personal) as table:
            _write(
                *(table, staged, write, note, {**current.columns, **staged.columns}),
                mode="append",
                schema_mode="merge",  # it was said before which columns may differ
            )

    def merge(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        refuse_rewriting(current)
        new = [column for column in staged.columns if column not in current.columns]
        if new:
            _refuse_beside_demanded(new, current, write)
        values = [column for column in staged.columns if column not in write.key]
        changed = " OR ".join(
            _SQL.has_changed(column, current.columns.get(column)) for column in values
        )
        given = {column: _SQL.quoted(column) for column in staged.columns}
        with prepared(current, note.rows, "removes", write.personal) as table:
            merger = table.merge(
                staged.reader(),
                _SQL.same_key(write.key),
                source_alias="s",
                target_alias="t",
                # Where it is asked to, it takes rows that stay as they are for rows without values.
                merge_schema=bool(new),
                commit_properties=commit_properties(note, write.transaction),
                post_commithook_properties=after_commit(write.location),
                **silenced({**current.columns, **staged.columns}, write.personal),
            )
            if values:
                merger = merger.when_matched_update(
                    {given[column]: f"s.{given[column]}" for column in values}, predicate=changed
                )
            merger.when_not_matched_insert({name: f"s.{name}" for name in given.values()}).execute()

    def delete(
        self, staged: StagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        refuse_rewriting(current)
        keys = staged.lazy().select(write.key).collect()
        with prepared(current, note.rows, "removes", write.personal) as table:
            table.merge(
                keys.to_arrow(),
                _SQL.same_key(write.key),
                source_alias="s",
                target_alias="t",
                commit_properties=commit_properties(note, write.transaction),
                post_commithook_properties=after_commit(write.location),
                **silenced(current.columns, write.personal),
            ).when_matched_delete().execute()


def _refuse_beside_demanded(new: list[str], current: OpenedTable, write: Write) -> None:
    """Refuse new columns beside values that may not be missing: delta-rs would find them missing.

    To go with the delta-rs after 1.6 that has its issue 4527 mended.

    Raises:
        SchemaError: Naming both.
    """
    demanded = [
        field.name
        for field in current.table.schema().fields
        if not field.nullable and field.name not in write.key
    ]
    if demanded:
        raise SchemaError(
            f"Rows for table '{write.location.name}' bring the column '{new[0]}', and its column "
            f"'{demanded[0]}' may not be missing: delta-rs cannot merge both at once. The table is "
            "as it was. Have Spark merge them (engine: spark), or leave the new column out."
        )


def _write(
    target: str | deltalake.DeltaTable,
    staged: StagedRows,
    write: Write,
    note: CommitNote,
    columns: Mapping[str, str],
    **how: Any,
) -> None:
    """Write the rows as they are, and say in their commit who did."""
    deltalake.write_deltalake(
        target,
        staged.reader(),
        storage_options=storage_options(write),
        commit_properties=commit_properties(note, write.transaction),
        post_commithook_properties=after_commit(write.location),
        **silenced(columns, write.personal, plain_columns(staged)),
        **how,
    )
