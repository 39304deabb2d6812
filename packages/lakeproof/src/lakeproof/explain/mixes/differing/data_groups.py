"""What two runs read otherwise, put together where one does not come without the other.

A table that is built upon belongs with what it is built of: new files and the table that had taken
the older ones are one change. Not for what a mix then reads (`mixed_record`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lakeproof.explain.mixes.differing.model_parts import is_parameter
from lakeproof.record.facts import Record, TableRead, TableWritten
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.outcomes import Factor


@dataclass(frozen=True)
class DataGroup:
    """Inputs that are taken from one of the two runs together.

    Args:
        name: The table's among them, else that of the first.
        datasets: All of them, by catalog name.
        factors: What the comparison says of them.
    """

    name: str
    datasets: frozenset[str]
    factors: tuple[Factor, ...]


def data_groups(
    found: Iterable[Factor], a: Record, b: Record, renamed: Mapping[str, str] | None = None
) -> tuple[DataGroup, ...]:
    """Group the inputs that differ and that can be restored from a record.

    Args:
        found: The factors of the comparison.
        a: The first record.
        b: The second.
        renamed: Datasets by the name that the other record has for them.
    """
    factors: dict[str, list[Factor]] = {}
    for factor in found:
        for dataset in _datasets_of(factor, (a, b)):
            factors.setdefault(dataset, []).append(factor)
    tables = {plain_name(one.dataset) for record in (a, b) for one in _tables(record)}
    groups: list[set[str]] = [{name} for name in factors]
    for linked in [*_built_together((a, b)), *map(set, (renamed or {}).items())]:
        met = [group for group in groups if group & linked]
        if len(met) > 1 or (met and linked - met[0]):
            groups = [group for group in groups if group not in met]
            groups.append(set.union(linked, *met))
    order = list(factors)
    groups.sort(key=lambda group: min(order.index(name) for name in order if name in group))
    return tuple(
        DataGroup(
            next((name for name in sorted(group) if name in tables), min(group)),
            frozenset(group),
            tuple(one for name in order if name in group for one in factors[name]),
        )
        for group in groups
    )


def _datasets_of(factor: Factor, records: Iterable[Record]) -> set[str]:
    """Name the datasets of a factor that a re-run can put there: tables with versions and files."""
    kind, _, name = factor.factor.partition(":")
    found = set[str]()
    for record in records:
        if kind == "data":
            met = [one.dataset for one in (*_tables(record), *record.inputs.files)]
            found |= {plain_name(one) for one in met if plain_name(one) == plain_name(name)}
        elif kind == "file":
            files = record.inputs.files
            found |= {plain_name(one.dataset) for one in files if one.path == name}
    return found


def _tables(record: Record) -> Iterator[TableRead | TableWritten]:
    yield from (one for one in record.inputs.tables if not one.is_own)
    yield from (one for one in record.outputs.tables if one.mode != "overwrite")


def _built_together(records: Iterable[Record]) -> Iterator[set[str]]:
    """Give, of each node that builds upon a table, the table with what comes from outside to it."""
    for record in records:
        made = {plain_name(one.dataset) for node in record.nodes for one in node.outputs}
        for node in record.nodes:
            upon = {
                plain_name(one.dataset)
                for one in record.outputs.tables
                if one.mode != "overwrite" and one.node == node.name
            }
            if upon:
                yield upon | {
                    plain_name(one.dataset)
                    for one in node.inputs
                    if not is_parameter(one.dataset) and plain_name(one.dataset) not in made
                }
