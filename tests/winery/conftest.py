"""The nouns of these tests: the parameters of an environment, and a table that no one has."""

import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from winery.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def conf() -> Callable[..., dict[str, Any]]:
    """Read the parameters of an environment as a run would."""

    def read(env: str = "local", **given: Any) -> dict[str, Any]:
        from kedro.config import OmegaConfigLoader

        with warnings.catch_warnings():
            # Kedro 1.7 still registers its resolvers by OmegaConf's old name.
            warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
            return OmegaConfigLoader(
                str(ROOT / "conf"), env=env, runtime_params=given, **CONFIG_LOADER_ARGS
            )["parameters"]

    return read


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    """Take samples through the functions of all pipelines, in the order of a run."""

    def through(samples: pl.DataFrame, parameters: dict[str, Any]) -> tuple[Any, ...]:
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

    return through


@pytest.fixture
def houses() -> pl.DataFrame:
    """A table that is no wine: text keys, missing values, a number to predict."""
    draw = random.Random(7)
    rows = []
    for number in range(200):
        area = draw.uniform(30, 200)
        rooms = draw.randrange(1, 7)
        rows.append(
            {
                "address": f"Hauptstraße {number}/ü",
                "area": area if number % 9 else None,
                "rooms": rooms if number % 13 else None,
                "garden": None,
                "is_new": number % 2 == 0,
                "price": 1000.0 * area + 500.0 * rooms + draw.gauss(0, 1000),
            }
        )
    draw.shuffle(rows)
    types = {"garden": pl.Float64, "rooms": pl.Int32}
    return pl.DataFrame(rows, schema_overrides=types)


@pytest.fixture
def house_parameters() -> dict[str, Any]:
    """What conf/ would say of the houses."""
    names = {"key": "address", "target": "price"}
    ensemble = "sklearn.ensemble"
    impute = {"class": "sklearn.impute.SimpleImputer", "keep_empty_features": True}
    scale = {"class": "sklearn.preprocessing.StandardScaler"}
    return {
        "feature": {
            **names,
            "columns": ["area", "rooms", "garden", "is_new"],
            "ratios": {"room_size": ["area", "rooms"]},
            "split": {"salt": "houses", "test_fraction": 0.3},
        },
        "train": {
            **names,
            "task": "regression",
            "estimator": "forest",
            "estimators": {
                "forest": {"class": f"{ensemble}.RandomForestRegressor", "n_estimators": 20},
                "boosting": {"class": f"{ensemble}.HistGradientBoostingRegressor", "max_iter": 20},
                "linear": {
                    "class": "sklearn.linear_model.Ridge",
                    "preprocessing": {"numeric": [impute, scale]},
                },
            },
            "preprocessing": {"numeric": [impute]},
            "seed": 1,
        },
        "evaluate": {**names, "task": "regression"},
    }
