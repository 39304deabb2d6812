"""Predict rows that the model has not seen, and measure by how much it is wrong.

Everything is computed from the table `predictions`, so that what is scored is what is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakeproof.frames import collect_in_order, select_rows, with_settings

from winery.parameters import EvaluateSettings
from winery.pipelines.evaluate.scores import (
    labels_by_column,
    probability_columns,
    score,
)
from winery.rows import part_to_test_on

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame
    from sklearn.pipeline import Pipeline
else:
    # Kedro resolves a node's annotations whenever it starts, and warns of those it cannot.
    DataFrame = Figure = Pipeline = Any

takes_settings = with_settings(EvaluateSettings, "evaluate")


@takes_settings
def select_test_rows(features: Any, settings: EvaluateSettings) -> DataFrame:
    """Collect the rows that no model has seen, sorted by the key.

    Args:
        features: The table `features`, of any engine.
        settings: `params:evaluate`.

    Returns:
        The key, the measurements as float64 or text, and the target. Rows without a target are
        left out, and counted in log and record.

    Raises:
        ValueError: There is no such row, or more than fit into memory; a key is repeated.
    """
    return select_rows(
        features,
        part_to_test_on(settings.sample),
        key=settings.key,
        target=settings.target,
        is_label=settings.is_classification,
    )


@takes_settings
def predict_test_rows(
    model: Pipeline, test_rows: DataFrame, settings: EvaluateSettings
) -> DataFrame:
    """Set what the model says beside what is true.

    Args:
        model: A fitted pipeline that knows the names of its features.
        test_rows: The rows of `select_test_rows`.
        settings: `params:evaluate`.

    Returns:
        The key, `actual`, `predicted` and, of a classifier that has them, `probability_<class>` for
        each class of the model, in the order of the rows.

    Raises:
        ValueError: The rows lack a feature of the model, or two classes would share a column.
    """
    import pandas as pd

    names = list(model.feature_names_in_)
    if absent := [name for name in names if name not in test_rows]:
        raise ValueError(
            f"The model was fitted on {len(names)} features; the test rows lack '{absent[0]}'. "
            "Evaluate the version of `features` that it was fitted on, or fit it again: "
            "kedro run --pipelines train,evaluate"
        )
    columns = {
        **{name: test_rows[name] for name in settings.keys},
        "actual": test_rows[settings.target],
        # CatBoost gives classes as a column.
        "predicted": model.predict(test_rows[names]).reshape(len(test_rows)),
    }
    if settings.is_classification and hasattr(model, "predict_proba"):
        by_class = model.predict_proba(test_rows[names]).T
        columns |= zip(probability_columns(model.classes_), by_class, strict=True)
    return pd.DataFrame(columns)


@takes_settings
def score_predictions(
    predictions: Any, settings: EvaluateSettings
) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
    """Measure the predictions, in the order of the key so that sums have the same last bit.

    Args:
        predictions: The table of `predict_test_rows`, of any engine and in any order.
        settings: `params:evaluate`.

    Returns:
        What `evaluate.metrics` names, else `accuracy`, `macro_f1` and `log_loss`, or `rmse`, `mae`
        and `r2`: once by name, once in the form of MLflow's metric history.

    Raises:
        ValueError: There are no predictions, or too few for a measure, or no such measure.
    """
    rows = _in_order(predictions, settings)
    metrics = score(rows, settings.metrics, settings.task)
    return metrics, {name: {"value": value, "step": 0} for name, value in metrics.items()}


@takes_settings
def draw_confusion_matrix(predictions: Any, settings: EvaluateSettings) -> Figure:
    """Draw which classes are taken for which.

    Args:
        predictions: The table of `predict_test_rows`, of any engine and in any order.
        settings: `params:evaluate`.

    Returns:
        The figure.
    """
    from sklearn.metrics import confusion_matrix

    rows = _in_order(predictions, settings)
    actual, predicted = rows["actual"].astype(str), rows["predicted"].astype(str)
    labels = list(labels_by_column(rows.columns, {*actual, *predicted}).values())
    counts = confusion_matrix(actual, predicted, labels=labels)
    return _confusion_figure(counts, labels, settings.target)


@takes_settings
def draw_residuals(predictions: Any, settings: EvaluateSettings) -> Figure:
    """Draw how far predictions are off, and where.

    Args:
        predictions: The table of `predict_test_rows`, of any engine and in any order.
        settings: `params:evaluate`.

    Returns:
        The figure.
    """
    rows = _in_order(predictions, settings)
    return _residual_figure(rows["predicted"], rows["actual"] - rows["predicted"], settings.target)


def _in_order(predictions: Any, settings: EvaluateSettings) -> DataFrame:
    rows = collect_in_order(predictions, key=settings.key).to_pandas()
    if rows.empty:
        raise ValueError(
            "There are no predictions to score. Run them: kedro run --pipelines evaluate"
        )
    return rows


# No `pyplot`: its state is shared by all threads, and it needs a screen.
def _confusion_figure(counts: Any, labels: list[str], target: str) -> Figure:
    """Draw how often each class, by row, was taken for which, by column."""
    from matplotlib.figure import Figure

    side = max(4.5, 2.5 + 0.6 * len(labels))
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts, cmap="Blues", vmin=0)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel(f"predicted {target}")
    axes.set_ylabel(f"actual {target}")
    axes.set_title(f"{counts.trace()} of {counts.sum()} test rows are right")
    dark = counts.max() / 2
    for row, column in ((r, c) for r in range(len(labels)) for c in range(len(labels))):
        count = int(counts[row, column])
        color = "white" if count > dark else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color)
    return figure


def _residual_figure(predicted: Any, residual: Any, target: str) -> Figure:
    """Draw by how much each prediction is off."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color="black", linewidth=1)
    axes.scatter(predicted, residual, s=14, alpha=0.4, linewidths=0)
    axes.set_xlabel(f"predicted {target}")
    axes.set_ylabel("actual minus predicted")
    axes.set_title(f"Residuals of {len(residual)} test rows")
    return figure
