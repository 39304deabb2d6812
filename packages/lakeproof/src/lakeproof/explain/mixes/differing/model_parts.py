"""Which nodes a model is learnt by, and which ask it: where two runs can be put together.

The boundary is the model in the catalog. What it takes to make it is learnt; what is not needed for
that is asked of it, with the tables and features that this part needs, made once more. It follows
from what nodes got and gave in the records; nothing is said by anybody.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from lakeproof.record.facts import NodeFacts, Record
from lakeproof.reproduce.comparison.reach import holds
from lakeproof.reproduce.comparison.received import plain_name


@dataclass(frozen=True)
class ModelParts:
    """The two parts of a run that has a model.

    Args:
        models: The catalog names of the models that other nodes get.
        learnt: The nodes without which there would be none, in their order.
        asked: Those that are left once the models are there, in their order; some are in both.
    """

    models: tuple[str, ...]
    learnt: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def is_parted(self) -> bool:
        """Tell whether a model parts the run."""
        return bool(self.models) and bool(self.asked)


def parts_of(record: Record) -> ModelParts:
    """Part a run at its models.

    A model that is kept in no file cannot be handed from one run to another, and parts nothing.
    """
    kept = {plain_name(file.dataset) for file in record.outputs.files}
    given = {plain_name(one.dataset) for node in record.nodes for one in node.inputs}
    models = tuple(
        dict.fromkeys(
            name
            for node in record.nodes
            for one in node.outputs
            if one.kind == "model" and (name := plain_name(one.dataset)) in given
        )
    )
    everything = tuple(node.name for node in record.nodes)
    if not models or not kept.issuperset(models):
        return ModelParts((), everything, everything)
    makers = {node.name for node in record.nodes if made_by(node) & set(models)}
    learnt = _needed_for(makers, record, ())
    rest = {name for name in everything if name not in learnt}
    asked = _needed_for(rest, record, models)
    return ModelParts(models, _in_order(learnt, everything), _in_order(asked, everything))


def touched(record: Record, nodes: Collection[str]) -> set[str]:
    """Name the datasets that some nodes get or give, parameters left out."""
    return {
        plain_name(one.dataset)
        for node in record.nodes
        if node.name in nodes
        for one in (*node.inputs, *node.outputs)
        if not is_parameter(one.dataset)
    }


def reads_any(record: Record, nodes: Collection[str], datasets: Collection[str]) -> bool:
    """Tell whether some nodes touch one of these datasets, to read it or to build upon it."""
    return not touched(record, nodes).isdisjoint(datasets)


def only_asks(parameter: str, runs: Iterable[tuple[Record, ModelParts]]) -> bool:
    """Tell whether no node that makes a model gets a parameter, and some node that asks one does.

    Args:
        parameter: Its dotted name.
        runs: Both runs, each with its parts.
    """
    asks = False
    for record, parts in runs:
        readers = {
            node.name
            for node in record.nodes
            if any(holds(one.dataset, parameter) for one in node.inputs)
        }
        if not parts.is_parted or readers & set(parts.learnt):
            return False
        asks = asks or bool(readers)
    return asks


def made_by(node: NodeFacts) -> set[str]:
    """Name what a node gives."""
    return {plain_name(one.dataset) for one in node.outputs}


def is_parameter(dataset: str) -> bool:
    """Tell parameters from datasets."""
    return dataset == "parameters" or dataset.startswith("params:")


def _needed_for(wanted: Iterable[str], record: Record, there: Collection[str]) -> set[str]:
    """Name the nodes that are needed for some, where some datasets are there already."""
    makers: Mapping[str, list[str]] = _makers(record)
    nodes = {node.name: node for node in record.nodes}
    found, left = set[str](), list(wanted)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        for one in nodes[name].inputs:
            dataset = plain_name(one.dataset)
            if dataset not in there:
                left += makers.get(dataset, [])
    return found


def _makers(record: Record) -> dict[str, list[str]]:
    makers: dict[str, list[str]] = {}
    for node in record.nodes:
        for name in made_by(node):
            makers.setdefault(name, []).append(node.name)
    return makers


def _in_order(names: Collection[str], everything: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in everything if name in names)
