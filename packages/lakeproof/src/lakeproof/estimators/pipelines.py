"""Put an estimator behind the preprocessing that its columns need, as one scikit-learn pipeline.

What predicts is then what was fitted, and whoever is handed the model hands it rows as they are in
the table. Not for what can be computed row by row: that is a feature of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lakeproof.estimators.by_path import CLASS, make, make_estimator

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.pipeline import Pipeline

# The kinds of columns: booleans count as numbers, as `select_rows` hands them over.
KINDS = ("numeric", "text")
_PREPROCESSING = "preprocessing"


def make_model(
    rows: DataFrame,
    given: Mapping[str, Any],
    *,
    preprocessing: Mapping[str, Sequence[Mapping[str, Any]]],
    seed: int,
    name: str,
    is_classifier: bool | None = None,
) -> Pipeline:
    """Build preprocessing and estimator as one, not fitted.

    Args:
        rows: The measurements it will be fitted to, of which only the types are looked at.
        given: The estimator's `class` and its arguments; under `preprocessing` what it wants
            otherwise than the rest, by kind.
        preprocessing: By kind of column, `numeric` or `text`, the classes of its steps in order.
        seed: Where every random choice of it starts.
        name: Where `given` stands in the YAML, as a dotted name.
        is_classifier: Whether it has to predict a class or a number; None for either.

    Returns:
        A pipeline of the two steps `preprocessing` and `estimator`.

    Raises:
        ValueError: A class or an argument is not there, a kind of column has no preprocessing, or
            the estimator is for another task.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    own = given.get(_PREPROCESSING) or {}
    by_kind = {**preprocessing, **own}
    if unknown := [kind for kind in by_kind if kind not in KINDS]:
        raise ValueError(
            f"'preprocessing' knows no columns of the kind '{unknown[0]}'; there are: "
            f"{', '.join(KINDS)}."
        )
    parts = []
    for kind, columns in _by_kind(rows).items():
        if columns and kind not in by_kind:
            raise ValueError(
                f"The column '{columns[0]}' is {kind}, and '{_PREPROCESSING}' has no '{kind}'. Say "
                "there what becomes of such columns, or take them out of `feature.columns`."
            )
        place = f"{name}.{_PREPROCESSING}" if kind in own else _PREPROCESSING
        parts.append((kind, _steps(by_kind.get(kind), seed=seed, name=f"{place}.{kind}"), columns))
    estimator = make_estimator(
        {key: value for key, value in given.items() if key != _PREPROCESSING},
        seed=seed,
        name=name,
        is_classifier=is_classifier,
    )
    # Dense, whatever the share of zeros in these rows: another version of the table has another.
    columns = ColumnTransformer([part for part in parts if part[2]], sparse_threshold=0)
    return Pipeline([(_PREPROCESSING, columns), ("estimator", estimator)])


def require_classes(model: Any, target: Any, *, name: str) -> None:
    """Refuse classes that an estimator cannot be fitted to, before it says so in its own words.

    Args:
        model: A pipeline of `make_model`, or an estimator.
        target: The classes of the rows, as an array.
        name: Of the target.

    Raises:
        ValueError: XGBoost is given other classes than 0, 1, 2, ….
    """
    import numpy as np

    kind = type(getattr(model, "steps", [(None, model)])[-1][1])
    if not kind.__module__.startswith("xgboost."):
        return
    classes = np.unique(target)
    if classes.tolist() != list(range(len(classes))):
        some = ", ".join(repr(one) for one in classes[:3].tolist())
        raise ValueError(
            f"{kind.__name__} takes the classes 0, 1, 2, … and '{name}' holds {some}"
            f"{' and more' if len(classes) > 3 else ''}. Deliver the target as such a `long`, or "
            "take another estimator: lightgbm.LGBMClassifier, "
            "sklearn.ensemble.HistGradientBoostingClassifier."
        )


def _by_kind(rows: DataFrame) -> dict[str, list[str]]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    is_numeric = {
        str(name): is_numeric_dtype(kind) or is_bool_dtype(kind)
        for name, kind in rows.dtypes.items()
    }
    return {
        "numeric": [name for name, is_so in is_numeric.items() if is_so],
        "text": [name for name, is_so in is_numeric.items() if not is_so],
    }


def _steps(given: Any, *, seed: int, name: str) -> Any:
    from sklearn.pipeline import make_pipeline

    if not given:
        return "passthrough"
    if not isinstance(given, list | tuple) or not all(isinstance(one, Mapping) for one in given):
        raise ValueError(
            f"'{name}' is {given!r}; it must be a list of steps, each with its `{CLASS}`."
        )
    return make_pipeline(
        *(make(one, seed=seed, name=f"{name}[{place}]") for place, one in enumerate(given))
    )
