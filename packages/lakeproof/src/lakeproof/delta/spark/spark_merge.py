"""Corrections and deletions as a MERGE of Spark's, whose commit says who made it."""

import threading
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.protocol_support import NO_BOUNDS
from lakeproof.delta.spark.java_errors import explained
from lakeproof.delta.spark.spark_staging import SparkStagedRows
from lakeproof.delta.spark.spark_store import name_of, place_of, require_single_writer
from lakeproof.delta.write.engine import Write
from lakeproof.delta.write.merge_sql import Dialect
from lakeproof.spark.session import spark
from lakeproof.versioned.location import Location

# What a MERGE says of itself is set in the session, which threads share.
merging = threading.Lock()
_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
_STATISTICS = "spark.databricks.delta.stats.collect"
_APP_ID = "spark.databricks.delta.write.txnAppId"
_APP_VERSION = "spark.databricks.delta.write.txnVersion"
SQL = Dialect(mark="`", text="STRING", unequal="(NOT ({} <=> {}))")
_FROM_FILES = MappingProxyType(
    {
        # Nobody else changes the files, so that they need not be kept as they were found.
        "spark.databricks.delta.merge.materializeSource": "none",
        # Few rows that come are looked up in a table of hashes, so that the many that are there
        # need not be sorted; how many are few enough, Spark says by the sizes of the files.
        "spark.sql.join.preferSortMergeJoin": "false",
    }
)
_NESTED = ("array<", "map<", "struct<")


def run_merge(
    statement: str,
    write: Write,
    note: CommitNote,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run a statement whose commit says who made it, with settings of the session for it alone.

    Raises:
        TableError: In a store that would let it overwrite another commit.
    """
    require_single_writer(write.location)
    with explained(write.location.name), _said_in_commit(write, note, settings):
        spark().sql(statement).collect()


def merge_staged(
    staged: SparkStagedRows, write: Write, note: CommitNote, clauses: str, joins: bool = False
) -> None:
    """Merge staged rows into a table by their key.

    Args:
        staged: The rows, `s` in the clauses.
        write: What becomes of them.
        note: What the commit says.
        clauses: What follows the condition of the MERGE; the table is `t` there.
        joins: Whether a column joins the table.

    Raises:
        TableError: In a store that would let it overwrite another commit.
    """
    evolution = "WITH SCHEMA EVOLUTION " if joins else ""
    name = f"lakeproof_staged_{uuid.uuid4().hex}"
    with explained(write.location.name):
        staged.frame().createOrReplaceTempView(name)
    try:
        run_merge(
            f"MERGE {evolution}INTO {table_of(write.location)} t USING {name} s "
            f"ON {SQL.same_key(write.key)}{clauses}",
            write,
            note,
            _FROM_FILES if staged.is_plain_files else {},
        )
    finally:
        with suppress(Exception):  # a session that has died has its own error
            spark().catalog.dropTempView(name)


@contextmanager
def _said_in_commit(write: Write, note: CommitNote, settings: Mapping[str, str]) -> Iterator[None]:
    """Have the next commit of this session say who made it and what it took."""
    said = {_METADATA: note.to_json(), **settings}
    if write.transaction is not None:
        app_id, version = write.transaction
        said |= {_APP_ID: app_id, _APP_VERSION: str(version)}
    with merging, without_statistics(write), _set(said):
        yield


@contextmanager
def _set(settings: Mapping[str, str]) -> Iterator[None]:
    """Set values of the session for a while; what `spark.yml` says of them stands again then."""
    conf = spark().conf
    before = {key: conf.get(key, None) for key in settings}
    try:
        for key, value in settings.items():
            conf.set(key, value)
        yield
    finally:
        with suppress(Exception):  # a session that has died has its own error
            for key, known in before.items():
                conf.unset(key) if known is None else conf.set(key, known)


def unbounded(write: Write) -> Collection[str] | None:
    """Name the columns of whose values the log says nothing; `None` for all of them."""
    configuration = write.current.table.metadata().configuration if write.current else {}
    return None if configuration.get(NO_BOUNDS) == "0" else write.personal


@contextmanager
def without_statistics(write: Write) -> Iterator[None]:
    """Have Spark say nothing of the values in files, where a table would have it and must not.

    It knows all columns or none. Rows are then counted by the footers.
    """
    with _set({_STATISTICS: "false"} if unbounded(write) else {}):
        yield


def but_unchanged(values: list[str], current: OpenedTable) -> str:
    """Write the condition that keeps rows from being updated to what they are.

    Only for a table that tells its changes (`delta.enableChangeDataFeed`). To any other it makes no
    difference: files with a row of these keys are written again in any case.
    """
    if current.table.metadata().configuration.get("delta.enableChangeDataFeed") != "true":
        return ""
    changed = (_has_changed(column, current.columns.get(column)) for column in values)
    return f" AND ({' OR '.join(changed)})"


def _has_changed(column: str, kind: str | None) -> str:
    """Write the condition under which a correction changes a column."""
    if kind is not None and kind.startswith(_NESTED):
        # SQL compares no maps, and holds -0.0 for 0.0 inside of lists and structs. To write a row
        # as it is changes no content; a row that holds nothing else new is not looked for.
        return "TRUE"
    return SQL.has_changed(column, kind)


def table_of(location: Location) -> str:
    """Write a table by its place, as SQL takes it; one of Databricks' own catalog by its name."""
    if (name := name_of(location)) is not None:
        return ".".join(SQL.quoted(part) for part in name.split("."))
    return f"delta.{SQL.quoted(place_of(location))}"
