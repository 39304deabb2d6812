"""The models that a run loaded from MLflow, for its re-run: copied, and held against the record."""

import shutil
from collections.abc import Callable
from pathlib import Path

from lakeproof.record.documents.rerun_request import RerunModel
from lakeproof.record.registry.loaded_models import digest_of, found_model
from lakeproof.reproduce.stages.stage_results import StageError
from lakeproof.reproduce.stages.stage_types import PlaceModels

FindArtifact = Callable[[str], Path | None]


def placed_models(stage: PlaceModels, find: FindArtifact, folder: Path) -> tuple[RerunModel, ...]:
    """Copy each model to where the re-run loads it.

    Args:
        stage: Which, as recorded.
        find: Brings an artifact of the user's store by its place.
        folder: Of the re-run alone.

    Raises:
        StageError: If one is gone or another, with both digests.
    """
    placed, missing = [], []
    for number, model in enumerate(stage.models):
        found = found_model(model, find)
        digest = digest_of(found) if found is not None else None
        if found is None or digest != model.digest:
            now = "is gone from MLflow" if found is None else f"now has the digest {digest}"
            missing.append(
                f"The model {model.uri} of dataset '{model.dataset}' {now}; the run loaded "
                f"{model.digest}. Nothing was run."
            )
            continue
        target = folder / str(number)
        shutil.copytree(found, target)
        placed.append(RerunModel(model.dataset, model.asked, model.uri, str(target)))
    if missing:
        raise StageError(stage.name, missing)
    return tuple(placed)
