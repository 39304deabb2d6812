"""Name MLflow's tables and columns that are read or written here, and look whether they are there.

MLflow changes its database with nearly every release, and hardly ever these columns. So they are
looked at, not the number of the revision.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

READ: Mapping[str, frozenset[str]] = {
    "alembic_version": frozenset({"version_num"}),
    "experiments": frozenset({"experiment_id", "name", "lifecycle_stage"}),
    "runs": frozenset(
        {
            "run_uuid",
            "experiment_id",
            "status",
            "start_time",
            "end_time",
            "artifact_uri",
            "lifecycle_stage",
        }
    ),
    "tags": frozenset({"run_uuid", "key", "value"}),
    "latest_metrics": frozenset({"run_uuid", "key", "value", "is_nan"}),
}
_REVISION = re.compile(r"^(down_)?revision\b[^=\n]*=(.*)$", re.MULTILINE)


def lacking(connection: sqlite3.Connection, needed: Mapping[str, Iterable[str]]) -> str | None:
    """Name the first table or column that a database does not have.

    Returns:
        Such as `table 'runs' has no column 'artifact_uri'`; `None` where all are there.
    """
    for table, columns in needed.items():
        found = columns_of(connection, table)
        if not found:
            return f"there is no table '{table}'"
        for column in sorted(columns):
            if column not in found:
                return f"table '{table}' has no column '{column}'"
    return None


def columns_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Name the columns of a table, none where there is no such table."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return frozenset(name for (name,) in rows)


def newest_revision() -> str | None:
    """Give the revision that the installed MLflow makes a database of, without importing MLflow.

    Returns:
        `None` where it cannot be told.
    """
    found = find_spec("mlflow")
    if found is None or found.origin is None:
        return None
    made: set[str] = set()
    replaced: set[str] = set()
    for path in Path(found.origin).parent.glob("store/db_migrations/versions/*.py"):
        for is_down, said in _REVISION.findall(path.read_text(encoding="utf-8")):
            (replaced if is_down else made).update(re.findall(r"\w{8,}", said))
    newest = made - replaced
    return newest.pop() if len(newest) == 1 else None
