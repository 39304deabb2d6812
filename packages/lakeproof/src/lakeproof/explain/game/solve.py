"""The answer, out of what is known so far: shares that add up, and what would make them wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from lakeproof.explain.game import ends, sampling
from lakeproof.explain.game.game import NOTHING, Game, Taken, Weights, valued
from lakeproof.explain.game.impossible import Waits, waiting
from lakeproof.explain.game.lattices import Lattice, Unit, weights
from lakeproof.explain.game.table import (
    MOST_NAMED,
    MOST_PLAYERS,
    blocks,
    is_filled,
    members,
    opened,
    opened_lattice,
    seats,
    sharing,
)
from lakeproof.explain.game.together import Together, interactions, large

How = Literal["all orders", "alone and last", "some orders"]


@dataclass(frozen=True)
class Share:
    """What a player did, or several that are taken as one.

    Args:
        players: By name: a closed group, or those that cannot be told apart, are several.
        value: Its part of the difference.
        low: The least that it may be; the same where it is exact.
        high: The most.
        how: Out of which mixes it was found.
        weights: How the metric of each mix counts in it.
    """

    players: tuple[str, ...]
    value: Fraction
    low: Fraction
    high: Fraction
    how: How
    weights: Weights


@dataclass(frozen=True)
class Solved:
    """One metric, shared out.

    Args:
        metric: Its name.
        before: In A.
        after: In B.
        shares: They add up to the difference; none where too few mixes ran.
        together: Interactions that are large enough to matter.
        waits: Who was counted after whom, because no mix runs the other way round.
        joined: Those taken as one because no mix tells them apart.
        unasked: The mixes between the players that were not run.
        failed: Why those that failed did.
    """

    metric: str
    before: Fraction
    after: Fraction
    shares: tuple[Share, ...]
    together: tuple[Together, ...] = ()
    waits: tuple[Waits, ...] = ()
    joined: tuple[Unit, ...] = ()
    unasked: tuple[Taken, ...] = ()
    failed: Mapping[Taken, str] | None = None

    @property
    def is_exact(self) -> bool:
        """Tell whether every mix that could run did."""
        return bool(self.shares) and all(one.how == "all orders" for one in self.shares)


def solve(game: Game, metric: str) -> Solved | None:
    """Share out the difference of one metric; `None` where A or B has no such number."""
    values = game.values(metric)
    if not {NOTHING, game.all_taken} <= values.keys():
        return None
    table, failed = seats(game), game.failures(metric)
    units = table.units if table.kind == "orders" else blocks(game, table.units, metric)
    few = len(table.units) <= MOST_PLAYERS
    lattice = Lattice.of(units)
    found = _shares(game, units, metric)
    group = opened(game, metric)
    if group is not None and found:
        lattice = opened_lattice(game, units, group)
        found = _opened(game, lattice, group, found, metric)
    return Solved(
        metric,
        values[NOTHING],
        values[game.all_taken],
        _ordered(game, found),
        large(interactions(units, values), {frozenset(one.players): one.value for one in found})
        if few
        else (),
        waiting(units, values, failed) if few else (),
        tuple(unit for unit in units if unit not in table.units),
        _unasked(game, lattice, metric),
        failed,
    )


def _shares(game: Game, units: tuple[Unit, ...], metric: str) -> list[Share]:
    values = game.values(metric)
    shared = sharing(game, units, metric)
    if shared is not None and shared[1]:
        return [_exact(unit, one, values) for unit, one in shared[0].items()]
    found = ends.ends_of(units, game.all_taken, values)
    difference = values[game.all_taken] - values[NOTHING]
    drawn = sampling.samples(units, values, game.failures(metric))
    if drawn and not (found and ends.is_additive(found, difference)):
        return [
            _share(
                unit,
                sampling.mean(drawn, unit),
                values,
                sampling.spread(
                    [valued(one[unit], values) for one in drawn], sampling.seen(unit, values)
                ),
                "some orders",
            )
            for unit in units
        ]
    if shared is None or found is None:
        return []
    return [
        _share(unit, one, values, (found[unit].alone, found[unit].last), "alone and last")
        for unit, one in shared[0].items()
    ]


def _opened(
    game: Game, lattice: Lattice, group: Unit, closed: list[Share], metric: str
) -> list[Share]:
    values, inside = game.values(metric), members(game, group)
    if is_filled(game, lattice, metric):
        exact = weights(lattice, values)
        if exact is not None:
            return [_exact(unit, one, values) for unit, one in exact.items()]
    found = ends.ends_of(inside, game.all_taken, values)
    if found is None:
        return closed
    whole = next(one for one in closed if frozenset(one.players) == group)
    within = [
        _share(unit, one, values, (found[unit].alone, found[unit].last), "alone and last")
        for unit, one in ends.weights(inside, game.all_taken, whole.weights).items()
    ]
    return [one for one in closed if one is not whole] + within


def _exact(unit: Unit, counted: Weights, values: Mapping[Taken, Fraction]) -> Share:
    value = valued(counted, values)
    return Share(tuple(sorted(unit)), value, value, value, "all orders", counted)


def _share(
    unit: Unit,
    counted: Weights,
    values: Mapping[Taken, Fraction],
    bounds: tuple[Fraction, Fraction],
    how: How,
) -> Share:
    value = valued(counted, values)
    low, high = min(value, *bounds), max(value, *bounds)
    return Share(tuple(sorted(unit)), value, low, high, how, counted)


def _ordered(game: Game, found: list[Share]) -> tuple[Share, ...]:
    """Put the players of a share in their order, and the largest share first."""
    place = {player: number for number, player in enumerate(game.players)}
    ordered = [
        replace(one, players=tuple(sorted(one.players, key=place.__getitem__))) for one in found
    ]
    return tuple(sorted(ordered, key=lambda one: (-abs(one.value), place[one.players[0]])))


def _unasked(game: Game, lattice: Lattice, metric: str) -> tuple[Taken, ...]:
    """Name the mixes that were not run, where they can be named."""
    if lattice.size > MOST_NAMED:
        return ()
    return game.unknown(lattice.reachable(game.failures(metric)))
