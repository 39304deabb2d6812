"""What nodes got, set side by side: an input may be another though nothing that was written is.

A resolver in `load_args` that asks for another sheet, a source that gives other rows: the files are
the same, what was loaded of them is not. Reads the two records and nothing else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lakeproof.record.facts import Record, leaves
from lakeproof.reproduce.comparison.verdict import NONE, InputPair, judge
from lakeproof.reproduce.outcomes import Factor

# Of a value that holds an address it had another digest in each process, and no way to tell.
_UNSTEADY = "model1:"
_MOST_NAMED = 8


@dataclass(frozen=True)
class Received:
    """A dataset that a node got otherwise.

    Args:
        dataset: Its catalog name, or `params:…`.
        node: The first that got it so.
        maker: The node that gave it; `None` where it comes from outside of the run.
        is_given_alike: Whether what the maker gave is known to be the same.
        expected: The digest of what the recorded run loaded.
        actual: The other's.
    """

    dataset: str
    node: str
    maker: str | None
    is_given_alike: bool
    expected: str
    actual: str

    @property
    def is_input(self) -> bool:
        """Tell whether no node made it another one: it is an input of the run that is not same."""
        return self.maker is None or self.is_given_alike

    @property
    def is_parameter(self) -> bool:
        """Tell parameters from datasets."""
        return self.dataset == "parameters" or self.dataset.startswith("params:")

    def __str__(self) -> str:
        what = "parameter" if self.is_parameter else "dataset"
        name = self.dataset.removeprefix("params:")
        source = (
            f"though node '{self.maker}' gave the same"
            if self.maker is not None
            else "which comes from outside of the run"
        )
        return (
            f"Node '{self.node}' got another {what} '{name}' than recorded, {source}: recorded "
            f"{self.expected}, now {self.actual}"
        )


def plain_name(dataset: str) -> str:
    """Give the name of a dataset without the way in which it is transcoded (`@pandas`)."""
    return dataset.partition("@")[0]


def received_otherwise(expected: Record, actual: Record) -> Iterator[Received]:
    """Find what nodes got otherwise, each dataset once; only where both have digests to tell by.

    Left out is what a node that gave another one has made another.
    """
    ours, theirs = _given(expected), _given(actual)
    others = {node.name: {one.dataset: one for one in node.inputs} for node in actual.nodes}
    files = {plain_name(file.dataset) for file in expected.inputs.files}
    seen = set[str]()
    for node in expected.nodes:
        for one in node.inputs:
            other = others.get(node.name, {}).get(one.dataset)
            if other is None or one.dataset in seen or judge(one.digest, other.digest) != "differs":
                continue
            seen.add(one.dataset)
            name = plain_name(one.dataset)
            if str(one.digest).startswith(_UNSTEADY) and name in files:
                continue
            if one.holds_place or other.holds_place:
                continue  # a re-run is in another place
            if (name in ours) != (name in theirs):
                continue  # only one of the runs made it itself, which is said of its input
            maker, given = ours.get(name, (None, None))
            verdict = judge(given, theirs[name][1] if name in theirs else None)
            if verdict != "differs":
                is_alike = verdict == "same"
                digests = str(one.digest), str(other.digest)
                yield Received(one.dataset, node.name, maker, is_alike, *digests)


def why_no_rerun(
    expected: Record, actual: Record, inputs: Iterable[InputPair], factors: Iterable[Factor]
) -> Iterator[str]:
    """Say which nodes of a re-run got what they should not have got.

    What is another where it is kept is said of the inputs, and a parameter by its name.

    Args:
        expected: The recorded run.
        actual: The re-run.
        inputs: What the two read from outside.
        factors: What is not the same, the parameters among it.
    """
    yield from other_inputs(expected, actual)
    said = {plain_name(pair.dataset) for pair in inputs if pair.verdict != "same"}
    has_parameters = any(factor.factor.startswith("parameter:") for factor in factors)
    for one in received_otherwise(expected, actual):
        if one.is_parameter:
            if not has_parameters:
                yield f"{one}. {NONE} {_contradicts(one, expected)}"
        elif one.is_input and plain_name(one.dataset) not in said:
            yield f"{one}. {NONE} Load it as it was then."


def _contradicts(one: Received, record: Record) -> str:
    """Name what may be wrong where the node of a re-run got the very values of the record."""
    name = one.dataset.removeprefix("params:")
    within = f"{name}."
    names = [
        leaf
        for leaf, _ in leaves(record.parameters.values)
        if one.dataset == "parameters" or leaf == name or leaf.startswith(within)
    ]
    if not names:
        return "It is an object that no record can hold: make it of plain values."
    more = len(names) - _MOST_NAMED
    named = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        "The values in the record are not those that the node got then, so that it contradicts "
        f"itself: one of {named} was edited since, or holds an object that no record can."
    )


def other_inputs(expected: Record, actual: Record) -> Iterator[str]:
    """Say which nodes of a re-run got a dataset less or more than recorded."""
    others = {node.name: node for node in actual.nodes}
    for node in expected.nodes:
        if (other := others.get(node.name)) is None:
            continue
        ours, theirs = ({one.dataset: None for one in side.inputs} for side in (node, other))
        lacking, added = ([n for n in a if n not in b] for a, b in ((ours, theirs), (theirs, ours)))
        if lacking or added:
            told = [f"without {', '.join(map(repr, lacking))}"] if lacking else []
            told += [f"with {', '.join(map(repr, added))} as well"] if added else []
            yield f"Node '{node.name}' got other inputs than recorded: {' and '.join(told)}. {NONE}"


def _given(record: Record) -> dict[str, tuple[str, str | None]]:
    """Give which node gave each dataset last, and the digest of that."""
    return {
        plain_name(one.dataset): (node.name, one.digest)
        for node in record.nodes
        for one in node.outputs
    }
