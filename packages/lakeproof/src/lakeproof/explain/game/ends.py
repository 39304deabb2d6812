"""Each unit by itself: what it does alone, and what it does last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lakeproof.explain.game.game import NOTHING, Taken, Weights, combined
from lakeproof.explain.game.lattices import Unit

# Of the largest difference in sight: below it, what one does alone and last counts as the same.
TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True)
class Ends:
    """What a unit does when nothing else has gone over, and when all else has."""

    alone: Fraction
    last: Fraction

    @property
    def middle(self) -> Fraction:
        """Give the mean, which is the Shapley value where no three units act together."""
        return (self.alone + self.last) / 2


def mixes_of(units: Sequence[Unit], whole: Taken) -> Iterator[Taken]:
    """Give the mixes with one unit alone, then those without one."""
    yield from units
    yield from (whole - unit for unit in units)


def ends_of(
    units: Sequence[Unit], whole: Taken, values: Mapping[Taken, Fraction]
) -> dict[Unit, Ends] | None:
    """Read the ends off the mixes; `None` where one of these did not run, or not yet."""
    if not {NOTHING, whole, *mixes_of(units, whole)} <= values.keys():
        return None
    return {
        unit: Ends(values[unit] - values[NOTHING], values[whole] - values[whole - unit])
        for unit in units
    }


def is_additive(ends: Mapping[Unit, Ends], difference: Fraction) -> bool:
    """Tell whether each does last what it does alone, and all of them together the difference."""
    sizes = [abs(size) for one in ends.values() for size in (one.alone, one.last)]
    bound = TOLERANCE * max([abs(difference), *sizes])
    rest = abs(difference - sum(one.middle for one in ends.values()))
    return rest <= bound and all(abs(one.alone - one.last) <= bound for one in ends.values())


def weights(units: Sequence[Unit], whole: Taken, difference: Weights) -> dict[Unit, Weights]:
    """Say how mixes count for each unit: the means of the ends; what is left over, to all alike.

    Args:
        units: Who is at it.
        whole: The mix that is B.
        difference: What the shares are to add up to.
    """
    half = Fraction(1, 2)
    middles = {
        unit: {unit: half, NOTHING: -half, whole: half, whole - unit: -half} for unit in units
    }
    if len(units) == 1:
        return dict.fromkeys(units, difference)
    one = Fraction(1)
    rest = combined([(one, difference), *((-one, middle) for middle in middles.values())])
    return {
        unit: combined([(one, middle), (Fraction(1, len(units)), rest)])
        for unit, middle in middles.items()
    }
