"""Mixes that do not run: who has to wait for whom, and who cannot be told apart."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from lakeproof.explain.game.game import Taken
from lakeproof.explain.game.lattices import Lattice, Unit


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


def joined(
    units: Sequence[Unit], ran: Collection[Taken], failed: Collection[Taken]
) -> tuple[Unit, ...]:
    """Join units, as few as will do, until there is an order of which no mix is known to fail.

    Of ways that join as many, that with the fewest mixes that failed counts, then the one with the
    most that ran. All in one always does, for A and B run.
    """
    for most in range(len(units), 0, -1):
        ways = [Lattice.of(way) for way in _partitions(tuple(units)) if len(way) == most]
        working = [way for way in ways if way.reachable(failed)]
        if working:
            return min(working, key=lambda way: _faults(way, ran, failed)).units
    return (frozenset().union(*units),)


def _faults(way: Lattice, ran: Collection[Taken], failed: Collection[Taken]) -> tuple[int, int]:
    return sum(one in failed for one in way.mixes), -sum(one in ran for one in way.mixes)


def _partitions(units: tuple[Unit, ...]) -> Iterator[tuple[Unit, ...]]:
    if not units:
        yield ()
        return
    first, rest = units[0], units[1:]
    for way in _partitions(rest):
        yield (first, *way)
        for place, other in enumerate(way):
            yield (*way[:place], first | other, *way[place + 1 :])
