"""The nouns of these tests: the wines, the parameters of an environment, and another table."""

import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from winery.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[2]
DELIVERIES = sorted((ROOT / "data/01_raw/wine").glob("*.csv"))


@pytest.fixture(scope="session")
def wines() -> pl.DataFrame:
    """Both deliveries, as the table `samples` holds them."""
    return pl.concat([pl.read_csv(path) for path in DELIVERIES])


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
