"""Look for the few players that make the change of one metric, and say how far they make it."""

import math
from collections.abc import Callable

from lakeproof.explain.explanation import Few
from lakeproof.explain.find.ddmin import OutOfMixesError, smallest
from lakeproof.explain.find.joined import JoinedMixes
from lakeproof.explain.mixes.facts import MixedRuns

# Of the difference: what a set has to make of it, so that it counts as the change.
_MOST_OF_IT = 0.9


def few_of(
    mixes: MixedRuns, metric: str | None, budget: int | None, say: Callable[[str], None]
) -> tuple[Few, MixedRuns] | None:
    """Look for a small set of players that makes nine tenths of the change.

    Args:
        mixes: Those of all players.
        metric: Whose change; by default the first that differs.
        budget: How many mixes may be run.
        say: Gets progress.

    Returns:
        The set, and mixes in which all others are one player; `None` where nothing differs.
    """
    names = [one.name for one in mixes.players()]
    before, after = mixes.value(frozenset()).metrics, mixes.value(frozenset(names)).metrics
    wanted = metric or next(
        (name for name in before if name in after and after[name] != before[name]), None
    )
    if wanted is None or wanted not in before or wanted not in after or not names:
        return None
    difference = after[wanted] - before[wanted]
    if not difference or not math.isfinite(difference):
        return None
    asked = 0

    def part(taken: frozenset[str]) -> float | None:
        outcome = mixes.value(taken)
        number = outcome.metrics.get(wanted)
        if outcome.failure is not None or number is None or not math.isfinite(number):
            return None
        return (number - before[wanted]) / difference

    def makes_change(taken: frozenset[str]) -> bool | None:
        nonlocal asked
        if budget is not None and asked >= budget:
            raise OutOfMixesError
        asked += 1
        say(f"Looking for the few, mix {asked}: {len(taken)} of {len(names)} from B")
        made = part(taken)
        return None if made is None else made >= _MOST_OF_IT

    found = smallest(names, makes_change)
    made = part(frozenset(found.players))
    few = Few(
        wanted,
        found.players,
        len(names),
        made or 0.0,
        found.is_smallest,
        found.asked,
        found.unknown,
    )
    return few, JoinedMixes(mixes, found.players)
