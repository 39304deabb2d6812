"""What the nodes of a run reach for beside their inputs, as facts of its record."""

from collections.abc import Iterable
from inspect import isgeneratorfunction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof import watch
from lakeproof.record.facts import NotControlled
from lakeproof.record.places.dataset_places import find
from lakeproof.record.places.project_paths import relative_to_project
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.watch import Controlled, NodeWatch, Seen

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline.node import Node

# By their digest the code is told apart; below the last is the machinery's own.
_OF_PROJECT = ("src", "pyproject.toml", ".lakeproof")


class NodeWatcher:
    """Look at each node's function while it runs, and at nothing else.

    Args:
        project_path: Places inside of it are written relative to it.
        source: The folder of its code.
        secrets: What must not even be digested.
        is_on: Whether to look at all.
    """

    def __init__(self, project_path: Path, source: Path, secrets: Secrets, is_on: bool) -> None:
        self._project_path = project_path
        self._own = [source, *(project_path / name for name in _OF_PROJECT)]
        self._secrets = secrets
        self.is_on = is_on
        self._watches: dict[str, NodeWatch] = {}
        self._found: dict[str, tuple[NotControlled, ...]] = {}

    def begins(self, node: "Node", catalog: "CatalogProtocol[Any, Any]") -> None:
        """Look from here on: the next that runs in this thread is the node's function."""
        if self.is_on:
            got = _places_of(node.inputs, catalog, self._project_path)
            gives = _places_of(node.outputs, catalog, self._project_path)
            self._watches[node.name] = NodeWatch(Controlled([*self._own, *got]), Controlled(gives))
            watch.begin(self._watches[node.name])

    def ends(self, node: "Node") -> None:
        """Look no longer, but for a generator, which goes on between its saves."""
        if isgeneratorfunction(node.func):
            watch.pause()
        else:
            watch.end()
            self._finish(node.name)

    def saves(self) -> None:
        """Look away while what was given is saved."""
        watch.pause()

    def goes_on(self, node: "Node") -> None:
        """Look at a generator again: it makes its next chunk."""
        if isgeneratorfunction(node.func):
            watch.resume()

    def loads(self) -> None:
        """Know that the node before has ended: the next one of this thread gets its inputs."""
        watch.end()

    def of(self, name: str) -> tuple[NotControlled, ...]:
        """Give what a node reached for; it has ended, in whichever thread."""
        self._finish(name)
        return self._found.get(name, ())

    def _finish(self, name: str) -> None:
        found = self._watches.pop(name, None)
        if found is not None:
            watch.forget(found)
            self._found[name] = tuple(map(self._told, found.seen()))

    def _told(self, seen: Seen) -> NotControlled:
        name, digest = seen.name, seen.digest
        if seen.kind in ("file", "folder", "written"):
            name = relative_to_project(name, self._project_path)
        elif seen.kind == "variable" and self._secrets.holds_variable(name):
            digest = None
        return NotControlled(seen.kind, self._secrets.redact_text(name), digest, seen.note)


def _places_of(
    names: Iterable[str], catalog: "CatalogProtocol[Any, Any]", project_path: Path
) -> Iterable[Path]:
    """Give the places of datasets: a partition may be loaded, and a file made, within a node."""
    for name in names:
        if not name.startswith(("params:", "parameters")):
            yield from find(catalog.get(name), project_path)
