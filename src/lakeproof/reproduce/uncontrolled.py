"""What runs met that nothing holds still: a list of ways to find it, each of two records.

What they give is shown with a pass and suspected first where runs diverge. Whoever adds a kind of
fact to the record adds a function here, and its name to `SOURCES`.
"""

from collections.abc import Callable, Iterable

from lakeproof.record.facts import Record
from lakeproof.reproduce.facts import NotControlled

Source = Callable[[Record, Record], Iterable[NotControlled]]

SOURCES: tuple[Source, ...] = ()


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
