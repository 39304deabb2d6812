"""Let MLflow find its artifacts again after a project's folder was moved.

MLflow stores absolute paths and cannot mend them itself: it would look for artifacts in the old
place, and write new ones there. This is the one module that writes into MLflow's tables, so it
looks first whether they are those it knows.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.mlflow_tables import columns_of, lacking
from lakeproof.record.mlflow_store.tracking import SQLITE, Tracking, path_of, uris_of

# Every column in which MLflow keeps a place under the artifact location.
PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    # A tag of each trace, among others that hold no such place.
    ("trace_tags", "value"),
    # In JSON, with what else tells a table that was read.
    ("datasets", "dataset_source"),
)


def follow_move(tracking: Tracking) -> bool:
    """Change the places in a SQLite store to where the project is now.

    Acts only where the configured location is on this disk and the experiment has another one, and
    changes what lies below that one alone, or, where database and artifacts lie side by side, below
    the folder they were in; in one transaction.

    Returns:
        Whether anything was changed.

    Raises:
        RecordError: If the project was moved and the database is not one that is known, or cannot
            be written; all of it is as it was.
    """
    if tracking.artifacts is None or not tracking.uri.startswith(SQLITE):
        return False
    database = Path(tracking.uri.removeprefix(SQLITE))
    new = Path(tracking.artifacts)
    # Side by side they have moved together, even where one has yet to arrive.
    is_beside = new.parent == database.parent
    if not database.is_file() or not (is_beside or new.is_dir()):
        return False
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        old = _location(connection, tracking.experiment)
        if old is None or not old.is_absolute() or old == new or old.name != new.name:
            return False
        if is_beside:
            # What else is in the project: MLflow's own first experiment, the tables that were read.
            old, new = old.parent, new.parent
        needed: dict[str, set[str]] = {}
        for table, column in PLACES:
            needed.setdefault(table, set()).add(column)
        if trouble := lacking(connection, needed):
            raise _refusal(database, old, new, trouble)
        try:
            _replace(connection, old, new)
        except sqlite3.Error as error:
            raise _refusal(database, old, new, str(error)) from error
    return True


def _location(connection: sqlite3.Connection, experiment: str) -> Path | None:
    """Find where an experiment has its artifacts; `None` where that is not known or not on disk."""
    if not {"name", "artifact_location"} <= columns_of(connection, "experiments"):
        return None
    row = connection.execute(
        "SELECT artifact_location FROM experiments WHERE name = ?", (experiment,)
    ).fetchone()
    return path_of(row[0]) if row and row[0] else None


def _replace(connection: sqlite3.Connection, old: Path, new: Path) -> None:
    # The names of tables and columns are ours, from the list above.
    for table, column in PLACES[:-1]:
        for before, after in zip(uris_of(old), uris_of(new), strict=True):
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?)"
                f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
            )
    # A run in the new place would be given the entry that one in the old place has made.
    table, column = PLACES[-1]
    before, after = (json.dumps({"path": f"{place}/"}).removesuffix('"}') for place in (old, new))
    connection.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (before, after))


def _refusal(database: Path, old: Path, new: Path, trouble: str) -> RecordError:
    return RecordError(
        f"MLflow's runs are stored with places below {old}, and the project is now in {new}; in "
        f"{database.name} they cannot be corrected: {trouble}. The database is as it was. Move the "
        f"project back to {old}, or install the MLflow that made the database and try again."
    )
