"""Models that a run loads from MLflow: which version an alias means is settled once, at the start.

An alias moves, and so do a stage and the latest version. What is loaded is a folder that has been
digested, in the run and in its re-run alike. Not for models that the run has saved itself.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.checksum import sha256_of
from lakeproof.errors import RunError
from lakeproof.record.documents.rerun_request import RerunModel
from lakeproof.record.facts import ModelRead

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

# Of kedro-mlflow's datasets: as the catalog has it, and as it follows from a name and an alias.
_ATTRIBUTES = ("_user_defined_model_uri", "model_uri")
_SCHEMES = ("models:/", "runs:/")
# Written by whoever downloads a registered model, and no part of it.
_NOT_ITS_OWN = "registered_model_meta"


def pin_models(
    pipeline: "Pipeline",
    catalog: "CatalogProtocol[Any, Any]",
    store: str,
    told: Iterable[RerunModel] = (),
) -> tuple[ModelRead, ...]:
    """Settle which models a run loads, and let its datasets load those.

    Args:
        pipeline: What is about to run.
        catalog: Its datasets are changed in place.
        store: The tracking store, whose registry is asked.
        told: Where a re-run finds the models that it is to load.

    Raises:
        RunError: If there is no such model.
    """
    given = {one.dataset: one for one in told}
    found = []
    for name, dataset, asked in _loaded(pipeline, catalog):
        if (one := given.get(name)) is not None:
            asked, uri, folder = one.asked, one.uri, Path(one.folder)
        else:
            uri, folder = _brought(name, asked, store)
        _give(dataset, folder)
        found.append(ModelRead(name, asked, uri, digest_of(folder)))
    return tuple(found)


def digest_of(folder: Path) -> str:
    """Digest the files of a model, by their paths."""
    lines = (
        f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _NOT_ITS_OWN
    )
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def found_model(model: ModelRead, find: Callable[[str], Path | None]) -> Path | None:
    """Give the folder of a recorded model; `None` where it is gone.

    Args:
        model: As recorded.
        find: Brings an artifact of the user's store by its place.
    """
    if model.uri.startswith("runs:/"):
        found = find(model.uri)
        return found if found is not None and found.is_dir() else None
    # Each model has this file, and MLflow brings the whole folder with it.
    found = find(f"{model.uri}/MLmodel")
    return found.parent if found is not None and found.is_file() else None


def _loaded(
    pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]"
) -> Iterator[tuple[str, Any, str]]:
    for name in sorted(pipeline.inputs()):
        dataset = catalog.get(name)
        # A cache stands before what it caches.
        dataset = getattr(dataset, "_dataset", dataset)
        own = vars(dataset) if hasattr(dataset, "__dict__") else {}
        for attribute in _ATTRIBUTES:
            uri = own.get(attribute)
            if isinstance(uri, str) and uri.startswith(_SCHEMES):
                yield name, dataset, uri
                break


def _give(dataset: Any, folder: Path) -> None:
    own = vars(dataset)
    own[next(name for name in _ATTRIBUTES if own.get(name))] = str(folder)


def _brought(name: str, asked: str, store: str) -> tuple[str, Path]:
    from mlflow.artifacts import download_artifacts

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        uri = _settled(asked, store)
        place = tempfile.mkdtemp(prefix="lakeproof-model-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        return uri, Path(download_artifacts(artifact_uri=uri, dst_path=place, tracking_uri=store))
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise RunError(
            f"The model {asked} of dataset '{name}' cannot be loaded from MLflow: {said}. Nothing "
            "was run. Correct the entry, or register the model: see the Models page of mlflow ui."
        ) from error


def _settled(asked: str, store: str) -> str:
    """Name the version that an alias, a stage or `latest` means now."""
    from mlflow import MlflowClient
    from mlflow.store.artifact.utils.models import get_model_name_and_version

    if asked.startswith("runs:/"):
        return asked
    client = MlflowClient(store, registry_uri=store)
    settle: Any = get_model_name_and_version
    found = settle(client, asked)
    # The id of a logged model is one part, and always means the same.
    return asked if len(found) == 1 else f"models:/{found[0]}/{found[1]}"
