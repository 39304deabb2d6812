"""Which runs have a model in service: one with an alias or a stage in MLflow's registry."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lakeproof.errors import LakeproofError
from lakeproof.record.mlflow_store.server import asked_once, require_server
from lakeproof.record.mlflow_store.tracking import Tracking, has_store, serving

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.store.entities import PagedList
    from mlflow.tracking import MlflowClient

# What MLflow calls a stage that nobody has given.
_NO_STAGES = (None, "", "None")


def runs_in_service(trackings: Iterable[Tracking]) -> frozenset[str] | None:
    """List the runs that made models with an alias or a stage.

    Returns:
        `None` if a registry does not answer: then every model may be in service.
    """
    found: set[str] = set()
    for tracking in trackings:
        registry = tracking.registry or tracking.uri
        if registry == tracking.uri and not has_store(tracking):
            continue
        try:
            with serving(registry), asked_once():
                # Of one that is gone, MLflow would ask again and again.
                require_server(replace(tracking, uri=registry))
                from mlflow.tracking import MlflowClient

                client = MlflowClient(tracking.uri, registry_uri=registry)
                found.update(one.run_id for one in _in_service(client) if one.run_id)
        except LakeproofError:
            return None
    return frozenset(found)


def _in_service(client: "MlflowClient") -> "Iterator[ModelVersion]":
    for model in _all(client.search_registered_models):
        for version in set(dict(model.aliases).values()):
            yield client.get_model_version(model.name, str(version))
    for one in _all(client.search_model_versions):
        if one.current_stage not in _NO_STAGES:
            yield one


def _all(search: Callable[..., "PagedList[Any]"]) -> Iterator[Any]:
    """Give what a search finds, page after page."""
    token = None
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return
