"""Give models that a run has logged a name in MLflow's registry, once the run is recorded.

A version of a registered model is what others load, so none is made of a run that failed, of a
re-run, or of one whose record has not arrived.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lakeproof.model import SklearnModel

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from mlflow.tracking import MlflowClient

_ALREADY_THERE = "RESOURCE_ALREADY_EXISTS"


def register(
    client: "MlflowClient", run_id: str, catalog: "CatalogProtocol[Any, Any]"
) -> Iterator[str]:
    """Register the models of a run whose catalog entries say `registered_model`.

    Args:
        client: Of the store that the run is in.
        run_id: The run, which has a record.
        catalog: Its datasets know what they have logged.

    Yields:
        A sentence for each: what became of it.
    """
    for name, dataset in catalog.items():
        if not isinstance(dataset, SklearnModel) or dataset.registered_model is None:
            continue
        if dataset.artifact_uri is None:
            continue  # this run did not save it
        try:
            yield _registered(client, run_id, dataset)
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            yield (
                f"The model '{name}' is recorded and was not registered as "
                f"'{dataset.registered_model}': {said}"
            )


def _registered(client: "MlflowClient", run_id: str, dataset: SklearnModel) -> str:
    from mlflow.exceptions import MlflowException

    name, alias = str(dataset.registered_model), dataset.alias
    model_id = str(dataset.artifact_uri).split("/")[1]
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != _ALREADY_THERE:
            raise
    made = client.create_model_version(
        name, f"models:/{model_id}", run_id=run_id, model_id=model_id
    )
    if alias is None:
        return f"Registered the model as {name}, version {made.version}"
    client.set_registered_model_alias(name, alias, str(made.version))
    return f"Registered the model as {name}, version {made.version}, alias '{alias}'"
