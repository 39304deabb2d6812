"""Shares from some of the orders: each adds up, and how far they lie apart is told."""

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from lakeproof.explain.game.game import NOTHING, Taken, Weights, combined
from lakeproof.explain.game.lattices import Unit

_MOST_TRIED = 400
# Student's t for 95 %, by degrees of freedom.
_T_95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
_T_95_MANY = 2.23

Order = tuple[Unit, ...]


def orders(units: Sequence[Unit]) -> Iterator[Order]:
    """Draw orders, each followed by its reverse, the same ones each time.

    An order and its reverse cancel what is due to going early or late (antithetic sampling,
    Mitchell et al. 2022).
    """
    drawn = random.Random("lakeproof")
    for _ in range(_MOST_TRIED):
        order = tuple(drawn.sample(units, len(units)))
        yield order
        yield order[::-1]


def mixes_of(order: Order) -> tuple[Taken, ...]:
    """Give the mixes along an order, the last of which is B."""
    return tuple(accumulate(order, frozenset.union))


def next_mixes(units: Sequence[Unit], known: Mapping[Taken, object], left: float) -> list[Taken]:
    """Give what is not known of the next order, if what is left is enough for it.

    Args:
        units: Who goes over.
        known: Each mix that was asked for, with its value, or `None` where it failed.
        left: How many mixes may be run.
    """
    for order in orders(units):
        mixes = mixes_of(order)
        if any(known.get(taken, 0) is None for taken in mixes):
            continue
        missing = [taken for taken in mixes if taken not in known]
        if missing:
            # A cheaper one further on would be chosen for what is known of it.
            return missing if len(missing) <= left else []
    return []


def samples(
    units: Sequence[Unit], ran: Collection[Taken], failed: Collection[Taken]
) -> list[dict[Unit, Weights]]:
    """Say how mixes count for each unit in each order drawn, up to the first that was not run.

    An order and its reverse are one sample, where both run.
    """
    found: list[dict[Unit, Weights]] = []
    drawn = orders(units)
    for pair in zip(drawn, drawn, strict=True):
        if any(one not in ran and one not in failed for o in pair for one in mixes_of(o)):
            break
        runs = [along for order in pair if (along := _along(order, ran)) is not None]
        if runs:
            part = Fraction(1, len(runs))
            found.append({unit: combined((part, one[unit]) for one in runs) for unit in units})
    return found


def mean(drawn: Sequence[Mapping[Unit, Weights]], unit: Unit) -> dict[Taken, Fraction]:
    """Say how mixes count for a unit over all samples."""
    return combined((Fraction(1, len(drawn)), one[unit]) for one in drawn)


def spread(drawn: Sequence[Fraction], bounds: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """Give the bounds of a share, 95 % by Student's t; with one sample, what is seen of the player.

    Args:
        drawn: The samples.
        bounds: All that the player was seen to do.
    """
    if len(drawn) == 1:
        return min(bounds), max(bounds)
    mean = sum(drawn, Fraction(0)) / len(drawn)
    variance = float(sum((one - mean) ** 2 for one in drawn)) / (len(drawn) - 1)
    times = _T_95.get(len(drawn) - 1, _T_95_MANY)
    half = Fraction(times * math.sqrt(variance / len(drawn)))
    return mean - half, mean + half


def seen(unit: Unit, values: Mapping[Taken, Fraction]) -> list[Fraction]:
    """Give all that a unit was seen to do, whatever had gone over before."""
    return [
        values[taken | unit] - values[taken]
        for taken in values
        if not taken & unit and taken | unit in values
    ]


def _along(order: Order, ran: Collection[Taken]) -> dict[Unit, Weights] | None:
    mixes = (NOTHING, *mixes_of(order))
    if any(taken not in ran for taken in mixes):
        return None
    one = Fraction(1)
    steps = zip(order, pairwise(mixes), strict=True)
    return {unit: {to: one, taken: -one} for unit, (taken, to) in steps}
