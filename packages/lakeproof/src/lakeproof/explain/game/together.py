"""What two units do together that neither does by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial

from lakeproof.explain.game.game import NOTHING, Taken
from lakeproof.explain.game.lattices import Lattice, Unit

# Of the sum of all shares' sizes.
_LARGE = Fraction(1, 10)


@dataclass(frozen=True)
class Together:
    """The interaction of a pair; half of it is in the share of either."""

    pair: tuple[Unit, Unit]
    value: Fraction


def interactions(units: Sequence[Unit], values: Mapping[Taken, Fraction]) -> list[Together]:
    """Give the Shapley interaction of each pair (Grabisch, Roubens 1999) where all mixes ran."""
    if not set(Lattice.of(tuple(units)).mixes) <= values.keys():
        return []
    return [
        Together(pair, _interaction(pair, [one for one in units if one not in pair], values))
        for pair in combinations(units, 2)
    ]


def large(found: Sequence[Together], shares: Mapping[Unit, Fraction]) -> tuple[Together, ...]:
    """Keep those that are a tenth of all shares' sizes or more, the largest first."""
    bound = _LARGE * sum(abs(share) for share in shares.values())
    kept = [one for one in found if one.value and abs(one.value) >= bound]
    return tuple(sorted(kept, key=lambda one: -abs(one.value)))


def _interaction(
    pair: tuple[Unit, Unit], others: Sequence[Unit], values: Mapping[Taken, Fraction]
) -> Fraction:
    first, second = pair
    total = Fraction(0)
    for size in range(len(others) + 1):
        weight = Fraction(
            factorial(size) * factorial(len(others) - size), factorial(len(others) + 1)
        )
        for chosen in combinations(others, size):
            base = NOTHING.union(*chosen)
            total += weight * (
                values[base | first | second]
                - values[base | first]
                - values[base | second]
                + values[base]
            )
    return total
