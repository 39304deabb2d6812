"""What the choice of the scored rows leaves open: a paired bootstrap over tables of predictions.

No run. Each draw takes rows by their key, the same ones in every mix (Efron and Tibshirani 1993),
reckons the metric of each mix anew, and from these the shares.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lakeproof.explain.doubt.measures import measure_of
from lakeproof.explain.doubt.scored_rows import ScoredRows, read_rows
from lakeproof.explain.explanation import RowsDoubt, Spread
from lakeproof.explain.game.game import Taken
from lakeproof.explain.game.solve import Solved
from lakeproof.explain.mixes.facts import Outcome

DRAWS = 1_000
# Cells of a matrix of weights at a time: 32 MB.
_CELLS = 4_000_000
_MOST_ROWS = 2_000_000


def rows_doubt(solved: Sequence[Solved], outcomes: Mapping[Taken, Outcome]) -> dict[str, RowsDoubt]:
    """Say between what each share lies in 95 % of draws of the rows.

    Args:
        solved: The shares, by metric.
        outcomes: Of each mix, with its table of predictions.

    Returns:
        By metric; where it cannot be said, why not.
    """
    read: dict[Taken, ScoredRows | None] = {}
    found = {}
    for one in solved:
        needed = sorted({taken for share in one.shares for taken in share.weights}, key=sorted)
        for taken in needed:
            if taken not in read:
                path = outcomes[taken].predictions
                read[taken] = read_rows(path) if path is not None else None
        found[one.metric] = _of_metric(one, needed, read, outcomes)
    return found


def _of_metric(
    solved: Solved,
    needed: Sequence[Taken],
    read: Mapping[Taken, ScoredRows | None],
    outcomes: Mapping[Taken, Outcome],
) -> RowsDoubt:
    if not needed:
        return RowsDoubt(why_not="it was not shared out.")
    rows = [read[taken] for taken in needed]
    if any(one is None for one in rows):
        return RowsDoubt(
            why_not="not every mix has a table of predictions whose rows a key tells apart."
        )
    tables = [one for one in rows if one is not None]
    numbers = [outcomes[taken].metrics[solved.metric] for taken in needed]
    measure = measure_of(list(zip(tables, numbers, strict=True)))
    if measure is None:
        return RowsDoubt(
            why_not="no known measure gives this number from the predictions; "
            "it is not a function of them alone, or one of its own."
        )
    keys = list(dict.fromkeys(key for one in tables for key in one.keys))
    if len(keys) > _MOST_ROWS:
        return RowsDoubt(why_not=f"{len(keys)} rows are more than are drawn again.")
    drawn = _metrics(tables, keys, measure[1])
    usable = np.isfinite(drawn).all(axis=1)
    spreads = {}
    for share in solved.shares:
        weights = np.array([float(share.weights.get(taken, 0)) for taken in needed])
        low, high = np.quantile(drawn[usable] @ weights, [0.025, 0.975])
        spreads[share.players] = Spread(float(low), float(high))
    return RowsDoubt(int(usable.sum()), spreads)


def _metrics(
    tables: Sequence[ScoredRows], keys: Sequence[Any], measure: Callable[[ScoredRows, Any], Any]
) -> Any:
    """Reckon the metric of each table for each draw: a line per draw, a column per table."""
    place = {key: number for number, key in enumerate(keys)}
    places = [np.array([place[key] for key in one.keys]) for one in tables]
    # The same draws each time.
    random = np.random.default_rng(0)
    at_once = max(1, min(DRAWS, _CELLS // len(keys)))
    found = []
    for start in range(0, DRAWS, at_once):
        size = min(at_once, DRAWS - start)
        counts = random.multinomial(len(keys), np.full(len(keys), 1 / len(keys)), size=size)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(
                np.stack(
                    [
                        measure(one, counts[:, where].astype(float))
                        for one, where in zip(tables, places, strict=True)
                    ],
                    axis=1,
                )
            )
    return np.concatenate(found)
