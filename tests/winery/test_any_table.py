"""The pipelines know no wine: three tables go through the same functions."""

import polars as pl
import pytest

from winery.pipelines.evaluate.nodes import (
    draw_confusion_matrix,
    draw_residuals,
    predict_test_rows,
    score_predictions,
    select_test_rows,
)
from winery.pipelines.feature.nodes import build_features
from winery.pipelines.ingest.nodes import clean
from winery.pipelines.train.nodes import (
    fit_model,
    select_training_rows,
)


def run(samples, parameters):
    features = build_features(clean(samples.lazy()), parameters["feature"]).collect()
    training = select_training_rows(features.lazy(), parameters["train"])
    model = fit_model(training, parameters["train"])
    test = select_test_rows(features.lazy(), parameters["evaluate"])
    predictions = predict_test_rows(model, test, parameters["evaluate"])
    stored = pl.from_pandas(predictions).sample(fraction=1, shuffle=True, seed=1).lazy()
    metrics, _ = score_predictions(stored, parameters["evaluate"])
    is_regression = parameters["evaluate"]["task"] == "regression"
    draw = draw_residuals if is_regression else draw_confusion_matrix
    return training, predictions, metrics, draw(stored, parameters["evaluate"])


def test_wines(wines, conf):
    training, predictions, metrics, figure = run(wines, conf())
    assert len(training) + len(predictions) == 178
    assert metrics["accuracy"] > 0.9
    assert metrics["macro_f1"] > 0.9
    assert 0 < metrics["log_loss"] < 0.3
    assert figure.axes[0].get_title() == "45 of 46 test rows are right"


def test_the_first_delivery_alone_gives_other_metrics(wines, conf):
    """So that a pin on version 0 shows."""
    assert run(wines.head(120), conf())[2] != run(wines, conf())[2]


@pytest.mark.parametrize("estimator", ["random_forest", "gradient_boosting", "linear"])
def test_houses_with_text_keys_missing_values_and_a_price(houses, house_parameters, estimator):
    house_parameters["train"]["estimator"] = estimator
    training, predictions, metrics, figure = run(houses, house_parameters)
    assert list(training) == ["address", "area", "rooms", "garden", "is_new", "room_size", "price"]
    assert len(training) + len(predictions) == 200
    assert training["garden"].isna().all()
    assert metrics["r2"] > 0.5
    assert list(metrics) == ["rmse", "mae", "r2"]
    assert figure.axes[0].get_title() == f"Residuals of {len(predictions)} test rows"


@pytest.mark.parametrize("estimator", ["random_forest", "gradient_boosting", "linear"])
def test_the_same_table_in_another_order_gives_the_same_bits(houses, house_parameters, estimator):
    house_parameters["train"]["estimator"] = estimator
    _, first, metrics, _ = run(houses, house_parameters)
    _, second, again, _ = run(houses.reverse(), house_parameters)
    assert first["predicted"].to_numpy().tobytes() == second["predicted"].to_numpy().tobytes()
    assert metrics == again
