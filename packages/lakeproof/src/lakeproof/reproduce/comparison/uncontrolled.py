"""What runs met that nothing holds still: a list of ways to find it, each of two records.

What they give is shown with a pass and suspected first where runs diverge. Whoever adds a kind of
fact to the record adds a function here, and its name to `SOURCES`.
"""

from collections.abc import Callable, Iterable, Iterator

from lakeproof.record.facts import NotControlled as Reached
from lakeproof.record.facts import Record
from lakeproof.reproduce.outcomes import NotControlled

Source = Callable[[Record, Record], Iterable[NotControlled]]


def reached_by_nodes(expected: Record, actual: Record) -> Iterator[NotControlled]:
    """Give what nodes reached for beside their inputs, node by node, as far as somebody looked."""
    sides = _reached(expected), _reached(actual)
    if expected.is_watched != actual.is_watched:
        which = "the recorded run" if actual.is_watched else "the other run"
        yield NotControlled(None, "anything", "what nodes reach for", f"{which} did not look")
    for node, kind, name in dict.fromkeys([*sides[0], *sides[1]]):
        one, other = (side.get((node, kind, name)) for side in sides)
        detail = next((found.note for found in (one, other) if found and found.note), None)
        if not expected.is_watched or not actual.is_watched:
            which = "the recorded run" if not expected.is_watched else "the other run"
            detail = f"{detail}; " if detail else ""
            detail += f"{which} did not look"
        yield NotControlled(node, kind, name, detail, _state(one), _state(other))


def _reached(record: Record) -> dict[tuple[str, str, str], Reached]:
    return {
        (node.name, one.kind, one.name): one for node in record.nodes for one in node.not_controlled
    }


def _state(one: Reached | None) -> str | None:
    """Say what it was, as far as it can be told apart; what has no content was reached for."""
    return None if one is None else one.digest or one.note or "reached for"


SOURCES: tuple[Source, ...] = (reached_by_nodes,)


def not_controlled(expected: Record, actual: Record) -> tuple[NotControlled, ...]:
    """List what either run met, what is known to be another first, else in the order of the nodes.

    Args:
        expected: The recorded run.
        actual: The other one.
    """
    found: list[NotControlled] = []
    for source in SOURCES:
        found += (one for one in source(expected, actual) if one not in found)
    return tuple(sorted(found, key=lambda one: not one.is_other))
