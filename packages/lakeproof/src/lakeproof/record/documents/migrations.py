"""Bring an older record up to today's schema: one step for each schema, one line for each new key.

A step works on the parsed document, before anything of it is trusted. It gives each key that its
schema added the value that says: nobody looked. A document that holds such a key already does not
have the schema that it names.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# What stands in a path for each item of a list, or each value of a mapping.
EACH = "*"

Document = dict[str, Any]


class UnknownKeyError(ValueError):
    """A document holds a key that came with a later schema than its own."""


def migrate(document: Document, schema: int) -> Document:
    """Give the document in a newer schema; the given one is left as it is.

    Args:
        document: A record of any older schema, parsed.
        schema: The one to reach.

    Raises:
        UnknownKeyError: If it holds a key that its own schema does not know.
    """
    document = copy.deepcopy(document)
    for number in range(document["schema"] + 1, schema + 1):
        for path, value in ADDED[number].items():
            _add(document, path.split("."), value)
        document["schema"] = number
    return document


# What each schema added, by dotted path, and what it is in a record from before.
ADDED: Mapping[int, Mapping[str, Any]] = {
    2: {
        # Nobody wrote down which version it was.
        "lakeproof": None,
        "environment.distributions.*.digest": None,
        "environment.distributions.*.path": None,
        "environment.imported_installers": None,
        "environment.changed_files": None,
        "compute.surroundings": None,
        "compute.runner": None,
        "compute.is_async": None,
        # Nobody looked.
        "is_watched": False,
        "logged": None,
        "nodes.*.not_controlled": [],
        "nodes.*.clocks": [],
        "models.*.settings": {},
        # What a commit said was taken to be so.
        "inputs.tables.*.committed_digest": None,
        # Its commit, its diff and its untracked files are all there is.
        "code.snapshot": None,
        "code.search": [],
        "code.elsewhere": [],
        "inputs.files.*.text": None,
        "inputs.files.*.holds_place": False,
        "outputs.files.*.text": None,
        "outputs.files.*.holds_place": False,
        "nodes.*.inputs.*.holds_place": False,
        "nodes.*.outputs.*.holds_place": False,
    },
    3: {
        # A re-run asks the resolvers again.
        "configuration.catalog_values": None,
        "compute.factors": {},
    },
    4: {
        # It is in no chain.
        "previous": None,
        "inputs.models": [],
        "run.made_by": None,
    },
    5: {
        # Nobody counted, or looked.
        "nodes.*.inputs.*.rows": None,
        "nodes.*.outputs.*.rows": None,
        "nodes.*.moves_random": None,
        # Nobody looked.
        "rows_left_out": None,
        # None came from a catalog.
        "inputs.tables.*.catalog_name": None,
        "inputs.tables.*.catalog_id": None,
        "outputs.tables.*.catalog_name": None,
        "outputs.tables.*.catalog_id": None,
    },
}


def _add(document: Document, path: list[str], value: Any) -> None:
    *way, key = path
    for place in _places(document, way):
        if key in place:
            raise UnknownKeyError(".".join(path))
        place[key] = copy.deepcopy(value)


def _places(value: Any, way: list[str]) -> Iterator[Document]:
    """Give the mappings that a way leads to; damage on the way is for the reader to say."""
    if not way:
        if isinstance(value, dict):
            yield value
        return
    step, *rest = way
    items: Iterable[Any] = ()
    if step == EACH and isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
    elif isinstance(value, dict) and step in value:
        items = (value[step],)
    for item in items:
        yield from _places(item, rest)
