"""Which mixes to run next: the fewest that settle what each player's share is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from random import Random

from lakeproof.explain.game import ends, sampling
from lakeproof.explain.game.game import NOTHING, Failed, Game, Taken, valued
from lakeproof.explain.game.lattices import Lattice, Unit
from lakeproof.explain.game.table import (
    MOST_MIXES,
    MOST_NAMED,
    MOST_PLAYERS,
    Seats,
    blocks,
    members,
    opened,
    opened_lattice,
    seats,
    sharing,
)


def wanted(game: Game) -> tuple[Taken, ...]:
    """Say which mixes to run next, in order; none once all is settled or the budget is spent.

    A and B first; then each player alone and each left out; then, unless these agree, all that is
    between, the small ones first, so that what cannot run saves what would be built upon it.
    """
    first = game.unknown([NOTHING, game.all_taken])
    if first:
        return first
    if any(isinstance(game.known[taken], Failed) for taken in (NOTHING, game.all_taken)):
        return ()
    table = seats(game)
    if table.kind == "orders":
        return _by_orders(game, table.units)
    found = _at_table(game, table)
    if not found and table.kind == "groups":
        found = _in_group(game, table)
    return found[: int(min(game.left, len(found)))]


def _at_table(game: Game, table: Seats) -> tuple[Taken, ...]:
    first = game.unknown(list(ends.mixes_of(table.units, game.all_taken)))
    if first:
        return first if len(first) <= game.left else _by_orders(game, table.units)
    open_metrics = [one for one in game.metrics if not _is_settled(game, table.units, one)]
    if not open_metrics:
        return ()
    if len(table.units) > MOST_PLAYERS:
        return _by_orders(game, table.units) if game.budget is not None else ()
    for metric in open_metrics:
        lattice = Lattice.of(blocks(game, table.units, metric))
        if missing := _fill(game, lattice, metric):
            return missing
    return _by_orders(game, table.units)


def _in_group(game: Game, table: Seats) -> tuple[Taken, ...]:
    for metric in game.metrics:
        group = opened(game, metric)
        if group is None:
            continue
        inside = members(game, group)
        first = game.unknown(list(ends.mixes_of(inside, game.all_taken)))
        if first:
            return first if len(first) <= game.left else ()
        units = blocks(game, table.units, metric)
        found = sharing(game, units, metric)
        if found is None or _is_settled(
            game, inside, metric, valued(found[0][group], game.values(metric))
        ):
            continue
        lattice = opened_lattice(game, units, group)
        missing = _fill(game, lattice, metric)
        if missing:
            return missing
    return ()


def _is_settled(
    game: Game, units: tuple[Unit, ...], metric: str, difference: Fraction | None = None
) -> bool:
    values = game.values(metric)
    found = ends.ends_of(units, game.all_taken, values)
    if difference is None:
        difference = values[game.all_taken] - values[NOTHING]
    return found is not None and ends.is_additive(found, difference)


def _fill(game: Game, lattice: Lattice, metric: str) -> tuple[Taken, ...]:
    """Give the smallest mixes that are missing, if there is enough left for all that are."""
    if lattice.size > MOST_NAMED:
        return ()
    missing = game.unknown(lattice.reachable(game.failures(metric)))
    if not missing or len(missing) > min(game.left, MOST_MIXES if game.budget is None else inf):
        return ()
    smallest = min(map(len, missing))
    return tuple(taken for taken in missing if len(taken) == smallest)


def _by_orders(game: Game, units: tuple[Unit, ...]) -> tuple[Taken, ...]:
    if game.budget is None:
        return ()
    failed = {taken for metric in game.metrics for taken in game.failures(metric)}
    known = {taken: None if taken in failed else taken for taken in game.known}
    return tuple(sampling.next_mixes(units, known, game.left))


@dataclass(frozen=True)
class Planned:
    """Which mixes it takes, A and B not counted.

    Args:
        least: Where each player does alone what it does last.
        most: Where they do not.
    """

    least: tuple[Taken, ...]
    most: tuple[Taken, ...]


def planned(game: Game) -> Planned:
    """List the mixes that will be asked for, as if all of them ran."""
    draw = Random("planned")
    weights = {player: Fraction(draw.random()) for player in game.players}

    def additive(taken: Taken) -> Fraction:
        return sum((weights[player] for player in taken), Fraction(0))

    def entangled(taken: Taken) -> Fraction:
        return additive(taken) + Fraction(draw.random()) * len(game.players)

    return Planned(*(tuple(_played(game, value))[2:] for value in (additive, entangled)))


def _played(game: Game, value: Callable[[Taken], Fraction]) -> Iterator[Taken]:
    state = Game(game.players, game.group_of, budget=game.budget)
    while mixes := wanted(state):
        for taken in mixes:
            yield taken
            is_end = taken in (NOTHING, state.all_taken)
            state = state.told(taken, {"metric": value(taken)}, is_free=is_end)
