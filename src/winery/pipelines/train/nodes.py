"""Fit one scikit-learn pipeline to rows in the order of their key.

What is not elementwise happens here, in one process, on rows in a known order: medians, scaling and
the fit itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lakeproof.estimators import make_model, require_classes, settle_threads
from lakeproof.frames import select_rows, with_settings

from winery.parameters import TrainSettings
from winery.rows import part_to_train_on

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.pipeline import Pipeline
else:
    # Kedro resolves a node's annotations whenever it starts, and warns of those it cannot.
    DataFrame = Pipeline = Any

takes_settings = with_settings(TrainSettings, "train")


@takes_settings
def select_training_rows(features: Any, settings: TrainSettings) -> DataFrame:
    """Collect the rows that a model may see, sorted by the key.

    Args:
        features: The table `features`, of any engine.
        settings: `params:train`.

    Returns:
        The key, the measurements as float64 or text, and the target. Rows without a target are
        left out, and counted in log and record.

    Raises:
        ValueError: There is no such row, or more than fit into memory; a key is repeated.
    """
    return select_rows(
        features,
        part_to_train_on(settings.sample),
        key=settings.key,
        target=settings.target,
        is_label=settings.is_classification,
    )


@takes_settings
def fit_model(training_rows: DataFrame, settings: TrainSettings) -> Pipeline:
    """Fit preprocessing and estimator as one, so that what predicts is what was fitted.

    Args:
        training_rows: The rows of `select_training_rows`; every column but key and target is a
            feature.
        settings: `params:train`.

    Returns:
        The fitted pipeline, which predicts on one thread.

    Raises:
        ValueError: A class is not there or takes no such argument, or a classifier would see a
            single class.
    """
    measurements = measurements_of(training_rows, settings)
    model = model_of(measurements, settings)
    target = target_of(training_rows, settings)
    if settings.is_classification:
        require_classes(model, target, name=settings.target)
    model.fit(measurements, target)
    settle_threads(model)
    return model


def measurements_of(rows: DataFrame, settings: TrainSettings) -> DataFrame:
    """Give what a model is fitted on: every column but key and target."""
    return rows.drop(columns=[*settings.keys, settings.target])


def model_of(
    measurements: DataFrame, settings: TrainSettings, changes: Mapping[str, Any] | None = None
) -> Pipeline:
    """Build the model that `conf/` names, not fitted, with other arguments where they are given."""
    return make_model(
        measurements,
        {**settings.own, **(changes or {})},
        preprocessing=settings.preprocessing,
        seed=settings.seed,
        name=f"train.estimators.{settings.estimator}",
        is_classifier=settings.is_classification,
    )


def target_of(rows: DataFrame, settings: TrainSettings) -> Any:
    """Give what a model is fitted to.

    Raises:
        ValueError: A classifier would see a single class.
    """
    import pandas as pd

    target = rows[settings.target]
    if settings.task == "regression":
        return target.to_numpy()
    if target.nunique() < 2:
        raise ValueError(
            f"All {len(target)} training rows have the same '{settings.target}', "
            f"{target.iloc[0]!r}; a classifier needs two classes. Add rows, or choose another "
            "`feature.split.salt`."
        )
    # Text of fixed width, whose bytes the model holds, not objects that it points to.
    return target.to_numpy(dtype=str) if pd.api.types.is_string_dtype(target) else target.to_numpy()
