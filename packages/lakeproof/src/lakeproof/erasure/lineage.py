"""Which tables were made of which, node by node, as the records of runs say.

A column's name says little: the `id` of a product is nobody. What nodes got and gave does. Pure;
what the logs of tables say of deliveries is read elsewhere.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lakeproof.record.facts import Record, TableRead, TableWritten


@dataclass(frozen=True)
class Lineage:
    """What is before and after a table.

    Args:
        tables: The ids of the table and of all that were made of it, also with a step between.
        sources: The names of datasets that nodes made any of them of.
    """

    tables: frozenset[str]
    sources: frozenset[str]


def lineage_of(records: Iterable[Record], table_id: str, uri: str) -> Lineage:
    """Follow what nodes made of a table, over all runs.

    Args:
        records: Of the runs, in any order.
        table_id: Of the table.
        uri: Where it is: tables that were there before it are the same one to people.
    """
    runs = [(record, _tables(record)) for record in records]
    ids = {table_id, *(one.table_id for _, tables in runs for one in tables if one.uri == uri)}
    while True:
        found = set(ids)
        for record, tables in runs:
            made = _after(record, _names(tables, ids))
            found |= {one.table_id for one in record.outputs.tables if _plain(one.dataset) in made}
        if found == ids:
            break
        ids = found
    sources = set[str]()
    for record, tables in runs:
        sources |= _before(record, _names(tables, ids))
    return Lineage(frozenset(ids), frozenset(sources))


def same_kind(one: Any, other: Any) -> bool:
    """Tell whether two types hold the same values, however wide they are.

    Args:
        one: A Polars type.
        other: Another.
    """
    if one.is_integer() or other.is_integer():
        return bool(one.is_integer() and other.is_integer())
    return bool(one.base_type() == other.base_type())


def _tables(record: Record) -> list[TableRead | TableWritten]:
    return [*record.inputs.tables, *record.outputs.tables]


def _names(tables: Iterable[TableRead | TableWritten], ids: Collection[str]) -> set[str]:
    return {_plain(one.dataset) for one in tables if one.table_id in ids}


def _after(record: Record, names: set[str]) -> set[str]:
    return _reached(names, list(_edges(record)))


def _before(record: Record, names: set[str]) -> set[str]:
    return _reached(names, [(gives, gets) for gets, gives in _edges(record)])


def _edges(record: Record) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    for node in record.nodes:
        gets = frozenset(_plain(one.dataset) for one in node.inputs)
        yield gets, frozenset(_plain(one.dataset) for one in node.outputs)


def _reached(names: set[str], steps: Sequence[tuple[frozenset[str], frozenset[str]]]) -> set[str]:
    found = set(names)
    while True:
        more = {name for gets, gives in steps if gets & found for name in gives} - found
        if not more:
            return found
        found |= more


def _plain(dataset: str) -> str:
    """Leave out the way in which a dataset is transcoded (`@pandas`)."""
    return dataset.partition("@")[0]
