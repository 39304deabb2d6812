"""How far a difference went: which factors reached what differs, and on what metrics were measured.

Reads the two records and nothing else. Conservative: a factor reached what differs unless every
node that reads it is known to have given the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lakeproof.record.facts import NodeFacts, Record
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.comparison.verdict import judge
from lakeproof.reproduce.outcomes import Artifact, Factor

_OF_DATASETS = ("data", "version", "table id")
_ROWS = ("frame", "table", "lazy")


def with_reach(found: Iterable[Factor], expected: Record, actual: Record) -> tuple[Factor, ...]:
    """Mark the factors that all nodes which read them have absorbed."""
    steady = _steady_nodes(expected, actual)
    return tuple(
        replace(one, reached=False)
        if (readers := _readers(one.factor, (expected, actual))) and readers <= steady
        else one
        for one in found
    )


def measured_on(artifacts: Iterable[Artifact], expected: Record, actual: Record) -> Iterator[str]:
    """Say which rows a model was asked about that are not the same, where there are metrics of it.

    They are what a node got beside a model. Metrics of other rows cannot be told apart from those
    of another model.
    """
    if not any(one.kind == "metric" for one in artifacts):
        return
    others = {node.name: node for node in actual.nodes}
    for node in expected.nodes:
        other = others.get(node.name)
        if other is None or not any(one.kind == "model" for one in node.inputs):
            continue
        given = {one.dataset: one.digest for one in other.inputs}
        for one in node.inputs:
            if one.kind in _ROWS and judge(one.digest, given.get(one.dataset)) == "differs":
                counts = _predicted(node, expected), _predicted(other, actual)
                told = "" if None in counts else f" ({counts[0]} and {counts[1]} rows)"
                yield (
                    f"They are not measured on the same rows: '{one.dataset}', which node "
                    f"'{node.name}' asked the model about, differs{told}."
                )


def _predicted(node: NodeFacts, record: Record) -> int | None:
    """Count the rows that a node wrote, where it wrote them to one table."""
    made = {one.dataset for one in node.outputs}
    rows = [one.rows for one in record.outputs.tables if one.dataset in made]
    return rows[0] if len(rows) == 1 else None


def _steady_nodes(expected: Record, actual: Record) -> set[str]:
    """Name the nodes that gave the same in both runs, all that they gave."""
    others = {node.name: node for node in actual.nodes}
    return {
        node.name
        for node in expected.nodes
        if node.name in others and _gave_the_same(node, others[node.name])
    }


def _gave_the_same(node: NodeFacts, other: NodeFacts) -> bool:
    ours, theirs = ({one.dataset: one.digest for one in side.outputs} for side in (node, other))
    same = (judge(ours[name], theirs.get(name)) == "same" for name in ours)
    # What gives nothing may have done anything.
    return bool(ours) and ours.keys() == theirs.keys() and all(same)


def _readers(factor: str, records: Iterable[Record]) -> set[str]:
    """Name the nodes that a factor enters by; none where it may enter by anything."""
    kind, _, name = factor.partition(":")
    found = set[str]()
    for record in records:
        datasets = {name} if kind in _OF_DATASETS else set[str]()
        if kind == "file":
            datasets = {one.dataset for one in record.inputs.files if one.path == name}
        for node in record.nodes:
            # A table that is built upon enters by the node that writes it.
            touched = {plain_name(one.dataset) for one in (*node.inputs, *node.outputs)}
            if kind == "parameter":
                is_reader = any(holds(one.dataset, name) for one in node.inputs)
            else:
                is_reader = bool(touched & datasets)
            if is_reader:
                found.add(node.name)
    return found


def holds(dataset: str, parameter: str) -> bool:
    """Tell whether a dataset is parameters with that one among them."""
    if dataset == "parameters":
        return True
    prefix, _, name = dataset.partition(":")
    return prefix == "params" and f"{parameter}.".startswith(f"{name}.")
