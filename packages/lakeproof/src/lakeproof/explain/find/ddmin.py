"""Delta debugging (Zeller and Hildebrandt 2002): a set that makes the change, as small as can be.

Of what is found, none can be left out: without it the change does not come about. There may be
another such set. Pure: what a mix does is asked of a function.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lakeproof.explain.game.game import Taken


@dataclass(frozen=True)
class Smallest:
    """What was found.

    Args:
        players: The set.
        is_smallest: Whether it is known that none of them can be left out.
        asked: How many mixes were asked for.
        unknown: Those without whom the mix does not run, so that nobody knows.
    """

    players: tuple[str, ...]
    is_smallest: bool
    asked: int
    unknown: tuple[str, ...] = ()


class OutOfMixesError(Exception):
    """There is nothing left of the budget."""


def smallest(players: Sequence[str], makes_change: Callable[[Taken], bool | None]) -> Smallest:
    """Find a set of players that makes the change and of which none can be left out.

    Args:
        players: All of them, which make it.
        makes_change: Whether a mix shows the change; `None` where it does not run. May raise
            `OutOfMixesError`, which ends the search with what was found by then.
    """
    answers: dict[Taken, bool | None] = {}
    current, pieces = tuple(players), 2

    def shows(some: Sequence[str]) -> bool:
        taken = frozenset(some)
        if not taken:
            return False
        if taken not in answers:
            answers[taken] = makes_change(taken)
        return answers[taken] is True

    try:
        while len(current) > 1:
            parts = _parts(current, pieces)
            rests = [tuple(one for one in current if one not in part) for part in parts]
            if found := next(filter(shows, parts), None):
                current, pieces = found, 2
            elif pieces > 2 and (found := next(filter(shows, rests), None)):
                current, pieces = found, max(pieces - 1, 2)
            elif pieces < len(current):
                pieces = min(2 * pieces, len(current))
            else:
                break
    except (OutOfMixesError, KeyboardInterrupt):
        return Smallest(current, is_smallest=False, asked=len(answers))
    unknown = tuple(
        one
        for one in current
        if len(current) > 1 and answers[frozenset(current) - {one}] is not False
    )
    return Smallest(current, is_smallest=not unknown, asked=len(answers), unknown=unknown)


def _parts(players: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Cut into as many parts, alike in size and in order."""
    ends = [len(players) * place // count for place in range(count + 1)]
    return [tuple(players[a:b]) for a, b in pairwise(ends) if a < b]
