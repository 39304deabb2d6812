"""Any class by its import path: with its arguments, seeded, on one thread."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from lakeproof.estimators import make, make_estimator, settle_threads


def made(path, **arguments):
    return make({"class": path, **arguments}, seed=7, name="train.estimators.mine")


class Mine(BaseEstimator):
    """An estimator of a project's own, whose arguments are called otherwise."""

    def __init__(self, depth=1, seed=None, thread_count=-1):
        self.depth, self.seed, self.thread_count = depth, seed, thread_count

    def fit(self, x, y):
        return self

    def predict(self, x):
        return np.zeros(len(x))


class Open(Mine):
    """One that hands on whatever else it is given, as those of XGBoost do."""

    def __init__(self, depth=1, **others):
        super().__init__(depth=depth, **others)


MINE = f"{__name__}.Mine"


def test_arguments_are_those_of_the_class():
    assert made("sklearn.svm.SVC", C=2.5, class_weight={"a": 1, "b": 2}).get_params() == (
        made("sklearn.svm.SVC").get_params() | {"C": 2.5, "class_weight": {"a": 1, "b": 2}}
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("sklearn.ensemble.RandomForestClassifier", "random_state"),
        (MINE, "seed"),
        (f"{__name__}.Open", "seed"),
    ],
)
def test_a_seed_is_given_under_whatever_name_the_class_takes_it(path, name):
    assert getattr(made(path), name) == 7
    with pytest.raises(
        ValueError, match=rf"'train.estimators.mine.{name}' is a seed.*`train.seed`"
    ):
        made(path, **{name: 3})


def test_a_class_without_a_seed_gets_none():
    assert "random_state" not in made("sklearn.neighbors.KNeighborsClassifier").get_params()


def test_objects_within_arguments_are_made_and_seeded_too():
    """Also in lists and pairs."""
    svm = {"class": "sklearn.svm.LinearSVC", "C": 2}
    folds = {"class": "sklearn.model_selection.KFold", "shuffle": True}
    one = made("sklearn.calibration.CalibratedClassifierCV", estimator=svm, cv=folds)
    assert (one.estimator.random_state, one.estimator.C, one.cv.random_state) == (7, 2, 7)
    two = made("sklearn.ensemble.VotingClassifier", estimators=[["a", svm], ["b", svm]])
    assert [made.random_state for _, made in two.estimators] == [7, 7]


def test_folds_that_are_not_shuffled_take_no_seed():
    """scikit-learn refuses one."""
    assert made("sklearn.model_selection.KFold", n_splits=3).random_state is None
    assert made("sklearn.model_selection.ShuffleSplit").random_state == 7


def test_threads_are_one_where_a_class_would_take_all_and_nobody_says_how_many():
    assert made(MINE).thread_count == 1
    assert made(MINE, thread_count=4).thread_count == 4


def test_a_model_predicts_on_one_thread():
    inner = {"class": "sklearn.ensemble.RandomForestClassifier", "n_jobs": 2}
    model = made("sklearn.ensemble.BaggingClassifier", estimator=inner, n_jobs=-1)
    settle_threads(model)
    assert (model.n_jobs, model.estimator.n_jobs) == (1, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs a `class`, the import path of one, as in sklearn.svm.SVC; it has None"),
        ({"class": "SVC"}, "it has 'SVC'"),
        ({"class": 5}, "it has 5"),
        ({"class": "sklearn.svm.SVX"}, "'sklearn.svm' has no 'SVX'. Correct the path"),
        ({"class": "sklearn.svn.SVC"}, "No module named 'sklearn.svn'"),
        ({"class": "nowhere.Model"}, "no package 'nowhere' here.*make lock run"),
        ({"class": "sklearn.svm.SVC", "c": 1}, "SVC has no argument 'c'. It takes: C, break_ties"),
        ({"class": "sklearn.preprocessing.StandardScaler"}, "has no `fit` and `predict`"),
        ({"class": "sklearn.svm.SVR"}, "A class is to be predicted.*SVR, a regressor"),
        ({"class": "sklearn.pipeline.Pipeline"}, "refuses its arguments: .*steps"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message) as refused:
        make_estimator(given, seed=1, name="train.estimators.mine", is_classifier=True)
    assert "train.estimators.mine" in str(refused.value)


def test_classes_that_xgboost_cannot_have_are_refused_before_it_is_fitted():
    """By its module alone: it need not be installed."""
    import numpy as np

    from lakeproof.estimators import require_classes

    kind = type("XGBClassifier", (), {"__module__": "xgboost.sklearn"})
    with pytest.raises(ValueError, match=r"XGBClassifier takes the classes 0, 1, 2, … and 'grape'"):
        require_classes(kind(), np.array(["barbera", "barolo"]), name="grape")
    with pytest.raises(ValueError, match="holds 1, 2"):
        require_classes(kind(), np.array([1, 2, 2]), name="grape")
    require_classes(kind(), np.array([1, 0, 2]), name="grape")
    require_classes(object(), np.array(["barbera"]), name="grape")
