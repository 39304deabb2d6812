"""The examples that came with the project; a test of its own goes with them."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from lakeproof.frames import read_settings

from winery.parameters import TrainSettings

ROOT = Path(__file__).parents[2]
DELIVERIES = sorted((ROOT / "data/01_raw/wine").glob("*.csv"))
BASE_KEYS = ["engine", "example", "key", "target", "task", "schema", "csv", "sources"]


@pytest.fixture(scope="module")
def wines() -> pl.DataFrame:
    """Both deliveries, as the table `samples` holds them."""
    return pl.concat([pl.read_csv(path) for path in DELIVERIES])


def tables(env):
    return yaml.safe_load((ROOT / "conf" / env / "globals.yml").read_text())


def test_globals_name_the_table_and_only_the_base_the_engine():
    assert list(tables("base")) == [*BASE_KEYS[:6], "pattern", *BASE_KEYS[6:], "trusted"]
    assert list(tables("wine_quality")) == BASE_KEYS[1:]


def test_wine_quality_is_the_published_forest(conf):
    train = read_settings(TrainSettings, conf("wine_quality")["train"], "train")
    assert train.task == "regression"
    assert train.own == {
        "class": "sklearn.ensemble.RandomForestRegressor",
        "n_estimators": 1000,
        "max_features": "sqrt",
    }


def test_another_estimator_is_one_parameter_away(conf):
    for name in ("linear", "sklearn.linear_model.LogisticRegression"):
        train = read_settings(TrainSettings, conf(train={"estimator": name})["train"], "train")
        assert train.own["class"] == "sklearn.linear_model.LogisticRegression"


def test_wines(wines, conf, run):
    training, predictions, metrics, figure = run(wines, conf())
    assert len(training) + len(predictions) == 178
    assert metrics["accuracy"] > 0.9
    assert metrics["macro_f1"] > 0.9
    assert 0 < metrics["log_loss"] < 0.3
    right = round(metrics["accuracy"] * len(predictions))
    assert figure.axes[0].get_title() == f"{right} of 46 test rows are right"


def test_the_first_delivery_alone_gives_other_metrics(wines, conf, run):
    """So that a pin on version 0 shows."""
    assert run(wines.head(120), conf())[2] != run(wines, conf())[2]
