"""Where a project keeps its MLflow runs, read from configuration as kedro-mlflow reads it.

For commands, which open no Kedro session and start no run.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lakeproof.advice import where_written
from lakeproof.errors import LakeproofError
from lakeproof.record.setup.mlflow_yml import configuration_fault
from lakeproof.startup.trouble import is_through, told

_PATTERNS = {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]}
SQLITE, FILE = "sqlite:///", "file://"


@dataclass(frozen=True)
class Tracking:
    """Where runs are kept.

    Args:
        uri: Of the tracking store.
        experiment: Name of the project's experiment.
        artifacts: Its configured artifact location, if one is.
        variables: What the store needs in the environment: the credentials that `mlflow.yml` names.
        project_path: The project, in which records that are fetched are kept.
        registry: Where models are registered, if that is another place.
    """

    uri: str
    experiment: str
    artifacts: str | None
    variables: Mapping[str, str]
    project_path: Path | None = None
    registry: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Where on this disk it keeps runs and artifacts; nowhere where that is a server."""
        sqlite = self.uri.removeprefix(SQLITE) if self.uri.startswith(SQLITE) else None
        found = (sqlite, *map(local_path, filter(None, (self.uri, self.artifacts))))
        return tuple(str(place) for place in found if place is not None)


class StoreError(LakeproofError):
    """A tracking store cannot serve."""


@contextmanager
def serving(uri: str, through: str = "") -> Iterator[None]:
    """Say of what goes wrong in a tracking store which one it is, and which file names it.

    Args:
        uri: Of the store.
        through: The package whose errors are meant, where others may come up, too.

    Raises:
        StoreError: In place of whatever MLflow, its database or its server raised.
    """
    try:
        yield
    except LakeproofError:
        raise
    except Exception as error:
        if through and not is_through(error, through):
            raise
        if (fault := configuration_fault(error)) is not None:
            raise StoreError(fault) from error
        file = where_written("mlflow_tracking_uri")
        named = f"It is named in {file}" if file else "No mlflow.yml names another"
        # MLflow leaves the address of its database to the reader.
        words = told(error).replace("<database_uri>", uri)
        raise StoreError(
            f"The tracking store {uri} cannot serve: {words}\nNothing was run. {named}."
            + ("" if file else " Write one: kedro lakeproof init")
        ) from error


def open_loader(project_path: Path, env: str | None) -> Any:
    """Make the project's config loader without a session; no hook runs, no pipeline is imported.

    Raises:
        RunError: If there is no such environment.
    """
    from kedro.framework.project import settings

    from lakeproof.record.places.environments import require_environment
    from lakeproof.record.places.project_paths import register_configuration, register_project_path

    register_project_path(project_path)
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project_path / settings.CONF_SOURCE),
        env=env,
        **settings.CONFIG_LOADER_ARGS,
    )
    register_configuration(project_path, loader)
    require_environment(loader)
    return loader


def mlflow_in(loader: Any) -> Mapping[str, Any]:
    """Read what kedro-mlflow will be given of a configuration; nothing where it has no such file.

    Args:
        loader: An environment's config loader.
    """
    from kedro.config import MissingConfigException

    loader.config_patterns.update(_PATTERNS)
    try:
        return loader["mlflow"] or {}
    except MissingConfigException:
        return {}


def tracking_of(project_path: Path, loader: Any) -> Tracking:
    """Read where the runs of an environment are kept.

    Args:
        project_path: Paths without a scheme are relative to it; it has been bootstrapped.
        loader: The environment's config loader.
    """
    from kedro.config import MissingConfigException
    from kedro.framework.project import PACKAGE_NAME

    config = mlflow_in(loader)
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
        project_path=project_path,
        registry=server.get("mlflow_registry_uri") or os.environ.get("MLFLOW_REGISTRY_URI") or None,
    )


def path_of(location: str) -> Path | None:
    """Give the path of an artifact location, `None` where it is not on this disk."""
    if location.startswith(FILE):
        return Path(unquote(location.removeprefix(FILE)))
    # `mlflow-artifacts:/1`, `dbfs:/…`; one letter is a drive.
    has_scheme = re.match("[A-Za-z][A-Za-z0-9+.-]+:", location)
    return None if has_scheme else Path(location)


def local_path(uri: str) -> Path | None:
    """Give the file of an artifact, if its address can mean nothing but one on this disk.

    Returns:
        `None` where MLflow is to be asked, which reads more addresses, and some of them otherwise.
    """
    path = path_of(uri)
    is_plain = path is not None and path.is_absolute() and not set(uri) & set("%?#;")
    return path if is_plain else None


def uris_of(path: Path) -> tuple[str, ...]:
    """Give all forms in which MLflow and kedro-mlflow write a place."""
    return str(path), path.as_uri(), f"{FILE}{path}"


def has_store(tracking: Tracking) -> bool:
    """Tell whether there is a store; of one that is not on this disk it is not known."""
    if tracking.uri.startswith(SQLITE):
        return Path(tracking.uri.removeprefix(SQLITE)).exists()
    place = local_path(tracking.uri)
    return place is None or place.is_dir()


def is_local(uri: str) -> bool:
    """Tell whether a tracking store is a file or a folder on this disk."""
    return uri.startswith(SQLITE) or local_path(uri) is not None


def _absolute(project_path: Path, uri: str) -> str:
    """Place a path in the project; leave a URI as it is."""
    if "://" in uri or uri.startswith(("databricks", "http:", "file:")):
        return uri
    return str(project_path / uri)
