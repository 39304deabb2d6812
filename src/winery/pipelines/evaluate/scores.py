"""Read the table `predictions`: the column of each class, and the measures that `conf/` names.

Names of classes are anybody's text; names of Delta columns are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

# What is measured where `evaluate.metrics` says nothing, and scikit-learn's scorer of the same.
USUAL = {
    "classification": {"accuracy": "accuracy", "macro_f1": "f1_macro", "log_loss": "neg_log_loss"},
    "regression": {
        "rmse": "neg_root_mean_squared_error",
        "mae": "neg_mean_absolute_error",
        "r2": "r2",
    },
}

_PREFIX = "probability_"


def probability_column(label: Any) -> str:
    """Name the column that holds the probability of a class.

    Args:
        label: The class: text, an integer or a boolean.

    Returns:
        A name that Delta allows: what is neither letter, digit nor underscore has become one.
    """
    return _PREFIX + re.sub(r"\W", "_", str(label))


def probability_columns(labels: Iterable[Any]) -> list[str]:
    """Name the columns of all classes.

    Args:
        labels: The classes in the model's order.

    Returns:
        The names in the same order.

    Raises:
        ValueError: Two classes would share a column; Delta holds `A` and `a` to be the same name.
    """
    columns: dict[str, str] = {}
    for label in map(str, labels):
        name = probability_column(label)
        other = columns.setdefault(name.lower(), label)
        if other != label:
            raise ValueError(
                f"The classes '{other}' and '{label}' would both have the column '{name}'. Rename "
                "one of them where it is ingested."
            )
    return [probability_column(label) for label in columns.values()]


def labels_by_column(columns: Iterable[str], labels: Iterable[Any]) -> dict[str, str]:
    """Find the class of each column again, and the classes that have none.

    Args:
        columns: The columns of `predictions`.
        labels: The classes that occur in its rows.

    Returns:
        The name of each class by its column: first those of the model in its order, then those that
        only the test rows have. A class of the model that no row has is named as its column is.
    """
    found = {name: name.removeprefix(_PREFIX) for name in columns if name.startswith(_PREFIX)}
    return found | {probability_column(label): label for label in sorted(map(str, labels))}


class UnknownMeasureError(ValueError):
    """There is no measure of a name."""


class TooFewError(ValueError):
    """There are too few rows for a measure."""


def score(rows: DataFrame, names: Iterable[str], task: str) -> dict[str, float]:
    """Measure predictions.

    Args:
        rows: The predictions in the order of their key, so that sums have the same last bit.
        names: Names of `USUAL`, names of scikit-learn's scorers, or import paths of functions of
            what is true and what was predicted. None at all: the usual ones that can be taken.
        task: `classification` or `regression`.

    Returns:
        The measures by name; of an import path, its last part.

    Raises:
        ValueError: There is no such measure, or it cannot be taken of these predictions.
    """
    usual = [name for name in USUAL[task] if name != "log_loss" or has_probabilities(rows)]
    found: dict[str, float] = {}
    for name in tuple(names) or usual:
        try:
            value = _usual(name, rows) if name in usual else scorer(name, task)(_model(rows, task))
        except (UnknownMeasureError, TooFewError):
            raise
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f"'{name}' in 'evaluate.metrics' cannot be taken of these {len(rows)} predictions: "
                f"{str(error)[:300]}"
            ) from error
        short = name.rpartition(".")[2]
        if short in found:
            raise ValueError(f"'evaluate.metrics' names '{short}' twice. Take one out.")
        found[short] = float(value)
    return found


def has_probabilities(rows: DataFrame) -> bool:
    """Tell whether the model gave a probability for each class."""
    return any(name.startswith(_PREFIX) for name in rows.columns)


def scorer(name: str, task: str) -> Callable[..., float]:
    """Give what measures an estimator on rows and what is true of them; more is better.

    Args:
        name: As for `score`; of a name of `USUAL` it is scikit-learn's measure of the same.
        task: `classification` or `regression`.

    Raises:
        UnknownMeasureError: There is none of that name.
    """
    from sklearn.metrics import get_scorer, get_scorer_names, make_scorer

    theirs = USUAL[task].get(name, name)
    if theirs in get_scorer_names():
        return _on_own_rows(get_scorer(theirs))
    module, _, attribute = name.rpartition(".")
    try:
        function = getattr(import_module(module), attribute) if module else None
    except (ImportError, AttributeError) as error:
        raise UnknownMeasureError(f"The measure '{name}' cannot be imported: {error}.") from error
    if not callable(function):
        raise UnknownMeasureError(
            f"There is no measure '{name}'. There are: {', '.join(USUAL[task])}; what "
            "sklearn.metrics.get_scorer_names() lists; and functions by their import path, as in "
            "sklearn.metrics.matthews_corrcoef."
        )
    return _on_own_rows(make_scorer(function))


def _on_own_rows(given: Any) -> Callable[..., float]:
    def measure(estimator: Any, *rows_and_truth: Any) -> float:
        return float(given(estimator, *(rows_and_truth or (estimator.rows, estimator.actual))))

    return measure


def _model(rows: DataFrame, task: str) -> Any:
    """Stand for the model that has said what the rows hold, so that a scorer can ask it."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Said(BaseEstimator):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self.rows, self.actual = rows, rows["actual"].to_numpy()

        def predict(self, _: Any) -> Any:
            return rows["predicted"].to_numpy()

    class Regressor(RegressorMixin, Said):  # type: ignore[misc, unused-ignore]
        pass

    class Classifier(ClassifierMixin, Said):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.columns = _columns_by_class(rows)

        @property
        def classes_(self) -> Any:
            import numpy as np

            return np.array(list(self.columns))

        def predict_proba(self, _: Any) -> Any:
            if not has_probabilities(rows):
                raise AttributeError("the model gives no probabilities")
            return rows.reindex(columns=list(self.columns.values()), fill_value=0.0).to_numpy()

    return Classifier() if task == "classification" else Regressor()


def _columns_by_class(rows: DataFrame) -> dict[Any, str]:
    """Find the column of each class, which has the type it has in the table, in their order."""
    labels = {*rows["actual"].tolist(), *rows["predicted"].tolist()}
    by_column = {probability_column(label): label for label in labels}
    kind = type(next(iter(labels)))
    for name in rows.columns:
        if name.startswith(_PREFIX):
            # A class that no row has.
            by_column.setdefault(name, kind(name.removeprefix(_PREFIX)))
    return dict(sorted((label, name) for name, label in by_column.items()))


def _usual(name: str, rows: DataFrame) -> float:
    """Take a measure of `USUAL` of labels as text, which every table holds alike."""
    from sklearn import metrics

    actual, predicted = rows["actual"], rows["predicted"]
    if name in USUAL["regression"]:
        if name == "r2" and len(rows) < 2:
            raise TooFewError(
                "There is one test row; r2 needs two. Raise `feature.split.test_fraction`, or add "
                "rows."
            )
        measure = {
            "rmse": metrics.root_mean_squared_error,
            "mae": metrics.mean_absolute_error,
            "r2": metrics.r2_score,
        }[name]
        return float(measure(actual, predicted))
    actual, predicted = actual.astype(str), predicted.astype(str)
    if name == "accuracy":
        return float(metrics.accuracy_score(actual, predicted))
    if name == "macro_f1":
        return float(metrics.f1_score(actual, predicted, average="macro"))
    # A class that only the test rows have got no probability: zero, which log_loss bounds.
    classes = sorted(labels_by_column(rows.columns, actual))
    probabilities = rows.reindex(columns=classes, fill_value=0.0)
    true_columns = actual.map(probability_column)
    return float(metrics.log_loss(true_columns, probabilities.to_numpy(), labels=classes))
