import io

import numpy as np
import pandas as pd
import polars as pl
import pytest

from winery.pipelines.evaluate.nodes import (
    draw_confusion_matrix,
    draw_residuals,
    predict_test_rows,
    score_predictions,
    select_test_rows,
)

CLASSIFICATION = {"key": "k", "target": "y", "task": "classification"}
REGRESSION = {"key": "k", "target": "y", "task": "regression"}


class Classifier:
    """A model that gives the class `b` to what is above one half."""

    feature_names_in_ = np.array(["x"], dtype=object)

    def __init__(self, *classes):
        self.classes_ = np.array(classes)

    def predict_proba(self, rows):
        assert list(rows) == ["x"]
        return np.column_stack([1 - rows["x"], rows["x"]])

    def predict(self, rows):
        return self.classes_[(rows["x"] > 0.5).astype(int)]


@pytest.fixture
def test_rows():
    return pd.DataFrame({"k": [1, 2, 3], "x": [0.25, 0.75, 1.0], "y": ["a", "b", "a"]})


@pytest.fixture
def predictions(test_rows):
    return predict_test_rows(Classifier("a", "b"), test_rows, CLASSIFICATION)


@pytest.fixture
def estimates():
    """Predictions of a number, in no order."""
    return pl.DataFrame({"k": [3, 1, 2], "actual": [1.0, 2.0, 6.0], "predicted": [1.5, 2.0, 5.0]})


def png(figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def text_of(figure) -> list[str]:
    axes = figure.axes[0]
    return [
        axes.get_title(),
        axes.get_xlabel(),
        axes.get_ylabel(),
        *(t.get_text() for t in axes.texts),
    ]


def test_a_model_that_gives_a_column_is_taken_as_one_that_gives_values(test_rows, predictions):
    """As CatBoost's do."""

    class Column(Classifier):
        def predict(self, rows):
            return super().predict(rows).reshape(-1, 1)

    given = predict_test_rows(Column("a", "b"), test_rows, CLASSIFICATION)
    assert given.equals(predictions)


def test_a_classifier_without_probabilities_has_no_log_loss(test_rows):
    class Bare(Classifier):
        predict_proba = property()

    given = predict_test_rows(Bare("a", "b"), test_rows, CLASSIFICATION)
    assert list(given) == ["k", "actual", "predicted"]
    assert "log_loss" not in score_predictions(given, CLASSIFICATION)[0]


def test_a_fraction_takes_a_part_of_the_test_rows_and_all_by_default():
    keys = [f"K{number}" for number in range(400)]
    features = pd.DataFrame({"k": keys, "x": 1.0, "y": 1.0, "is_test": True})
    assert len(select_test_rows(features, REGRESSION)) == 400
    assert 60 < len(select_test_rows(features, REGRESSION | {"sample_fraction": 0.25})) < 140
    with pytest.raises(ValueError, match=r"'evaluate.sample_fraction' is 2"):
        select_test_rows(features, REGRESSION | {"sample_fraction": 2})


def test_test_rows_are_those_that_no_model_has_seen():
    features = pl.LazyFrame({"k": [2, 1], "x": [1, 2], "y": [5, 6], "is_test": [True, False]})
    selected = select_test_rows(features, REGRESSION)
    assert selected.to_dict("list") == {"k": [2], "x": [1.0], "y": [5.0]}


def test_no_test_rows_are_refused_with_what_to_change():
    features = pl.LazyFrame({"k": [2, 1], "x": [1, 2], "y": [5, 6], "is_test": [False, False]})
    with pytest.raises(ValueError, match=r"no row in the test set. Raise `feature.split"):
        select_test_rows(features, REGRESSION)


def test_a_prediction_stands_beside_the_truth_and_each_class_has_its_probability(
    test_rows, predictions
):
    assert predictions.to_dict("list") == {
        "k": [1, 2, 3],
        "actual": ["a", "b", "a"],
        "predicted": ["a", "b", "b"],
        "probability_a": [0.75, 0.25, 0.0],
        "probability_b": [0.25, 0.75, 1.0],
    }
    assert list(test_rows) == ["k", "x", "y"]


def test_a_predicted_number_has_no_probability(test_rows):
    class Model:
        feature_names_in_ = np.array(["x"], dtype=object)

        def predict(self, rows):
            return rows["x"].to_numpy() * 2

    given = test_rows.assign(y=[1.0, 2.0, 3.0])
    assert predict_test_rows(Model(), given, REGRESSION).to_dict("list") == {
        "k": [1, 2, 3],
        "actual": [1.0, 2.0, 3.0],
        "predicted": [0.5, 1.5, 2.0],
    }


def test_a_class_may_have_any_name_that_leaves_it_a_column_of_its_own(test_rows):
    predictions = predict_test_rows(
        Classifier("Grand Cru", "1er; (rot)"), test_rows, CLASSIFICATION
    )
    assert list(predictions)[3:] == ["probability_Grand_Cru", "probability_1er___rot_"]


@pytest.mark.parametrize("classes", [("a b", "a_b"), ("A", "a")])
def test_classes_that_would_share_a_column_are_refused(test_rows, classes):
    with pytest.raises(ValueError, match=f"'{classes[0]}' and '{classes[1]}' would both have"):
        predict_test_rows(Classifier(*classes), test_rows, CLASSIFICATION)


def test_rows_that_lack_a_feature_of_the_model_are_refused(test_rows):
    with pytest.raises(ValueError, match="fitted on 1 features; the test rows lack 'x'"):
        predict_test_rows(Classifier("a", "b"), test_rows.drop(columns="x"), CLASSIFICATION)


def test_scores_of_classes(predictions):
    metrics, history = score_predictions(predictions, CLASSIFICATION)
    assert metrics == {
        "accuracy": pytest.approx(2 / 3),
        "macro_f1": pytest.approx(2 / 3),
        # The third row's own class got probability zero, which counts as the smallest float step.
        "log_loss": pytest.approx((-2 * np.log(0.75) - np.log(np.finfo(float).eps)) / 3),
    }
    assert history == {name: {"value": value, "step": 0} for name, value in metrics.items()}
    assert {type(value) for value in metrics.values()} == {float}


def test_scores_of_numbers(estimates):
    metrics, _ = score_predictions(estimates.lazy(), REGRESSION)
    assert metrics == {
        "rmse": pytest.approx((1.25 / 3) ** 0.5),
        "mae": pytest.approx(0.5),
        "r2": pytest.approx(1 - 1.25 / 14),
    }


def test_the_order_of_the_table_does_not_matter_to_the_last_bit():
    draw = np.random.default_rng(0)
    table = pl.DataFrame(
        {"k": range(1000), "actual": draw.normal(size=1000), "predicted": draw.normal(size=1000)}
    )
    expected = score_predictions(table.lazy(), REGRESSION)
    for seed in range(5):
        shuffled = table.sample(fraction=1, shuffle=True, seed=seed)
        assert score_predictions(shuffled.lazy(), REGRESSION) == expected


@pytest.mark.parametrize("labels", [(1, 2), (False, True)])
def test_classes_need_not_be_text(test_rows, labels):
    given = test_rows.assign(y=[labels[0], labels[1], labels[0]])
    predictions = predict_test_rows(Classifier(*labels), given, CLASSIFICATION)
    stored = pl.from_pandas(predictions).lazy()
    assert score_predictions(stored, CLASSIFICATION)[0]["accuracy"] == pytest.approx(2 / 3)
    assert text_of(draw_confusion_matrix(stored, CLASSIFICATION))[3:] == ["1", "1", "0", "1"]


def test_a_class_that_no_test_row_has_is_scored_and_drawn(test_rows):
    given = test_rows.head(1)
    predictions = predict_test_rows(Classifier("a", "z z"), given, CLASSIFICATION)
    metrics, _ = score_predictions(predictions, CLASSIFICATION)
    assert metrics == {"accuracy": 1.0, "macro_f1": 1.0, "log_loss": pytest.approx(-np.log(0.75))}
    figure = draw_confusion_matrix(predictions, CLASSIFICATION)
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["a", "z_z"]


def test_a_class_that_only_the_test_rows_have_is_scored_and_drawn(test_rows):
    given = test_rows.assign(y=["a", "b", "A new one"])
    predictions = predict_test_rows(Classifier("a", "b"), given, CLASSIFICATION)
    metrics, _ = score_predictions(predictions, CLASSIFICATION)
    assert metrics["accuracy"] == pytest.approx(2 / 3)
    assert metrics["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert metrics["log_loss"] == pytest.approx(
        (-2 * np.log(0.75) - np.log(np.finfo(float).eps)) / 3
    )
    figure = draw_confusion_matrix(predictions, CLASSIFICATION)
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["a", "b", "A new one"]


def test_the_confusion_matrix_says_what_is_counted(predictions):
    figure = draw_confusion_matrix(predictions, CLASSIFICATION)
    assert text_of(figure) == [
        "2 of 3 test rows are right", "predicted y", "actual y", "1", "1", "0", "1",
    ]  # fmt: skip


def test_the_residuals_say_what_is_drawn(estimates):
    figure = draw_residuals(estimates.lazy(), REGRESSION)
    assert text_of(figure) == ["Residuals of 3 test rows", "predicted y", "actual minus predicted"]
    assert figure.axes[0].collections[0].get_offsets().tolist() == [[2, 0], [5, 1], [1.5, -0.5]]


def test_a_picture_has_the_same_bytes_twice_and_needs_no_screen(predictions, estimates):
    for draw, table, settings in (
        (draw_confusion_matrix, pl.from_pandas(predictions), CLASSIFICATION),
        (draw_residuals, estimates, REGRESSION),
    ):
        assert png(draw(table, settings)) == png(draw(table.reverse(), settings))


def test_no_predictions_have_no_score(estimates):
    with pytest.raises(ValueError, match="There are no predictions to score"):
        score_predictions(estimates.clear().lazy(), REGRESSION)


def test_one_prediction_has_no_r2(estimates):
    with pytest.raises(ValueError, match="There is one test row; r2 needs two"):
        score_predictions(estimates.head(1).lazy(), REGRESSION)


def test_a_repeated_key_is_refused(estimates):
    with pytest.raises(ValueError, match="The key 'k' is not unique: 3 occurs"):
        score_predictions(pl.concat([estimates, estimates.head(1)]).lazy(), REGRESSION)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "ranking"}, "'evaluate.task' is 'ranking'"),
        ({"key": "actual"}, "The key is named 'actual'"),
        ({"key": "probability_a"}, "The key is named 'probability_a'"),
        ({"metric": "rmse"}, "'evaluate' has no parameter 'metric'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(estimates, change, message):
    with pytest.raises(ValueError, match=message):
        score_predictions(estimates, REGRESSION | change)


def test_measures_are_those_that_the_settings_name(predictions):
    """Of scikit-learn, by a name or an import path; with the values it gives for the same model."""
    names = ("f1_macro", "neg_log_loss", "roc_auc", "sklearn.metrics.matthews_corrcoef", "accuracy")
    usual, _ = score_predictions(predictions, CLASSIFICATION)
    scores, history = score_predictions(predictions, {**CLASSIFICATION, "metrics": list(names)})
    assert list(scores) == [*names[:3], "matthews_corrcoef", "accuracy"] == list(history)
    assert scores["f1_macro"] == usual["macro_f1"]
    assert scores["neg_log_loss"] == -usual["log_loss"]
    assert scores["accuracy"] == usual["accuracy"]


def test_measures_of_numbers_are_named_too(estimates):
    names = ["rmse", "neg_root_mean_squared_error", "sklearn.metrics.median_absolute_error"]
    scores, _ = score_predictions(estimates, {**REGRESSION, "metrics": names})
    assert scores["rmse"] == -scores["neg_root_mean_squared_error"]
    assert scores["median_absolute_error"] == 0.5


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("acuracy", "There is no measure 'acuracy'. There are: accuracy, macro_f1, log_loss"),
        ("sklearn.metrics.acuracy", "'sklearn.metrics.acuracy' cannot be imported"),
        ("no_such_package.profit", "'no_such_package.profit' cannot be imported"),
        ("r2", "'r2' in 'evaluate.metrics' cannot be taken of these"),
    ],
)
def test_a_measure_that_is_none_is_refused_by_name(predictions, name, sentence):
    with pytest.raises(ValueError, match=sentence):
        score_predictions(predictions, {**CLASSIFICATION, "metrics": [name]})


def test_a_model_without_probabilities_is_measured_by_what_it_predicts(predictions):
    """What would need them is left out, and refused where it is named."""
    plain = predictions.drop(columns=["probability_a", "probability_b"])
    scores, _ = score_predictions(plain, CLASSIFICATION)
    assert list(scores) == ["accuracy", "macro_f1"]
    for name in ("log_loss", "roc_auc_ovr"):
        with pytest.raises(ValueError, match=f"'{name}' in .*gives no probabilities"):
            score_predictions(plain, {**CLASSIFICATION, "metrics": [name]})
