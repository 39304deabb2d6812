"""What is fitted, on any table that `conf/` describes: the pipelines know none."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from winery.pipelines.search.nodes import search_hyperparameters
from winery.pipelines.train.nodes import (
    fit_model,
    select_training_rows,
)

IMPUTE = {
    "class": "sklearn.impute.SimpleImputer",
    "strategy": "median",
    "add_indicator": True,
    "keep_empty_features": True,
}
SCALE = {"class": "sklearn.preprocessing.StandardScaler"}
FOREST = {"class": "sklearn.ensemble.RandomForestRegressor", "n_estimators": 20}


@pytest.fixture
def settings():
    return {
        "key": "k",
        "target": "y",
        "task": "regression",
        "estimator": "forest",
        "estimators": {
            "forest": dict(FOREST),
            "linear": {
                "class": "sklearn.linear_model.Ridge",
                "preprocessing": {"numeric": [IMPUTE, SCALE]},
            },
        },
        "preprocessing": {"numeric": [IMPUTE]},
        "seed": 1,
    }


@pytest.fixture
def rows():
    """Sixty training rows: numbers, some missing, and a number to predict."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(60, 3))
    y = x @ [1.0, -2.0, 0.5] + draw.normal(scale=0.1, size=60)
    x[::7, 1] = np.nan
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=y)
    frame.insert(0, "k", [f"K{number:02d}" for number in range(60)])
    return frame


@pytest.fixture
def classes(rows, settings):
    """The same rows with a class to predict."""
    settings["task"] = "classification"
    settings["estimators"]["forest"]["class"] = "sklearn.ensemble.RandomForestClassifier"
    return rows.assign(y=np.where(rows["y"] > 0, "high", "low"))


def test_training_rows_are_those_that_are_not_for_the_test(settings):
    features = pd.DataFrame(
        {"k": ["b", "a", "c"], "x": [1, 2, 3], "y": [1, 2, 3], "is_test": [False, False, True]}
    )
    before = features.copy()
    selected = select_training_rows(features, settings)
    assert selected.to_dict("list") == {"k": ["a", "b"], "x": [2.0, 1.0], "y": [2.0, 1.0]}
    pd.testing.assert_frame_equal(features, before)


def test_a_fraction_takes_a_part_of_the_training_rows_and_all_by_default(settings):
    keys = [f"K{number}" for number in range(400)]
    features = pd.DataFrame({"k": keys, "x": 1.0, "y": 1.0, "is_test": False})
    everything = select_training_rows(features, settings)
    settings["sample_fraction"] = 1
    pd.testing.assert_frame_equal(select_training_rows(features, settings), everything)
    settings["sample_fraction"] = 0.25
    assert 60 < len(select_training_rows(features, settings)) < 140
    settings["sample_fraction"] = 0
    with pytest.raises(ValueError, match=r"'train.sample_fraction' is 0"):
        select_training_rows(features, settings)


def test_the_model_is_one_pipeline_that_knows_its_features(rows, settings):
    before, given = rows.copy(), repr(settings)
    model = fit_model(rows, settings)
    assert [name for name, _ in model.steps] == ["preprocessing", "estimator"]
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    pd.testing.assert_frame_equal(rows, before)
    assert repr(settings) == given


@pytest.mark.parametrize("estimator", ["forest", "linear", "sklearn.svm.LinearSVR"])
def test_every_estimator_fits_the_same_way_twice(rows, settings, estimator):
    settings["estimator"] = estimator
    first, second = fit_model(rows, settings), fit_model(rows, settings)
    bits = [model.predict(rows[["a", "b", "c"]]).tobytes() for model in (first, second, first)]
    assert bits[0] == bits[1] == bits[2]


def test_another_seed_is_another_forest(rows, settings):
    one = fit_model(rows, settings).predict(rows[["a", "b", "c"]])
    two = fit_model(rows, settings | {"seed": 2}).predict(rows[["a", "b", "c"]])
    assert one.tobytes() != two.tobytes()


def test_a_forest_fitted_on_two_threads_predicts_on_one(rows, settings):
    """Its trees are seeded, so threads may fit them; adding them up is what must have an order."""
    alone = fit_model(rows, settings)
    settings["estimators"]["forest"]["n_jobs"] = 2
    together = fit_model(rows, settings)
    assert together.named_steps["estimator"].n_jobs == 1
    bits = {model.predict(rows[["a", "b", "c"]]).tobytes() for model in [alone] + 10 * [together]}
    assert len(bits) == 1


def test_missing_values_become_a_median_and_a_column_that_says_so(rows, settings):
    prepare = fit_model(rows, settings).named_steps["preprocessing"]
    assert prepare.get_feature_names_out().tolist() == [
        "numeric__a", "numeric__b", "numeric__c", "numeric__missingindicator_b",
    ]  # fmt: skip
    filled = prepare.transform(rows[["a", "b", "c"]])
    assert filled[0, 1] == rows["b"].median()
    assert filled[:, 3].sum() == 9


def test_an_empty_column_stays_a_feature(rows, settings):
    model = fit_model(rows.assign(b=np.nan), settings)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]


def test_classes_are_text_that_the_model_holds_itself(classes, settings):
    """An array of objects would hold addresses, which no digest can compare."""
    model = fit_model(classes, settings)
    assert model.classes_.dtype == "<U4"
    assert model.classes_.tolist() == ["high", "low"]


@pytest.mark.parametrize("values", [[3, 7], [True, False]])
def test_classes_that_are_no_text_keep_their_type(classes, settings, values):
    given = classes.assign(y=np.where(classes["y"] == "high", *values))
    assert fit_model(given, settings).classes_.tolist() == sorted(values)


def test_a_single_class_is_refused(classes, settings):
    with pytest.raises(ValueError, match="All 60 training rows have the same 'y', 'low'"):
        fit_model(classes.assign(y="low"), settings)


def test_what_one_estimator_wants_otherwise_does_not_reach_the_next(rows, settings):
    assert len(fit_model(rows, settings).named_steps["estimator"].estimators_) == 20
    settings["estimator"] = "linear"
    scaled = fit_model(rows, settings)[:-1].transform(rows[["a", "b", "c"]])
    assert abs(scaled.mean(axis=0)).max() < 1e-12


def test_a_classifier_is_refused_where_a_number_is_predicted(rows, settings):
    settings["estimator"] = "sklearn.svm.SVC"
    with pytest.raises(ValueError, match=r"A number is to be predicted.*SVC, a classifier"):
        fit_model(rows, settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "ranking"}, "'train.task' is 'ranking'"),
        (
            {"estimator": "wood"},
            "is 'wood', neither a name under .*, which has forest, linear, nor",
        ),
        ({"estimator": None}, "'train.estimator' is None"),
        ({"estimators": {"forest": 5}}, "'train.estimators.forest' is 5, not a mapping"),
        ({"estimators": {"forest": {}}}, "'train.estimators.forest' needs a `class`"),
        ({"preprocessing": {}}, "'a' is numeric, and 'preprocessing' has no 'numeric'"),
        ({"seed": None}, "'train.seed' is None"),
        ({"seed": -1}, "'train.seed' is -1"),
        ({"seed": True}, "'train.seed' is True"),
        ({"sed": 1}, "'train' has no parameter 'sed'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(rows, settings, change, message):
    with pytest.raises(ValueError, match=message):
        fit_model(rows, settings | change)


SPACE = {"alpha": [0.01, 100.0], "fit_intercept": [True, False]}


@pytest.mark.parametrize("method", ["grid", "optuna"])
def test_a_search_tries_the_same_twice_and_finds_the_best(rows, settings, method):
    """The first trial is what the settings say, and what the others have to be better than."""
    if method == "optuna":
        pytest.importorskip("optuna")
    settings["estimator"] = "linear"
    ranges = {"alpha": {"low": 0.01, "high": 100.0, "log": True}, "fit_intercept": [True, False]}
    search = {
        "method": method,
        "folds": 4,
        "trials": 6,
        "spaces": {"linear": SPACE if method == "grid" else ranges},
    }
    trials, best, metrics = search_hyperparameters(rows, settings, search)
    assert (trials, best, metrics) == search_hyperparameters(rows, settings, search)
    assert len(trials) == (5 if method == "grid" else 7)
    assert trials[0]["params"] == {}
    assert [set(trial["params"]) for trial in trials[1:]] == [set(SPACE)] * (len(trials) - 1)
    assert set(trials[0]["metrics"]) == {
        f"{n}{s}" for n in ("rmse", "mae", "r2") for s in ("", "_std")
    }
    least = min(trials, key=lambda trial: trial["metrics"]["rmse"])
    assert best == {"estimator": "linear", **least}
    assert metrics["rmse"] == {"value": least["metrics"]["rmse"], "step": 0}
    other = search_hyperparameters(rows, {**settings, "seed": 2}, search)
    assert other[0][0]["metrics"] != trials[0]["metrics"]


def test_a_trial_is_what_cross_validation_gives(rows, settings):
    from sklearn.model_selection import KFold, cross_val_score

    settings["estimator"] = "linear"
    search = {"method": "grid", "folds": 3, "metrics": ["neg_mean_absolute_error", "r2"]}
    (trial,), best, _ = search_hyperparameters(rows, settings, search)
    model = fit_model(rows, settings)
    folds = KFold(3, shuffle=True, random_state=1)
    scores = cross_val_score(model, rows[["a", "b", "c"]], rows["y"].to_numpy(), cv=folds)
    assert trial["metrics"]["r2"] == scores.mean()
    assert trial["metrics"]["neg_mean_absolute_error"] < 0
    assert best["params"] == {}


def test_classes_are_searched_by_their_log_loss(classes, settings):
    settings["estimators"]["forest"]["n_estimators"] = 5
    space = {"forest": {"max_depth": [1, 3]}}
    search = {"method": "grid", "folds": 3, "spaces": space}
    trials, best, metrics = search_hyperparameters(classes, settings, search)
    assert list(metrics) == ["log_loss", "accuracy", "macro_f1"]
    assert best["metrics"]["log_loss"] == min(t["metrics"]["log_loss"] for t in trials) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "random"}, "'search.method' is 'random'; it must be one of: grid, optuna"),
        ({"folds": 1}, "'search.folds' is 1; it must be a whole number from 2 on"),
        ({"spaces": {"linear": {"alfa": [1]}}}, "Ridge has no argument 'alfa'"),
        (
            {"spaces": {"linear": {"alpha": 1}}},
            "'alpha' in 'search.spaces' is 1; a grid takes lists",
        ),
        ({"metrics": ["acuracy"]}, "There is no measure 'acuracy'"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(rows, settings, change, message):
    settings["estimator"] = "linear"
    search = {"method": "grid", "folds": 3, "spaces": {}, **change}
    with pytest.raises(ValueError, match=message):
        search_hyperparameters(rows, settings, search)


@pytest.mark.parametrize("estimator", ["forest", "boosting", "linear"])
def test_houses_with_text_keys_missing_values_and_a_price(houses, house_parameters, run, estimator):
    house_parameters["train"]["estimator"] = estimator
    training, predictions, metrics, figure = run(houses, house_parameters)
    assert list(training) == ["address", "area", "rooms", "garden", "is_new", "room_size", "price"]
    assert len(training) + len(predictions) == 200
    assert training["garden"].isna().all()
    assert metrics["r2"] > 0.5
    assert list(metrics) == ["rmse", "mae", "r2"]
    assert figure.axes[0].get_title() == f"Residuals of {len(predictions)} test rows"


@pytest.mark.parametrize("estimator", ["forest", "boosting", "linear"])
def test_the_same_table_in_another_order_gives_the_same_bits(
    houses, house_parameters, run, estimator
):
    house_parameters["train"]["estimator"] = estimator
    _, first, metrics, _ = run(houses, house_parameters)
    _, second, again, _ = run(houses.reverse(), house_parameters)
    assert first["predicted"].to_numpy().tobytes() == second["predicted"].to_numpy().tobytes()
    assert metrics == again


@pytest.mark.parametrize("estimator", ["forest", "linear"])
def test_text_dates_a_key_of_two_columns_and_prices_that_are_not_there_yet(
    houses, house_parameters, run, estimator, caplog
):
    """Whatever the order of the rows: the same bits."""
    number = pl.int_range(pl.len())
    houses = houses.with_columns(
        address=pl.lit("Hauptstraße"),
        part=number,
        heating=pl.when(number % 5 > 0).then(pl.format("kind {}", number % 3)),
        sold=pl.date(2024, 1, 1) + pl.duration(days=number),
        price=pl.when(number % 20 > 0).then(pl.col("price")),
    )
    for settings in house_parameters.values():
        settings["key"] = ["address", "part"]
    house_parameters["feature"]["columns"] = "all"
    train = house_parameters["train"]
    train["estimator"] = estimator
    train["preprocessing"]["text"] = [
        {"class": "sklearn.preprocessing.OneHotEncoder", "handle_unknown": "infrequent_if_exist"}
    ]
    training, predictions, metrics, _ = run(houses, house_parameters)
    assert {"heating", "sold_year", "sold_weekday"} < set(training)
    assert len(training) + len(predictions) == 190
    assert "rows have no 'price' and are left out" in caplog.text
    assert metrics["r2"] > 0.5
    _, again, _, _ = run(houses.reverse(), house_parameters)
    assert again.equals(predictions)
