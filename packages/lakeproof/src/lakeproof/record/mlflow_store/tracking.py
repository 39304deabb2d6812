"""Where a project keeps its MLflow runs, read from configuration as kedro-mlflow reads it.

For commands, which open no Kedro session and start no run; and for the one thing that MLflow cannot
mend itself: it stores absolute paths, so a project that was moved would look for its artifacts in
the old place, and write new ones there.
"""

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

_PATTERNS = {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]}
_SQLITE, _FILE = "sqlite:///", "file://"
# Every column in which MLflow 3.17 keeps a place under the artifact location.
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    # A tag of each trace, among others that hold no such place.
    ("trace_tags", "value"),
)


@dataclass(frozen=True)
class Tracking:
    """Where runs are kept.

    Args:
        uri: Of the tracking store.
        experiment: Name of the project's experiment.
        artifacts: Its configured artifact location, if one is.
        variables: What the store needs in the environment: the credentials that `mlflow.yml` names.
    """

    uri: str
    experiment: str
    artifacts: str | None
    variables: Mapping[str, str]


def open_loader(project_path: Path, env: str | None) -> Any:
    """Make the project's config loader without a session; no hook runs, no pipeline is imported."""
    from kedro.framework.project import settings

    from lakeproof.record.places.project_paths import register_project_path

    register_project_path(project_path)
    return settings.CONFIG_LOADER_CLASS(
        conf_source=str(project_path / settings.CONF_SOURCE),
        env=env,
        **settings.CONFIG_LOADER_ARGS,
    )


def tracking_of(project_path: Path, loader: Any) -> Tracking:
    """Read where the runs of an environment are kept.

    Args:
        project_path: Paths without a scheme are relative to it; it has been bootstrapped.
        loader: The environment's config loader.
    """
    from kedro.config import MissingConfigException
    from kedro.framework.project import PACKAGE_NAME

    loader.config_patterns.update(_PATTERNS)
    try:
        config = loader["mlflow"] or {}
    except MissingConfigException:
        config = {}
    server = config.get("server") or {}
    experiment = (config.get("tracking") or {}).get("experiment") or {}
    uri = server.get("mlflow_tracking_uri") or os.environ.get("MLFLOW_TRACKING_URI", "mlruns")
    artifacts = (experiment.get("create_experiment_kwargs") or {}).get("artifact_location")
    variables: Mapping[str, Any] = {}
    if server.get("credentials"):
        try:
            variables = loader["credentials"].get(server["credentials"]) or {}
        except MissingConfigException:
            variables = {}
    return Tracking(
        uri=_absolute(project_path, uri),
        experiment=experiment.get("name") or str(PACKAGE_NAME),
        artifacts=_absolute(project_path, artifacts) if artifacts else None,
        variables={key: str(value) for key, value in variables.items()},
    )


def follow_move(tracking: Tracking) -> bool:
    """Let a store in SQLite find its artifacts again after the project's folder was moved.

    Acts only where the configured location is on this disk and the experiment has another one, and
    changes what lies below that one alone, or, where database and artifacts lie side by side, below
    the folder they were in; in one transaction.

    Returns:
        Whether anything was changed.
    """
    if tracking.artifacts is None or not tracking.uri.startswith(_SQLITE):
        return False
    database = Path(tracking.uri.removeprefix(_SQLITE))
    # Side by side they have moved together, even where one has yet to arrive.
    is_beside = Path(tracking.artifacts).parent == database.parent
    if not database.is_file() or not (is_beside or Path(tracking.artifacts).is_dir()):
        return False
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        row = connection.execute(
            "SELECT artifact_location FROM experiments WHERE name = ?", (tracking.experiment,)
        ).fetchone()
        old = _path(row[0]) if row and row[0] else None
        new = Path(tracking.artifacts)
        if old is None or not old.is_absolute() or old == new or old.name != new.name:
            return False
        if is_beside:
            # What else is in the project: MLflow's own first experiment, the tables that were read.
            old, new = old.parent, new.parent
        known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        for table, column in _PLACES:
            if table not in known:
                continue
            for before, after in zip(_forms(old), _forms(new), strict=True):
                # The names are ours, from the list above.
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?)"
                    f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )
        if "datasets" in known:
            # A run in the new place would be given the entry that one in the old place has made.
            before, after = (
                json.dumps({"path": f"{place}/"}).removesuffix('"}') for place in (old, new)
            )
            connection.execute(
                "UPDATE datasets SET dataset_source = replace(dataset_source, ?, ?)",
                (before, after),
            )
    return True


def _path(location: str) -> Path | None:
    """Give the path of an artifact location, `None` where it is not on this disk."""
    if location.startswith(_FILE):
        return Path(unquote(location.removeprefix(_FILE)))
    return None if "://" in location else Path(location)


def local_path(uri: str) -> Path | None:
    """Give the file of an artifact, if its address can mean nothing but one on this disk.

    Returns:
        `None` where MLflow is to be asked, which reads more addresses, and some of them otherwise.
    """
    path = _path(uri)
    is_plain = path is not None and path.is_absolute() and not set(uri) & set("%?#;")
    return path if is_plain else None


def _forms(path: Path) -> tuple[str, ...]:
    """Give all forms in which MLflow and kedro-mlflow write a place."""
    return str(path), path.as_uri(), f"{_FILE}{path}"


def has_store(tracking: Tracking) -> bool:
    """Tell whether there is a store; of one that is not on this disk it is not known."""
    if tracking.uri.startswith(_SQLITE):
        return Path(tracking.uri.removeprefix(_SQLITE)).is_file()
    place = local_path(tracking.uri)
    return place is None or place.is_dir()


def is_local(uri: str) -> bool:
    """Tell whether a tracking store is a file or a folder on this disk."""
    return uri.startswith(_SQLITE) or local_path(uri) is not None


def _absolute(project_path: Path, uri: str) -> str:
    """Place a path in the project; leave a URI as it is."""
    if "://" in uri or uri.startswith(("databricks", "http:", "file:")):
        return uri
    return str(project_path / uri)
