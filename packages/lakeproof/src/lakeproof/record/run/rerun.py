"""A run that is a re-run: what it is told, and how it keeps its hands off what is the user's.

The process that asked for it writes a file and names it in the environment; the run, which may be
of an older version of this project, reads it here. So the file has a schema of its own, and the two
sides share nothing else.
"""

import copy
import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.errors import RunError
from lakeproof.record.documents.document import spelled_back, spelled_out
from lakeproof.record.places.dataset_places import absolute
from lakeproof.record.places.redirection import MovedTable, Redirection, redirect_all
from lakeproof.record.setup.parameters import resolved_parameters, restored

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

VARIABLE = "LAKEPROOF_RERUN"
SCHEMA = 1


@dataclass(frozen=True)
class RerunTable:
    """Where a table of the run is.

    Args:
        dataset: The catalog name.
        uri: Where it is read and written now.
        recorded_uri: What its record is to call it: the place of the real one.
        version: The version whose content has been verified, if it has.
        digest: Of that version, computed from its rows.
    """

    dataset: str
    uri: str
    recorded_uri: str
    version: int | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Rerun:
    """What a re-run is told.

    Args:
        reproduces: The run that it repeats.
        store: A folder for the MLflow store that it logs to.
        record_path: Where it leaves its record.
        tables: The tables of the run.
        credentials_from: The user's configuration folder, from which credentials are read.
        kedro_env: The environment whose credentials they are.
        engine: Replaces the catalog's, where the re-run is to be on another one.
        spark: Today's `spark.yml`, where that engine is asked for.
        arrivals: The names of the files of a folder, by dataset, as the run took them, where that
            is not their own order.
        parameters: Their values as the run had them.
        redacted: The dotted names of those that are replaced.
        project: The user's project, to whose surroundings places in the catalog may lead.
    """

    reproduces: str
    store: str
    record_path: str
    tables: tuple[RerunTable, ...]
    credentials_from: str | None = None
    kedro_env: str | None = None
    engine: str | None = None
    spark: Mapping[str, str] | None = None
    arrivals: Mapping[str, list[str]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    redacted: tuple[str, ...] = ()
    project: str | None = None
    schema: int = SCHEMA

    def write(self, path: Path) -> None:
        """Leave it for the process that reads it."""
        # What is not said needs no word for it in the recorded code.
        told = {key: value for key, value in asdict(self).items() if value not in (None, {}, ())}
        told["tables"] = told.get("tables", ())
        if self.parameters:
            told["parameters"] = spelled_out(self.parameters)
        # Settings of Spark may hold what is nobody else's.
        path.touch(mode=0o600)
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")

    def verified_digest(self, uri: str, version: int) -> str | None:
        """Give the digest of a version that was verified just before the re-run."""
        for table in self.tables:
            if (table.uri, table.version) == (uri, version):
                return table.digest
        return None


def current() -> Rerun | None:
    """Tell what this process is told, if it is a re-run.

    Raises:
        RunError: If it is told by a newer version than it understands.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    if content["schema"] > SCHEMA:
        raise RunError(
            f"The re-run is asked for in schema {content['schema']}; the code of the recorded run "
            f"understands up to {SCHEMA}. Nothing was run. Reproduce it with the version of "
            "Lakeproof that recorded it."
        )
    known = {one.name for one in fields(Rerun)}
    # What came later and can be done without is left out by whoever asks where it says nothing.
    told = {key: value for key, value in content.items() if key in known}
    told["tables"] = tuple(RerunTable(**table) for table in told["tables"])
    told["parameters"] = spelled_back(told.get("parameters", {}))
    told["redacted"] = tuple(told.get("redacted", ()))
    return Rerun(**told)


def prepare(rerun: Rerun, context: "KedroContext") -> None:
    """Give a re-run a store of its own and the user's present credentials.

    Also ends this process as soon as the one that asked for it is gone, however it went.
    """
    _end_with_parent()
    loader: Any = context.config_loader
    if rerun.spark is not None:
        loader["spark"] = dict(rerun.spark)
    store = Path(rerun.store)
    store.mkdir(parents=True, exist_ok=True)
    mlflow = _configured(loader, "mlflow", {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]})
    tracking = dict(mlflow.get("tracking") or {})
    experiment = {**(tracking.get("experiment") or {})}
    experiment["create_experiment_kwargs"] = {"artifact_location": str(store / "mlartifacts")}
    run = {**(tracking.get("run") or {}), "id": None, "nested": False}
    # A value that is set takes the place of the files.
    loader["mlflow"] = {
        "server": {"mlflow_tracking_uri": f"sqlite:///{store / 'mlflow.db'}"},
        "tracking": {**tracking, "experiment": experiment, "run": run},
    }
    if rerun.credentials_from is not None:
        # Not another loader: to make one gives the resolver `globals` to it, for the whole process,
        # and with it what today's configuration says.
        theirs = copy.copy(loader)
        theirs.conf_source, theirs.env = rerun.credentials_from, rerun.kedro_env
        loader["credentials"] = _configured(theirs, "credentials", {})
    if rerun.parameters:
        loader["parameters"] = copy.deepcopy(
            dict(restored(rerun.parameters, rerun.redacted, lambda: resolved_parameters(loader)))
        )


def redirect(rerun: Rerun, catalog: "CatalogProtocol[Any, Any]") -> None:
    """Let each table be where the re-run was told that it is, on the engine it was told.

    A stream takes what the run took, in that order: nothing arrives in scratch.
    """
    from lakeproof.deliveries import DeliveryStream
    from lakeproof.delta.delta_table import DeltaTable

    for name, dataset in catalog.items():
        if isinstance(dataset, DeliveryStream):
            dataset.replay(rerun.arrivals.get(name))
    if rerun.engine is not None:
        for _, dataset in catalog.items():
            if isinstance(dataset, DeltaTable):
                dataset.use_engine(rerun.engine)
    for table in rerun.tables:
        dataset = catalog.get(table.dataset)
        if isinstance(dataset, DeltaTable):
            dataset.move_to(table.uri)


def hold_outputs(
    rerun: Rerun,
    pipeline: "Pipeline",
    catalog: "CatalogProtocol[Any, Any]",
    project_path: Path,
) -> Redirection:
    """Keep every dataset away from what is the user's, whatever it would read or write.

    Returns:
        Where each place of the real project is in the re-run.

    Raises:
        RunError: If a table would be written that is not in scratch. The recorded run did not write
            it, or its record would say so and it would be there.
    """
    from lakeproof.delta.delta_table import DeltaTable

    scratch = Path(rerun.store).parent
    for name in sorted(pipeline.all_outputs()):
        dataset: Any = catalog.get(name)
        if isinstance(dataset, DeltaTable) and not _is_inside(dataset.location.uri, scratch):
            raise RunError(
                f"The re-run may write table '{name}' at {dataset.location.uri}, which the "
                "recorded run did not write. Nothing was run, and the table is as it was."
            )
    copies = (
        MovedTable(absolute(project_path / table.recorded_uri), absolute(table.uri))
        for table in rerun.tables
        if "://" not in table.recorded_uri and _is_inside(table.uri, scratch)
    )
    real = Path(rerun.project) if rerun.project is not None else None
    redirection = Redirection(scratch, project_path, real, copies)
    redirect_all(redirection, pipeline, catalog)
    return redirection


def _is_inside(path: Any, folder: Path) -> bool:
    return "://" not in str(path) and Path(path).resolve().is_relative_to(folder.resolve())


def _configured(loader: Any, key: str, patterns: dict[str, list[str]]) -> dict[str, Any]:
    from kedro.config import MissingConfigException

    loader.config_patterns.update(patterns)
    try:
        return dict(loader[key])
    except MissingConfigException:
        return {}


def _end_with_parent() -> None:
    """Wait for the parent's end of the pipe to close; a parent that was killed closes it too."""

    def wait() -> None:
        while os.read(descriptor, 1024):
            pass
        os._exit(130)

    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return
    threading.Thread(target=wait, name="lakeproof-parent", daemon=True).start()
