import numpy as np
import pandas as pd
import pytest

from winery.pipelines.train.nodes import (
    fit_model,
    select_training_rows,
)


@pytest.fixture
def settings():
    return {
        "key": "k",
        "target": "y",
        "task": "regression",
        "estimator": "random_forest",
        "hyperparameters": {
            "random_forest": {"n_estimators": 20},
            "gradient_boosting": {"max_iter": 20},
        },
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
    assert [name for name, _ in model.steps] == ["impute", "estimator"]
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    pd.testing.assert_frame_equal(rows, before)
    assert repr(settings) == given


@pytest.mark.parametrize("estimator", ["random_forest", "gradient_boosting", "linear"])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_every_estimator_fits_either_task_the_same_way_twice(
    request, rows, settings, estimator, task
):
    if task == "classification":
        rows = request.getfixturevalue("classes")
    settings |= {"task": task, "estimator": estimator}
    first, second = fit_model(rows, settings), fit_model(rows, settings)
    of = "predict" if task == "regression" else "predict_proba"
    bits = [getattr(model, of)(rows[["a", "b", "c"]]).tobytes() for model in (first, second, first)]
    assert bits[0] == bits[1] == bits[2]
    assert ("scale" in first.named_steps) == (estimator == "linear")


def test_another_seed_is_another_forest(rows, settings):
    one = fit_model(rows, settings).predict(rows[["a", "b", "c"]])
    two = fit_model(rows, settings | {"seed": 2}).predict(rows[["a", "b", "c"]])
    assert one.tobytes() != two.tobytes()


def test_a_forest_fitted_on_two_threads_predicts_on_one(rows, settings):
    """Its trees are seeded, so threads may fit them; adding them up is what must have an order."""
    alone = fit_model(rows, settings)
    settings["hyperparameters"]["random_forest"]["n_jobs"] = 2
    together = fit_model(rows, settings)
    assert together.named_steps["estimator"].n_jobs == 1
    bits = {model.predict(rows[["a", "b", "c"]]).tobytes() for model in [alone] + 10 * [together]}
    assert len(bits) == 1


def test_missing_values_become_a_median_and_a_column_that_says_so(rows, settings):
    impute = fit_model(rows, settings).named_steps["impute"]
    assert impute.get_feature_names_out().tolist() == ["a", "b", "c", "missingindicator_b"]
    filled = impute.transform(rows[["a", "b", "c"]])
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


def test_an_unknown_hyperparameter_is_refused_with_those_that_there_are(rows, settings):
    settings["hyperparameters"] = {"random_forest": {"trees": 5}}
    with pytest.raises(ValueError, match=r"RandomForestRegressor has no .* 'trees'.*max_depth"):
        fit_model(rows, settings)


def test_the_seed_is_no_hyperparameter(rows, settings):
    settings["hyperparameters"] = {"random_forest": {"random_state": 5}}
    with pytest.raises(ValueError, match=r"no hyperparameter 'random_state'.*`train.seed`"):
        fit_model(rows, settings)


def test_hyperparameters_of_another_estimator_do_not_reach_this_one(rows, settings):
    settings["hyperparameters"]["linear"] = {"alpha": 7.0}
    assert fit_model(rows, settings).named_steps["estimator"].n_estimators == 20
    settings["estimator"] = "linear"
    assert fit_model(rows, settings).named_steps["estimator"].alpha == 7.0


@pytest.mark.parametrize("nothing", [None, {}, {"random_forest": None}])
def test_no_hyperparameters_are_the_estimators_own(rows, settings, nothing):
    settings["hyperparameters"] = nothing
    assert fit_model(rows, settings).named_steps["estimator"].n_estimators == 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "ranking"}, "'train.task' is 'ranking'"),
        ({"estimator": "forest"}, "'forest' in 'train' is no estimator; there are: random_forest"),
        ({"hyperparameters": {"forest": {}}}, "'forest' in 'train' is no estimator"),
        ({"hyperparameters": {"n_estimators": 5}}, "hyperparameters.n_estimators' is 5, not a map"),
        ({"hyperparameters": {"linear": 5}}, "'train.hyperparameters.linear' is 5, not a mapping"),
        ({"seed": None}, "'train.seed' is None"),
        ({"seed": -1}, "'train.seed' is -1"),
        ({"seed": True}, "'train.seed' is True"),
        ({"sed": 1}, "'train' has no parameter 'sed'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(rows, settings, change, message):
    with pytest.raises(ValueError, match=message):
        fit_model(rows, settings | change)
