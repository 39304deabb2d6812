"""At which nodes two runs part: what they got is the same, what they gave is not.

Reads the two records and what came of them. Not for what is the same (`artifacts`, `verdict`).
"""

from collections.abc import Collection, Iterator, Sequence

from lakeproof.record.facts import NodeFacts, Record
from lakeproof.reproduce.comparison.hints import hints_for
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.comparison.verdict import judge
from lakeproof.reproduce.outcomes import Artifact, Divergence


def divergences(
    expected: Record,
    actual: Record,
    found: Sequence[tuple[str, Artifact]],
    others: Collection[str] = (),
) -> tuple[Divergence, ...]:
    """Find all nodes at which two runs part, in the order in which they ended.

    Those alone from which something that counts hangs, if there is one.

    Args:
        expected: The recorded run.
        actual: The other one.
        found: Their artifacts, each with its dataset.
        others: The datasets that are meant to be others, and what is written upon them.
    """
    changed = [(name, one) for name, one in found if one.verdict in ("differs", "missing")]
    counting = {name for name, one in changed if one.counts}
    if not counting:
        return ()
    every = tuple(_parting(expected, actual, {name for name, _ in changed}, others))
    told = tuple(one for one in every if _reach(expected.nodes, one) & counting)
    return told or every


def _parting(
    expected: Record, actual: Record, changed: Collection[str], meant: Collection[str]
) -> Iterator[Divergence]:
    """Go through the nodes; each ends after those that it depends on.

    An input that cannot be compared, such as a lazy frame, does not acquit the node that got it,
    unless it hangs on what is another already.
    """
    others = {node.name: node for node in actual.nodes}
    doubtful = set[str](meant)
    for node in expected.nodes:
        other = others.get(node.name)
        if other is None:
            continue
        got = _judged_inputs(node, other)
        has_same = got is not None and not any(
            verdict == "differs" or (verdict != "same" and name in doubtful)
            for name, verdict in got.items()
        )
        given = dict.fromkeys(one.dataset for one in (*node.outputs, *other.outputs))
        outputs = tuple(name for name in given if name in changed)
        # What is written upon another table comes out as another.
        has_same = has_same and not any(plain_name(name) in meant for name in given)
        if has_same and outputs:
            hints = hints_for(expected, actual, (node, other), outputs)
            yield Divergence(node.name, outputs, hints)
        if outputs or not has_same:
            doubtful |= {plain_name(name) for name in given}


def _judged_inputs(node: NodeFacts, other: NodeFacts) -> dict[str, str] | None:
    """Judge what a node got; `None` where it got other datasets."""
    ours = {one.dataset: one.digest for one in node.inputs}
    theirs = {one.dataset: one.digest for one in other.inputs}
    if ours.keys() != theirs.keys():
        return None
    return {plain_name(name): judge(ours[name], theirs[name]) for name in ours}


def _reach(nodes: Sequence[NodeFacts], divergence: Divergence) -> set[str]:
    """Give the datasets that hang on what a node gave otherwise, these among them."""
    reached = {plain_name(name) for name in divergence.artifacts}
    named = set(divergence.artifacts)
    for node in nodes:
        if reached & {plain_name(one.dataset) for one in node.inputs}:
            named |= {one.dataset for one in node.outputs}
            reached |= {plain_name(one.dataset) for one in node.outputs}
    return named
