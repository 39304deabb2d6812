"""The Spark engine: Spark computes and writes rows, delta-rs keeps the log where it can.

Whole tables and additions are files that Spark has written and delta-rs commits: atomically on a
local disk, which Spark's own commit is not. Corrections and deletions are `MERGE INTO` by Spark.
Rows that are in this process already (a pandas frame of predictions) are written from here: they
would come back as the same rows from a way through the JVM.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl
from deltalake.transaction import create_table_with_add_actions

from lakeproof.delta.embedded.embedded_engine import EmbeddedEngine
from lakeproof.delta.embedded.staging import StagedRows
from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.protocol_support import PROPERTIES, is_writable, require_writable
from lakeproof.delta.read.partition_values import require_one_meaning
from lakeproof.delta.spark.java_errors import explained
from lakeproof.delta.spark.parsed_rows import frame_of, parsed_file
from lakeproof.delta.spark.spark_filters import have_filters_look
from lakeproof.delta.spark.spark_merge import (
    SQL,
    but_unchanged,
    merge_staged,
    merging,
    run_merge,
    table_of,
    unbounded,
    without_statistics,
)
from lakeproof.delta.spark.spark_staging import SparkStagedRows
from lakeproof.delta.spark.spark_store import name_of, place_of, require_single_writer
from lakeproof.delta.write.decision import lost_race, write_staged
from lakeproof.delta.write.engine import Take, Write, Written, operation_of
from lakeproof.delta.write.own_commits import after_commit, commit_properties, storage_options
from lakeproof.delta.write.prepared_commit import Kind, prepared
from lakeproof.delta.write.staged_rows import first_plain_times, partitions_of
from lakeproof.delta.write.table_rules import has_rules, keeps_columns
from lakeproof.errors import SchemaError
from lakeproof.spark.session import spark
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeproof.deliveries.arrivals import Arrivals


class SparkEngine:
    """Lazy frames of Spark in, files of Spark out."""

    name = "spark"

    def read(self, opened: OpenedTable) -> "DataFrame":
        """Give one version as a lazy frame; a frame without a version would move under the node.

        Raises:
            PinError: If Spark refuses the version.
        """
        with explained(opened.location.name, opened.version):
            reader = spark().read.format("delta").option("versionAsOf", opened.version)
            require_one_meaning(opened)
            have_filters_look(spark(), opened)
            name = name_of(opened.location)
            frame = reader.load(place_of(opened.location)) if name is None else reader.table(name)
            # A Spark Connect server looks at the table only when it is asked something of it.
            _ = frame.schema
            return frame

    def handed_over(
        self, parsed: pl.LazyFrame, location: Location
    ) -> AbstractContextManager["DataFrame"]:
        """Give rows that were parsed on the driver as a frame of Spark."""
        return parsed_file(parsed, location)

    def follow(self, arrivals: "Arrivals", take: Take, location: Location) -> None:
        """Have Structured Streaming say which files have come.

        Raises:
            LakeproofError: If a delivery is refused, or Spark fails.
        """
        from lakeproof.delta.spark.spark_stream import follow

        follow(arrivals, take, location)

    def write(self, rows: Any, write: Write) -> Written:
        """Write rows in one commit, or none where nothing would change.

        Raises:
            SchemaError: If the columns do not fit.
            RowKeyError: If a key is null or there twice.
            TableError: If the table is there and should not be, has a feature that Spark would not
                keep, or a task of Spark fails.
        """
        import narwhals.stable.v2 as nw

        if write.current is not None:
            require_writable(write.current, "spark", operation_of(write.args.mode))
        native: Any = nw.to_native(rows, pass_through=True)
        if not type(native).__module__.startswith("pyspark."):
            if _is_kept_by_delta_rs(write):
                return EmbeddedEngine().write(rows, write)
            with StagedRows(rows, write.location) as parsed:
                native = frame_of(parsed.reader().read_all())
        with explained(write.location.name):
            layout = _layout(write, native.columns)
        with (
            _text_is_text(write.location.name),
            SparkStagedRows(native, write.location, layout) as staged,
        ):
            if (
                write.current is not None
                and _is_kept_by_delta_rs(write)
                and _is_for_delta_rs(staged, write, write.current)
            ):
                return EmbeddedEngine().write(staged.lazy(), write)
            try:
                return write_staged(staged, write, _SparkCommits())
            except deltalake.exceptions.CommitFailedError as error:
                # Its files may be in the table's folder already, where nothing names them.
                raise lost_race(write) from error

    def compact(self, write: Write, current: OpenedTable, target: int) -> None:
        """Write small files together in one commit that changes no row.

        Raises:
            TableError: If Spark fails, or its store would let it overwrite another commit.
        """
        size = {"maxFileSize": target, "minFileSize": target}
        keys = {f"spark.databricks.delta.optimize.{key}": str(one) for key, one in size.items()}
        run_merge(f"OPTIMIZE {table_of(write.location)}", write, write.note, keys)


@contextmanager
def _text_is_text(name: str) -> Iterator[None]:
    """Refuse bytes that Spark calls text and nobody else reads: found when they are digested."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        if "invalid utf-8" not in str(error).lower():
            raise
        raise SchemaError(
            f"A text for table '{name}' is not UTF-8, which Spark alone would read. The table is "
            "as it was. Keep such a column binary, or decode it in the node."
        ) from error


def _partitions(write: Write) -> list[str]:
    return partitions_of(write) if write.args.mode != "delete" else []


def _layout(write: Write, columns: list[str]) -> list[str]:
    """Give the columns by which staged files are laid out; none where the rows lack one of them."""
    wanted = _partitions(write)
    return wanted if set(wanted) <= set(columns) else []


def _is_kept_by_delta_rs(write: Write) -> bool:
    """Tell whether delta-rs may make the commit, as the table's features go.

    Not where Databricks' own Spark knows the table by its name: its catalog may keep the commits.
    """
    operation = operation_of(write.args.mode)
    if name_of(write.location) is not None:
        return False
    return write.current is None or is_writable(write.current, "embedded", operation)


def _is_for_delta_rs(staged: SparkStagedRows, write: Write, current: OpenedTable) -> bool:
    """Tell a write that files alone do not make right: delta-rs then writes Spark's rows.

    Times without a zone that are new to a table change its protocol, constraints are checked row by
    row, and rows without the column that lays out the files have no place to lie in.
    """
    lacks_place = _layout(write, list(staged.columns)) != _partitions(write)
    return has_rules(current) or lacks_place or first_plain_times(staged, current) is not None


class _SparkCommits:
    """Commits of what Spark has staged."""

    def create(self, staged: SparkStagedRows, write: Write, note: CommitNote) -> None:
        create_table_with_add_actions(
            write.location.uri,
            staged.schema,
            staged.moved_files(without=None),
            mode="error",
            partition_by=_partitions(write) or None,
            configuration=dict(PROPERTIES),
            storage_options=storage_options(write),
            commit_properties=commit_properties(note, write.transaction),
        )

    def overwrite(
        self, staged: SparkStagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        if _is_kept_by_delta_rs(write):
            self._add("overwrite", staged, write, current, note)
            return
        is_another = staged.columns != current.columns
        option = {"overwriteSchema": "true"} if is_another else {}
        self._by_spark("overwrite", option, staged, write, note)

    def append(
        self, staged: SparkStagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        joins = not set(staged.columns) <= set(current.columns)
        if not joins and _is_kept_by_delta_rs(write):
            self._add("append", staged, write, current, note)
            return
        # A column joins: that is a change of the table's schema, which Spark makes with the rows.
        option = {"mergeSchema": "true"} if joins else {}
        self._by_spark("append", option, staged, write, note)

    def _by_spark(
        self,
        mode: str,
        options: dict[str, str],
        staged: SparkStagedRows,
        write: Write,
        note: CommitNote,
    ) -> None:
        """Have Spark commit the staged rows, and whatever the table's features ask for."""
        require_single_writer(write.location)
        writer = staged.written().write.format("delta").mode(mode).options(**options)
        writer = writer.option("userMetadata", note.to_json())
        if write.transaction is not None:
            app_id, version = write.transaction
            writer = writer.option("txnAppId", app_id).option("txnVersion", str(version))
        # Not while a MERGE has told the session whose transaction its next commit is.
        name = name_of(write.location)
        with merging, without_statistics(write), explained(write.location.name):
            if name is None:
                writer.save(place_of(write.location))
            else:
                writer.saveAsTable(name)

    def merge(
        self, staged: SparkStagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        values = [column for column in staged.columns if column not in write.key]
        joins = not set(staged.columns) <= set(current.columns)
        clauses = ""
        if values:
            sets = (f"{name} = s.{name}" for name in map(SQL.quoted, values))
            clauses = f" WHEN MATCHED{but_unchanged(values, current)} "
            clauses += f"THEN UPDATE SET {', '.join(sets)}"
        # Where nobody can have deleted what was found. Without it Delta joins the other way round:
        # the rows that come go to those that are there, which then stay where they are.
        is_correction = write.location.is_local and note.rows == current.rows()
        if not is_correction or joins or not values:
            names = [SQL.quoted(column) for column in staged.columns]
            clauses += f" WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) "
            clauses += f"VALUES ({', '.join(f's.{name}' for name in names)})"
        merge_staged(staged, write, note, clauses, joins=joins)

    def delete(
        self, staged: SparkStagedRows, write: Write, current: OpenedTable, note: CommitNote
    ) -> None:
        merge_staged(staged, write, note, " WHEN MATCHED THEN DELETE")

    def _add(
        self,
        mode: str,
        staged: SparkStagedRows,
        write: Write,
        current: OpenedTable,
        note: CommitNote,
    ) -> None:
        """Commit the staged files to a table that is there."""
        is_kept = mode == "append" or keeps_columns(staged, current)
        schema = current.table.schema() if is_kept else staged.schema
        kind: Kind = "removes" if mode == "overwrite" else "adds"
        with prepared(current, note.rows, kind, write.personal) as table:
            table.create_write_transaction(
                list(staged.moved_files(unbounded(write))),
                mode,
                schema,
                partition_by=_partitions(write) or None,
                commit_properties=commit_properties(note, write.transaction),
                post_commithook_properties=after_commit(write.location),
            )
