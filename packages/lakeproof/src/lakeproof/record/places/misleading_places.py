"""Refuse a path that means something in a store or a catalog: it would be a folder of that name.

What a dataset was told is looked at, not what it made of it: `s3:/lake/x.png`, with one slash, is
already a local path then.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lakeproof.errors import RunError
from lakeproof.stores.addresses import misleading

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol

_PATHS = frozenset({"filepath", "path", "folder", "filename"})
_OF_OTHERS = frozenset({"credentials", "metadata", "load_args", "save_args", "fs_args"})


def refuse_misleading_places(names: Iterable[str], catalog: "CatalogProtocol[Any, Any]") -> None:
    """Refuse entries whose place is no path, before a node reads or writes there.

    Args:
        names: The datasets of a run.
        catalog: What makes them.

    Raises:
        RunError: Naming the first entry.
    """
    for name in sorted(names):
        told = vars(catalog.get(name) or object).get("_init_args")
        for key, place in _places(told):
            if meant := misleading(place):
                raise RunError(
                    f"The {key} of '{name}' is {place}, which looks like {meant} and would be "
                    "taken for a path of this machine. Nothing was run. Correct it in catalog.yml."
                )


def _places(told: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(told, Mapping):
        return
    for key, value in told.items():
        if key in _PATHS and isinstance(value, str):
            yield key, value
        elif key not in _OF_OTHERS:
            yield from _places(value)
