"""Who sits at the table: each player, or each group where there are more than five."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lakeproof.explain.game import ends
from lakeproof.explain.game.game import NOTHING, Game, Weights, valued
from lakeproof.explain.game.impossible import joined
from lakeproof.explain.game.lattices import Lattice, Unit, weights

MOST_PLAYERS = 5
# Above it, the mixes of a lattice are not even written down.
MOST_NAMED = 4_096
# With nobody asked: as many as five players have.
MOST_MIXES = 2**MOST_PLAYERS - 2


@dataclass(frozen=True)
class Seats:
    """Who goes over as one.

    Args:
        units: Each of them.
        kind: `players`: each by itself, in every order; `groups`: those of a group together first;
            `orders`: each by itself, in some orders.
    """

    units: tuple[Unit, ...]
    kind: Literal["players", "groups", "orders"]


def seats(game: Game) -> Seats:
    """Say who goes over as one: groups above five players, unless a budget pays for orders."""
    alone = tuple(frozenset([player]) for player in game.players)
    if len(alone) <= MOST_PLAYERS:
        return Seats(alone, "players")
    # One order and its reverse are the least that says how far orders lie apart.
    if game.budget is not None and game.budget >= 2 * (len(alone) - 1):
        return Seats(alone, "orders")
    names = dict.fromkeys(game.group_of.get(player, player) for player in game.players)
    groups = tuple(
        frozenset(player for player in game.players if game.group_of.get(player, player) == name)
        for name in names
    )
    if 1 < len(groups) <= MOST_PLAYERS:
        return Seats(groups, "groups")
    return Seats(alone, "players")


def is_filled(game: Game, lattice: Lattice, metric: str) -> bool:
    """Tell whether every mix that lies on an order of possible ones is known."""
    if lattice.size > MOST_NAMED:
        return False
    return not game.unknown(lattice.reachable(game.failures(metric)))


def blocks(game: Game, units: tuple[Unit, ...], metric: str) -> tuple[Unit, ...]:
    """Join units that, by what is known, no mix tells apart."""
    failed = game.failures(metric)
    if not failed or len(units) > MOST_PLAYERS:
        return units
    return joined(units, game.values(metric), failed)


def sharing(
    game: Game, units: tuple[Unit, ...], metric: str
) -> tuple[Mapping[Unit, Weights], bool] | None:
    """Say how mixes count for each unit, and whether that is exact.

    Returns:
        The weights; by the ends alone where not all mixes are known; `None` where too few are.
    """
    values, lattice = game.values(metric), Lattice.of(units)
    if len(units) <= MOST_PLAYERS and is_filled(game, lattice, metric):
        exact = weights(lattice, values)
        return None if exact is None else (exact, True)
    if ends.ends_of(units, game.all_taken, values) is None:
        return None
    return ends.weights(units, game.all_taken, difference_of(game)), False


def difference_of(game: Game) -> Weights:
    """Say how mixes count for all of the difference: B once, A once less."""
    return {game.all_taken: Fraction(1), NOTHING: Fraction(-1)}


def opened(game: Game, metric: str) -> Unit | None:
    """Say which group is looked into: the one with the largest share, where it has members."""
    table = seats(game)
    if table.kind != "groups":
        return None
    units = blocks(game, table.units, metric)
    found = sharing(game, units, metric)
    if found is None:
        return None
    values = game.values(metric)
    sizes = {unit: abs(valued(found[0][unit], values)) for unit in units}
    largest = max(units, key=sizes.__getitem__)
    return largest if len(largest) > 1 and sizes[largest] else None


def members(game: Game, group: Unit) -> tuple[Unit, ...]:
    """Give the players of a group, each by itself."""
    return tuple(frozenset([player]) for player in game.players if player in group)


def opened_lattice(game: Game, units: tuple[Unit, ...], group: Unit) -> Lattice:
    """Give the orders in which the members of one group follow each other."""
    return Lattice(tuple(members(game, one) if one == group else (one,) for one in units))
