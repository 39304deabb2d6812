"""Which columns hold what belongs to persons: declared once, and kept back wherever values show.

Declared in the schema of deliveries (`name: {type: string, personal: true}`), or by `personal:` of
a table that does not come from deliveries. It goes by name, in every table of the catalog.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol


class Discreet(Protocol):
    """A dataset that would show values, and can be told which it must not."""

    def keep_back(self, columns: Iterable[str]) -> None:
        """Show no value of these columns: in no log, example, error or preview."""
        ...


def personal_columns(entries: Mapping[str, Any]) -> frozenset[str]:
    """Collect the personal columns of a catalog, as its configuration declares them.

    Args:
        entries: The catalog's configuration by name, interpolations resolved.
    """
    return frozenset(column for entry in entries.values() for column in _declared(entry))


def keep_back(dataset: object, columns: frozenset[str]) -> None:
    """Tell a dataset which columns it must not show, if it would show any."""
    if columns and _is_discreet(dataset):
        dataset.keep_back(columns)


def tell_all(catalog: "CatalogProtocol[Any, Any]", entries: Mapping[str, Any]) -> None:
    """Tell each dataset of a catalog which columns are personal."""
    columns = personal_columns(entries)
    for _, dataset in catalog.items() if columns else ():
        keep_back(dataset, columns)


def _declared(entry: Any) -> Iterator[str]:
    if not isinstance(entry, Mapping):
        return
    schema, named = entry.get("schema"), entry.get("personal")
    for column, said in schema.items() if isinstance(schema, Mapping) else ():
        if isinstance(said, Mapping) and said.get("personal") is True:
            yield str(column)
    yield from [named] if isinstance(named, str) else named or ()


def _is_discreet(dataset: object) -> TypeGuard[Discreet]:
    return hasattr(type(dataset), "keep_back")
