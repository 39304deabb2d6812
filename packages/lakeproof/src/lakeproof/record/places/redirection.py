"""Where everything is in a re-run: in scratch, wherever the real one is and whatever its dataset.

Each place of the real project has one in scratch, so that two datasets that share a place share it
there too. What lies in the project lies in the scratch project; what lies elsewhere lies in a
folder that stands for the root of the file system; a table that is written has a copy of its own.
Not for how a dataset is told (`places`), nor for what is put there before (`reproduce.raw_files`).
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.record.places.dataset_places import absolute, is_in_memory, move, named
from lakeproof.record.places.machine_places import is_above, is_of_machine
from lakeproof.versioned.contract import is_versioned

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

OUTSIDE = "outside"
# They write to the store of the re-run, and to no place of their own.
_TO_THE_STORE = (
    "kedro_mlflow.io.metrics",
    "kedro_mlflow.io.models",
    "lakeproof.model.mlflow_trials",
)


@dataclass(frozen=True)
class MovedTable:
    """A table that the re-run writes: the place of the real one, and that of its copy."""

    real: Path
    copy: Path


class Redirection:
    """Translate places of the real project into those of a re-run, and back.

    Args:
        scratch: The folder of the re-run.
        project: The scratch project.
        real_project: The user's; `None` where the re-run is not told, and then what lies elsewhere
            is taken as it is.
        tables: Those that it writes.
    """

    def __init__(
        self,
        scratch: Path,
        project: Path,
        real_project: Path | None = None,
        tables: Iterable[MovedTable] = (),
    ) -> None:
        self.scratch = absolute(scratch)
        self._project = absolute(project)
        self._real_project = None if real_project is None else absolute(real_project)
        self._tables = tuple(tables)
        self._outside = outside_of(self.scratch)

    def target(self, place: str) -> Path | None:
        """Give the place in scratch of one that a dataset names; `None` where it is that, or stays.

        Args:
            place: Absolute, as it is written: `..` in it may lead out of the scratch project, which
                is not where it leads out of the real one.
        """
        plain = absolute(place)
        if Path(place).is_relative_to(self._project) and not plain.is_relative_to(self._project):
            if self._real_project is None:
                return None
            plain = absolute(self._real_project / os.path.relpath(plain, self._project))
        if self.is_of_machine(plain):
            return None
        target = self._copied(plain)
        if target is None and not plain.is_relative_to(self.scratch):
            within = self._within(plain)
            target = mirror(self._outside, plain) if within is None else within
            target = self._copied(target) or target
        return target if target is not None and str(target) != place else None

    def _copied(self, place: Path) -> Path | None:
        """Give the place in the copy of a table, where one is written."""
        for table in self._tables:
            if place.is_relative_to(table.real):
                return table.copy / place.relative_to(table.real)
        return None

    def real(self, place: Path) -> Path:
        """Give the place of the real one, by the scratch project's where it is in a project."""
        plain = absolute(place)
        for table in self._tables:
            if plain.is_relative_to(table.copy):
                return table.real / plain.relative_to(table.copy)
        if plain.is_relative_to(self._outside):
            return Path("/", plain.relative_to(self._outside))
        return plain

    def is_of_machine(self, place: Path) -> bool:
        """Tell what belongs to the system and to neither project, wherever they lie."""
        real = [] if self._real_project is None else [self._real_project]
        return is_of_machine(place, self.scratch, self._project, *real)

    def was_empty(self, place: str) -> bool:
        """Tell a folder of which the re-run has nothing: the run has taken down all that lay in it.

        Where the re-run is not told of the project, it has nothing of any folder elsewhere.
        """
        real = self._real_project
        return real is not None and os.path.isdir(place) and not is_above(absolute(place), real)

    def is_inside(self, place: Path) -> bool:
        """Tell whether a place is in scratch, where everything may be written."""
        return absolute(place).is_relative_to(self.scratch)

    def _within(self, place: Path) -> Path | None:
        """Give the scratch project's place of one in the real project, by whatever name."""
        if self._real_project is None:
            return None
        real = self._real_project
        for one, root in ((place, real), (Path(os.path.realpath(place)), real.resolve())):
            if one.is_relative_to(root):
                return self._project / one.relative_to(root)
        return None


def outside_of(scratch: Path) -> Path:
    """Give the folder of a re-run that stands for the root of the file system."""
    return scratch / OUTSIDE


def mirror(outside: Path, place: Path) -> Path:
    """Give the place below that folder; two names of one file, by links, are one there."""
    return outside / os.path.realpath(place).lstrip("/")


def written_at(scratch: Path, project: Path, path: str) -> Path:
    """Give the place at which a re-run has written a file.

    Args:
        scratch: The folder of the re-run.
        project: The project in it.
        path: As the record has it: relative to the project, or absolute.
    """
    if os.path.isabs(path):
        return mirror(outside_of(scratch), Path(path))
    return project / path


def redirect_all(
    redirection: Redirection, pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]"
) -> None:
    """Let every dataset of a run be where the re-run has it, and keep its hands off all else.

    What has no local place (SQL, an API, a bucket) is digested and held in memory where it would be
    written; where it is read, it is read and does nothing beside.
    """
    from kedro.io import MemoryDataset

    written = pipeline.all_outputs()
    confirmed = {name for node in pipeline.nodes for name in node.confirms}
    datasets: dict[str, Any] = {
        name: dataset
        for name in sorted(pipeline.datasets() | confirmed)
        if not is_in_memory(dataset := catalog.get(name)) and not is_versioned(dataset)
    }
    shared = set[Path]()
    # Outputs first: what is read at their place is read where they go.
    for name in sorted(datasets.keys() & written):
        is_there = move(datasets[name], lambda place: _text(redirection.target(place)))
        if is_there and is_harmless(redirection, datasets[name]):
            shared.update(named(datasets[name]).places)
        else:
            catalog[name] = held = MemoryDataset()
            vars(held)["confirm"] = _nothing
    for name in sorted(datasets.keys() - written):
        _redirect_input(redirection, datasets[name], shared)


def is_harmless(redirection: Redirection, dataset: Any) -> bool:
    """Tell whether whatever a dataset does stays in memory or in scratch."""
    if is_in_memory(dataset):
        return True
    own = vars(dataset)
    if own.get("run_id") or own.get("_run_id"):
        return False  # it would look for the run in the user's store
    found = named(dataset)
    places = [place for place in found.places if not redirection.is_of_machine(place)]
    is_inside = all(map(redirection.is_inside, places))
    if type(dataset).__module__.startswith(_TO_THE_STORE):
        return is_inside
    return bool(places) and is_inside and not found.is_remote


def _redirect_input(redirection: Redirection, dataset: Any, shared: set[Path]) -> None:
    def change(place: str) -> str | None:
        target = redirection.target(place)
        if target is None:
            return None
        is_shared = any(target.is_relative_to(one) or one.is_relative_to(target) for one in shared)
        # What is there and was not recorded is no data of the run's, such as a program.
        is_known = is_shared or target.exists() or not os.path.exists(place)
        if not is_known and redirection.was_empty(place):
            target.mkdir(parents=True)
            is_known = True
        return str(target) if is_known else None

    move(dataset, change)
    if not is_harmless(redirection, dataset):
        _let_it_be(dataset)


def _let_it_be(dataset: Any) -> None:
    """Let a dataset that is read elsewhere do nothing but load: neither note nor tidy up."""
    for name in ("confirm", "release", "save"):
        if callable(getattr(dataset, name, None)):
            vars(dataset)[name] = _nothing


def _nothing(*_: Any, **__: Any) -> None:
    """Take the place of what would change something that is the user's."""


def _text(place: Path | None) -> str | None:
    return None if place is None else str(place)
