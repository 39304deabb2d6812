"""In which orders players may go over from A to B, as steps between mixes."""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain

from lakeproof.explain.game.game import NOTHING, Taken

# Players that always go together; mostly a single one.
Unit = frozenset[str]


@dataclass(frozen=True)
class Lattice:
    """Units in blocks: once a unit of a block has gone over, the others of it follow first.

    A block of one unit is a player, or a group that stays closed; one of several is a group that is
    opened, as Owen's value has it.
    """

    blocks: tuple[tuple[Unit, ...], ...]

    @classmethod
    def of(cls, units: tuple[Unit, ...]) -> "Lattice":
        """Let units go over in any order."""
        return cls(tuple((unit,) for unit in units))

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """All units, in the order of the blocks."""
        return tuple(chain.from_iterable(self.blocks))

    @cached_property
    def end(self) -> Taken:
        """The mix in which all have gone over."""
        return frozenset().union(*self.units)

    @cached_property
    def size(self) -> int:
        """Count the mixes, before any of them is made."""
        contexts = 1 << len(self.blocks)
        return contexts + sum((1 << len(one)) - 2 for one in self.blocks) * contexts // 2

    def steps(self, taken: Taken) -> Iterator[tuple[Unit, Taken]]:
        """Give who may go over next, and the mix then."""
        begun = [
            block
            for block in self.blocks
            if any(unit <= taken for unit in block) and not all(unit <= taken for unit in block)
        ]
        for unit in chain.from_iterable(begun or self.blocks):
            if not unit <= taken:
                yield unit, taken | unit

    @cached_property
    def mixes(self) -> tuple[Taken, ...]:
        """All mixes, each after those that it is reached from."""
        found = dict.fromkeys([NOTHING])
        queue = deque(found)
        while queue:
            for _, following in self.steps(queue.popleft()):
                if following not in found:
                    found[following] = None
                    queue.append(following)
        return tuple(found)

    def reachable(self, failed: Collection[Taken]) -> tuple[Taken, ...]:
        """Give the mixes that lie on some order of which no mix is known to fail."""
        forward, backward = {NOTHING} - set(failed), {self.end} - set(failed)
        for taken in self.mixes:
            if taken in forward:
                forward.update(to for _, to in self.steps(taken) if to not in failed)
        for taken in reversed(self.mixes):
            if taken not in failed and any(to in backward for _, to in self.steps(taken)):
                backward.add(taken)
        return tuple(taken for taken in self.mixes if taken in forward and taken in backward)


def weights(lattice: Lattice, ran: Collection[Taken]) -> dict[Unit, dict[Taken, Fraction]] | None:
    """Say how mixes count for each unit: what it does as it goes over, on average over the orders.

    Orders with a mix that did not run are left out; where there is none, each order counts the
    same and the shares are Shapley's, or Owen's where a block is open.

    Returns:
        By unit; what they sum up to is the difference between the ends. `None` where no order is
        left.
    """
    before, after = dict.fromkeys(lattice.mixes, 0), dict.fromkeys(lattice.mixes, 0)
    before[NOTHING], after[lattice.end] = 1, 1
    steps = [
        (taken, unit, to)
        for taken in lattice.mixes
        if taken in ran
        for unit, to in lattice.steps(taken)
        if to in ran
    ]
    for taken, _, to in steps:
        before[to] += before[taken]
    for taken, _, to in reversed(steps):
        after[taken] += after[to]
    orders = before[lattice.end]
    if not orders or NOTHING not in ran or lattice.end not in ran:
        return None
    found: dict[Unit, dict[Taken, Fraction]] = {unit: {} for unit in lattice.units}
    for taken, unit, to in steps:
        part = Fraction(before[taken] * after[to], orders)
        if part:
            found[unit][to] = found[unit].get(to, 0) + part
            found[unit][taken] = found[unit].get(taken, 0) - part
    return found
