"""Mixes that do not run: who has to wait for whom, and who cannot be told apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from lakeproof.explain.game.facts import Taken
from lakeproof.explain.game.lattices import Lattice, Unit, weights


@dataclass(frozen=True)
class Waits:
    """One that can go over only after another.

    Args:
        unit: Who waits.
        for_: For whom.
        mix: The smallest mix that shows it, by not running.
    """

    unit: Unit
    for_: Unit
    mix: Taken


def waiting(
    units: Sequence[Unit], values: Mapping[Taken, Fraction], failed: Mapping[Taken, object]
) -> tuple[Waits, ...]:
    """Find the orders of two in which no mix runs, where the other way round some does."""
    found = []
    for unit, other in permutations(units, 2):
        against = [taken for taken in failed if unit <= taken and not other & taken]
        ran = [taken for taken in values if taken]
        has_run = any(unit <= taken and not other & taken for taken in ran)
        other_way = any(other <= taken and not unit & taken for taken in ran)
        if against and not has_run and other_way:
            found.append(Waits(unit, other, min(against, key=len)))
    return tuple(found)


def joined(units: Sequence[Unit], values: Mapping[Taken, Fraction]) -> tuple[Unit, ...]:
    """Join units, as few as will do, until there is an order all of whose mixes run.

    Of ways that join as many, the one that leaves the most mixes counts. All in one always does.
    """
    for most in range(len(units), 0, -1):
        ways = [way for way in _partitions(tuple(units)) if len(way) == most]
        working = [way for way in ways if weights(Lattice.of(way), values) is not None]
        if working:
            return max(working, key=lambda way: sum(one in values for one in Lattice.of(way).mixes))
    return (frozenset().union(*units),)


def _partitions(units: tuple[Unit, ...]) -> Iterator[tuple[Unit, ...]]:
    if not units:
        yield ()
        return
    first, rest = units[0], units[1:]
    for way in _partitions(rest):
        yield (first, *way)
        for place, other in enumerate(way):
            yield (*way[:place], first | other, *way[place + 1 :])
