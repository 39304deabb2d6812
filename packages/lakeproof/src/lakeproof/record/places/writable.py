"""Whether a run may write what it is going to write: asked before its first node, all at once.

In a container the project may be read-only and the user nobody. A run that notices so at its last
node has computed for nothing.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.errors import RunError
from lakeproof.record.places import dataset_places
from lakeproof.state_folder import VARIABLE, state_of

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

_MOST_NAMED = 8
_STATE = "what Lakeproof keeps"


def require_writable(
    project_path: Path, outputs: Mapping[str, Any], store: Iterable[str | None]
) -> None:
    """Refuse a run that would fail to write.

    Args:
        project_path: The project.
        outputs: The datasets that it is going to save, by name.
        store: Where MLflow keeps runs and artifacts, where that is on this disk.

    Raises:
        RunError: With all of the places.
    """
    found = list(_not_writable(project_path, outputs, store))
    if not found:
        return
    named = "; ".join(found[:_MOST_NAMED]) + ("; …" if len(found) > _MOST_NAMED else "")
    who = f" (user id {os.getuid()})" if hasattr(os, "getuid") else ""
    raise RunError(
        f"This process{who} may not write what the run would write: {named}. Nothing was run. "
        "Mount these places writable for it, or name others in the catalog and in mlflow.yml"
        + (f"; for {_STATE}: {VARIABLE}=/a/folder." if _has_state(found) else ".")
    )


def saved(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> dict[str, Any]:
    """Give the datasets that a pipeline saves and that keep what they are given, by name."""
    found = {name: catalog.get(name) for name in sorted(pipeline.all_outputs())}
    return {name: one for name, one in found.items() if not dataset_places.is_in_memory(one)}


def _not_writable(
    project_path: Path, outputs: Mapping[str, Any], store: Iterable[str | None]
) -> Iterator[str]:
    state = state_of(project_path)
    if not may_write(state / "any"):
        yield f"{_STATE} ({state})"
    for name, dataset in outputs.items():
        places = dataset_places.find(dataset, project_path)
        wrong = next((place for place in places if not may_write(place)), None)
        if wrong is not None:
            yield f"'{name}' ({_shown(wrong, project_path)})"
    for place in dict.fromkeys(filter(None, store)):
        if not may_write(Path(place)):
            yield f"MLflow's store ({_shown(Path(place), project_path)})"


def may_write(place: Path) -> bool:
    """Tell whether a file or folder can be made, or replaced, at a place."""
    if place.exists() and not os.access(place, os.W_OK):
        return False
    # What is replaced needs the folder; what is not there needs the next one above it.
    above = next(parent for parent in place.parents if parent.exists())
    return os.access(above, os.W_OK | os.X_OK)


def _has_state(found: Iterable[str]) -> bool:
    return any(one.startswith(_STATE) for one in found)


def _shown(place: Path, project_path: Path) -> str:
    return (
        str(place.relative_to(project_path)) if place.is_relative_to(project_path) else str(place)
    )
