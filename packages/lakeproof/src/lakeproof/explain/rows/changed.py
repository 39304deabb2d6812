"""The rows whose prediction changed most from A to B, of those that both scored."""

from pathlib import Path
from typing import Any

import numpy as np

from lakeproof.explain.doubt.scored_rows import ScoredRows, read_rows
from lakeproof.explain.explanation import ChangedRow, ChangedRows

_MOST = 10


def changed_rows(before: Path | None, after: Path | None) -> ChangedRows | None:
    """Set the predictions of two runs side by side.

    Args:
        before: A's table of predictions, as `mixes` writes it.
        after: B's.

    Returns:
        `None` where one has no such table, no key, or not the usual columns.
    """
    ours, theirs = (read_rows(one) if one is not None else None for one in (before, after))
    if ours is None or theirs is None:
        return None
    if any(not {one.actual, one.predicted} <= one.columns.keys() for one in (ours, theirs)):
        return None
    at = {key: place for place, key in enumerate(ours.keys)}
    pairs = [(at[key], place) for place, key in enumerate(theirs.keys) if key in at]
    if not pairs:
        return ChangedRows(0, 0, ())
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    said = ours.said[first], theirs.said[second]
    changes = _changes(ours, theirs, first, second)
    order = [int(one) for one in np.argsort(-np.abs(changes), kind="stable")[:_MOST]]
    return ChangedRows(
        len(pairs),
        int(np.sum(said[0] != said[1])),
        tuple(
            ChangedRow(
                theirs.keys[second[one]],
                _plain(theirs.truth[second[one]]),
                _plain(said[0][one]),
                _plain(said[1][one]),
                float(changes[one]),
            )
            for one in order
            if changes[one]
        ),
    )


def _changes(ours: ScoredRows, theirs: ScoredRows, first: Any, second: Any) -> Any:
    sure = ours.probability_of_truth, theirs.probability_of_truth
    if sure[0] is not None and sure[1] is not None:
        return sure[1][second] - sure[0][first]
    said = ours.said[first], theirs.said[second]
    if all(one.dtype.kind == "f" for one in said):
        return said[1] - said[0]
    return (said[0] != said[1]).astype(float)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
