"""Read runs from MLflow's database without MLflow, whose import takes longer than the answer.

Known is one thing: a SQLite file with the columns of `mlflow_tables.READ`, in which nothing is
unusual. Of everything else this module says that it does not know it, and MLflow's own client is
asked (`store`). It never writes to a user's store.
"""

import logging
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from lakeproof.record.mlflow_store import mlflow_tables
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun, Wanted
from lakeproof.startup.plain import is_plain

logger = logging.getLogger(__name__)

_URI = re.compile(r"sqlite:///([^?%#]+)")
_COLUMNS = "run_uuid, status, start_time, end_time, coalesce(artifact_uri, '')"
# As MLflow orders them, ties too.
_NEWEST_FIRST = "start_time IS NULL, start_time DESC, run_uuid"
# What SQLite makes by itself has no text; indices need their tables.
_MADE_BY = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type != 'table', rowid"
# The tables that are not empty in a new store; of experiments, MLflow makes its first one itself.
_FILLED = ("alembic_version", "workspaces")


class _UnknownError(Exception):
    """This store is not one that is known here."""


def search(
    uri: str, experiment: str | None, wanted: Wanted, limit: int | None = None
) -> list[MlflowRun] | None:
    """Find runs, newest first.

    Args:
        uri: Of the tracking store.
        experiment: Its name; `None` for any that was not deleted.
        wanted: Which runs.
        limit: How many at most.

    Returns:
        `None` where MLflow is to be asked.
    """
    tags = "FROM tags WHERE tags.run_uuid = runs.run_uuid AND key = ?"
    which = "name = ?" if experiment is not None else "lifecycle_stage = 'active'"
    conditions = [
        f"experiment_id IN (SELECT experiment_id FROM experiments WHERE {which})",
        "lifecycle_stage = 'active'",
    ]
    values: list[str | int] = [experiment] if experiment is not None else []
    if wanted.prefix:
        conditions.append("substr(run_uuid, 1, ?) = ?")
        values += [len(wanted.prefix), wanted.prefix]
    if wanted.sealed_by is not None:
        sealed = f"EXISTS (SELECT 1 {tags} AND substr(value, 1, 7) = 'sha256:')"
        conditions += ["status = 'FINISHED'", sealed]
        values.append(wanted.sealed_by)
    for tag in wanted.without:
        conditions.append(f"NOT EXISTS (SELECT 1 {tags})")
        values.append(tag)
    if wanted.tag is not None:
        conditions.append(f"EXISTS (SELECT 1 {tags} AND value = ?)")
        values += wanted.tag
    # To SQLite, a limit below zero is none.
    values.append(-1 if limit is None else limit)
    return _read(uri, f"{' AND '.join(conditions)} ORDER BY {_NEWEST_FIRST} LIMIT ?", values)


def get(uri: str, run_id: str) -> MlflowRun | None:
    """Find the run of an id, deleted or not.

    Returns:
        `None` where MLflow is to be asked; also where there is no such run, for it to say so.
    """
    found = _read(uri, "run_uuid = ?", [run_id])
    return found[0] if found else None


def has_tag(uri: str, key: str, value: str) -> bool | None:
    """Tell whether any run, deleted or not, has a tag with a value.

    Returns:
        `None` where MLflow is to be asked.
    """
    try:
        with _opened(uri) as connection:
            asked = "SELECT 1 FROM tags WHERE key = ? AND value = ? LIMIT 1"
            return connection.execute(asked, (key, value)).fetchone() is not None
    except (_UnknownError, sqlite3.Error, OSError):
        return None


def copy_schema(uri: str, target: Path) -> bool:
    """Make an empty store like this one: MLflow replays its whole history of schemas for that.

    Args:
        uri: Of a tracking store.
        target: The new database file.

    Returns:
        Whether it is there; where it is not, MLflow makes one.
    """
    try:
        with _opened(uri) as source:
            # Another MLflow would refuse it, or replay what has changed since.
            if _revision(source) != mlflow_tables.newest_revision():
                return False
            made = [sql for (sql,) in source.execute(_MADE_BY)]
            filled_in = [table for table in _FILLED if mlflow_tables.columns_of(source, table)]
            rows = [(table, source.execute(f"SELECT * FROM {table}")) for table in filled_in]
            filled = [(table, row) for table, found in rows for row in found.fetchall()]
        with closing(sqlite3.connect(target)) as copy, copy:
            # It is scratch: no need to wait for the disk.
            copy.execute("PRAGMA synchronous = OFF")
            copy.execute("BEGIN")
            for sql in made:
                copy.execute(sql)
            for table, row in filled:
                copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    except (_UnknownError, sqlite3.Error, OSError):
        target.unlink(missing_ok=True)
        return False
    return True


def _read(uri: str, condition: str, values: Sequence[str | int]) -> list[MlflowRun] | None:
    meant = f"run_uuid IN (SELECT run_uuid FROM runs WHERE {condition})"
    try:
        with _opened(uri) as connection:
            # A question for all runs, not one for each.
            metrics = _by_run(connection, "latest_metrics", "value, is_nan", meant, values)
            tags = _by_run(connection, "tags", "value", meant, values)
            rows = connection.execute(f"SELECT {_COLUMNS} FROM runs WHERE {condition}", values)
            return [
                MlflowRun(
                    *row,
                    {
                        key: float("nan") if is_nan else float(value)
                        for key, value, is_nan in metrics[row[0]]
                    },
                    dict(tags[row[0]]),
                )
                for row in cast("list[tuple[str, str, int, int, str]]", rows.fetchall())
            ]
    except (_UnknownError, sqlite3.Error, OSError):
        return None


def _by_run(
    connection: sqlite3.Connection, table: str, columns: str, meant: str, values: Sequence[Any]
) -> Mapping[str, list[Any]]:
    """Give what a table says of runs: by run its keys, each with these columns."""
    found: dict[str, list[Any]] = defaultdict(list)
    for run_id, *said in connection.execute(
        f"SELECT run_uuid, key, {columns} FROM {table} WHERE {meant}", values
    ):
        found[run_id].append(said)
    return found


@contextmanager
def _opened(uri: str) -> Iterator[sqlite3.Connection]:
    """Open a store that is known, to read alone.

    Raises:
        _UnknownError: If it is another.
    """
    path = _URI.fullmatch(uri)
    if is_plain() or path is None or os.environ.get("MLFLOW_ENABLE_WORKSPACES"):
        raise _UnknownError
    address = f"{Path(path[1]).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
        connection.execute("BEGIN")  # One state of it for all questions.
        if trouble := mlflow_tables.lacking(connection, mlflow_tables.READ):
            _tell(uri, trouble)
            raise _UnknownError
        if _revision(connection) is None or _has_workspaces(connection):
            raise _UnknownError
        yield connection


@cache
def _tell(uri: str, trouble: str) -> None:
    """Say once why each command takes two seconds longer than it need."""
    logger.info("MLflow is asked for what %s holds: in it, %s.", Path(uri).name, trouble)


def _revision(connection: sqlite3.Connection) -> str | None:
    found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(found[0][0]) if len(found) == 1 else None


def _has_workspaces(connection: sqlite3.Connection) -> bool:
    """Tell whether there is another workspace than the one that MLflow calls `default`."""
    if "workspace" not in mlflow_tables.columns_of(connection, "experiments"):
        return False  # An older MLflow knows none.
    others = "SELECT 1 FROM experiments WHERE workspace != 'default'"
    return connection.execute(others).fetchone() is not None
