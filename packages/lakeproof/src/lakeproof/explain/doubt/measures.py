"""Metrics as functions of weighted rows, each for many draws at once.

A metric of a run is one of these only where it gives the run's own number from the run's own rows:
by its value, never by its name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lakeproof.explain.doubt.scored_rows import ScoredRows, pairs_of

# Of rows and weights (a line per draw, a column per row), the metric of each draw; `None` where the
# rows are not of its kind.
Measure = Callable[[ScoredRows, Any], Any]

_SAME = 1e-9


def _mean(values: Any, weights: Any) -> Any:
    return (weights @ values) / weights.sum(axis=1)


def _accuracy(rows: ScoredRows, weights: Any) -> Any:
    return _mean((_text(rows.truth) == _text(rows.said)).astype(float), weights)


def _errors(rows: ScoredRows) -> Any | None:
    if rows.truth.dtype.kind not in "fiu" or rows.said.dtype.kind not in "fiu":
        return None
    return rows.said.astype(float) - rows.truth.astype(float)


def _mae(rows: ScoredRows, weights: Any) -> Any:
    errors = _errors(rows)
    return None if errors is None else _mean(np.abs(errors), weights)


def _mse(rows: ScoredRows, weights: Any) -> Any:
    errors = _errors(rows)
    return None if errors is None else _mean(errors**2, weights)


def _rmse(rows: ScoredRows, weights: Any) -> Any:
    found = _mse(rows, weights)
    return None if found is None else np.sqrt(found)


def _r2(rows: ScoredRows, weights: Any) -> Any:
    errors = _errors(rows)
    if errors is None:
        return None
    truth = rows.truth.astype(float)
    # Around the mean of all rows first: squares of large numbers lose their last bits.
    centred = truth - truth.mean()
    total = _mean(centred**2, weights) - _mean(centred, weights) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - _mean(errors**2, weights) / total


def _log_loss(rows: ScoredRows, weights: Any) -> Any:
    probable = rows.probability_of_truth
    if probable is None:
        return None
    least = np.finfo(probable.dtype).eps
    return _mean(-np.log(np.clip(probable, least, 1 - least)), weights)


def _per_class(rows: ScoredRows, weights: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Give of each class how many are it, are said to be it, and are both."""
    truth, said = _text(rows.truth), _text(rows.said)
    for label in np.union1d(truth, said):
        of, to = (truth == label).astype(float), (said == label).astype(float)
        yield weights @ of, weights @ to, weights @ (of * to)


def _macro_f1(rows: ScoredRows, weights: Any) -> Any:
    return _over_classes((2 * hit, of + to) for of, to, hit in _per_class(rows, weights))


def _balanced_accuracy(rows: ScoredRows, weights: Any) -> Any:
    return _over_classes((hit, of) for of, _, hit in _per_class(rows, weights))


def _over_classes(parts: Iterator[tuple[Any, Any]]) -> Any:
    """Take the mean of fractions over the classes that a draw has."""
    total, count = 0.0, 0.0
    for above, below in parts:
        has = below > 0
        total = total + np.divide(above, below, out=np.zeros_like(above), where=has)
        count = count + has
    return total / count


MEASURES: Mapping[str, Measure] = {
    "accuracy": _accuracy,
    "macro F1": _macro_f1,
    "balanced accuracy": _balanced_accuracy,
    "log loss": _log_loss,
    "root mean squared error": _rmse,
    "mean squared error": _mse,
    "mean absolute error": _mae,
    "R²": _r2,
}


def measure_of(
    runs: Sequence[tuple[ScoredRows, float]],
) -> tuple[str, Callable[[ScoredRows, Any], Any]] | None:
    """Find the measure that gives each run's metric from the run's rows.

    Args:
        runs: The rows of each, and its metric.

    Returns:
        Its name, and a function of rows and weights; `None` where none gives all of the numbers.
    """
    for actual, predicted in pairs_of(runs[0][0]):
        for name, measure in MEASURES.items():
            for sign in (1, -1):
                if all(_gives(measure, sign, rows, actual, predicted, it) for rows, it in runs):
                    return name, _with(measure, sign, actual, predicted)
    return None


def _with(measure: Measure, sign: int, actual: str, predicted: str) -> Measure:
    def measured(rows: ScoredRows, weights: Any) -> Any:
        return sign * measure(rows.with_columns(actual, predicted), weights)

    return measured


def _gives(
    measure: Measure, sign: int, rows: ScoredRows, actual: str, predicted: str, number: float
) -> bool:
    if not {actual, predicted} <= rows.columns.keys():
        return False
    chosen = rows.with_columns(actual, predicted)
    found = measure(chosen, np.ones((1, len(rows.keys))))
    return found is not None and bool(
        abs(sign * float(found[0]) - number) <= _SAME * max(1.0, abs(number))
    )


def _text(values: Any) -> Any:
    """Compare classes as text: a run may give numbers as floats."""
    if values.dtype.kind == "f" and np.all(values == np.floor(values)):
        values = values.astype(np.int64)
    return values.astype(str)
