"""A run that is a re-run: it does as it is told, and keeps its hands off what is the user's.

Not for how it is told: that is a document of its own (`rerun_request`).
"""

import copy
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.errors import RunError
from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.places.dataset_places import absolute
from lakeproof.record.places.redirection import MovedTable, Redirection, redirect_all
from lakeproof.record.setup.catalog_values import hold_catalog
from lakeproof.record.setup.opened_buckets import existing_environments, lacking, opened_by
from lakeproof.record.setup.parameters import resolved_parameters, restored
from lakeproof.versioned.contract import has_engine, is_versioned

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline


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
    others: list[Any] = []
    if rerun.credentials_from is not None:
        # Not another loader: to make one gives the resolver `globals` to it, for the whole process,
        # and with it what today's configuration says.
        theirs = copy.copy(loader)
        theirs.conf_source, theirs.env = rerun.credentials_from, rerun.kedro_env
        loader["credentials"] = _configured(theirs, "credentials", {})
        for env in existing_environments(Path(rerun.credentials_from)):
            others.append(copy.copy(theirs))
            others[-1].env = env
    # After the credentials: theirs is a copy of the loader, which reads elsewhere.
    hold_catalog(loader, rerun.catalog)
    _open_with_others(loader, others)
    if rerun.parameters:
        loader["parameters"] = copy.deepcopy(
            dict(restored(rerun.parameters, rerun.redacted, lambda: resolved_parameters(loader)))
        )


def _open_with_others(loader: Any, others: Iterable[Any]) -> None:
    """Take the credentials that the user's environment has not, or no more, from another's entry.

    Where there is none, it is an empty one: most tables are in scratch, and what is not says it.
    """
    try:
        known, wanted = (
            dict(loader["credentials"]),
            lacking(loader["catalog"], loader["credentials"]),
        )
    except Exception:
        return  # Kedro says it when it makes the catalog
    if wanted:
        found = {name: opened_by(bucket, others) for name, bucket in wanted.items()}
        own = {name: dict(one.options) if one is not None else {} for name, one in found.items()}
        loader["credentials"] = {**known, **own}


def redirect(rerun: Rerun, catalog: "CatalogProtocol[Any, Any]") -> None:
    """Let each table be where the re-run was told that it is, on the engine it was told.

    A stream takes what the run took, in that order: nothing arrives in scratch.
    """
    from lakeproof.deliveries import DeliveryFolder, DeliveryStream

    for name, dataset in catalog.items():
        if isinstance(dataset, DeliveryFolder) and name in rerun.deliveries:
            dataset.lie_in(Path(rerun.deliveries[name]))
        if isinstance(dataset, DeliveryStream):
            dataset.replay(rerun.arrivals.get(name))
    if rerun.engine is not None:
        for _, dataset in catalog.items():
            if has_engine(dataset):
                dataset.use_engine(rerun.engine)
    for table in rerun.tables:
        dataset = catalog.get(table.dataset)
        if is_versioned(dataset):
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
    scratch = Path(rerun.store).parent
    for name in sorted(pipeline.all_outputs()):
        dataset: Any = catalog.get(name)
        if is_versioned(dataset) and not _is_inside(dataset.location.uri, scratch):
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
