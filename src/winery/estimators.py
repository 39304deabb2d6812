"""The estimators that the YAML can name.

To add one, add a line to the table: its classes must take `random_state`, and what of it decides a
prediction must not depend on the number of threads.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_CLASSES = {
    ("classification", "random_forest"): "sklearn.ensemble.RandomForestClassifier",
    ("classification", "gradient_boosting"): "sklearn.ensemble.HistGradientBoostingClassifier",
    ("classification", "linear"): "sklearn.linear_model.LogisticRegression",
    ("regression", "random_forest"): "sklearn.ensemble.RandomForestRegressor",
    ("regression", "gradient_boosting"): "sklearn.ensemble.HistGradientBoostingRegressor",
    ("regression", "linear"): "sklearn.linear_model.Ridge",
}

NAMES = tuple(dict.fromkeys(name for _, name in _CLASSES))

# Trees compare within a column only; the others weigh columns against each other.
NEEDS_SCALING = frozenset({"linear"})


def make_estimator(
    task: str, name: str, *, hyperparameters: dict[str, Any], seed: int
) -> BaseEstimator:
    """Build the estimator that the YAML names, seeded.

    Args:
        task: `classification` or `regression`.
        name: One of `NAMES`.
        hyperparameters: Arguments of its class.
        seed: Its `random_state`.

    Returns:
        The estimator, not fitted.

    Raises:
        ValueError: The class has no such argument.
    """
    module, _, class_name = _CLASSES[task, name].rpartition(".")
    kind = getattr(import_module(module), class_name)
    # The seed is a parameter of its own, so that there is one of it.
    allowed = sorted(set(kind().get_params()) - {"random_state"})
    if unknown := sorted(set(hyperparameters) - set(allowed)):
        raise ValueError(
            f"{class_name} has no hyperparameter '{unknown[0]}'. It takes: {', '.join(allowed)}; "
            f"the seed is `train.seed`. Correct train.hyperparameters.{name}."
        )
    return kind(**hyperparameters, random_state=seed)
