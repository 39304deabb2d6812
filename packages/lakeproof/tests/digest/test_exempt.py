"""What of an estimator does not count: what its own class says of the work, and nothing else."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MultiLabelBinarizer, StandardScaler
from sklearn.utils import Bunch

from lakeproof.digest import digest_model

RANDOM = np.random.default_rng(3)
X, Y = RANDOM.random((40, 3)), RANDOM.random(40)
RUN_ID = "3f9c2a7be1c44d0f8a6f0c2d9b7e5a10"


class Survival(RegressorMixin, BaseEstimator):
    """A model of a project's own, with names that scikit-learn has for something else."""

    def __init__(self, memory=3):
        self.memory = memory

    def fit(self, X, y=None):  # noqa: N803
        self.median_survival_time_ = float(np.median(X))
        return self


class Forest(RandomForestRegressor):
    """A model of a project's own, made of one of scikit-learn's."""


class OwnThreads(RandomForestRegressor):
    """One whose constructor decides what `n_jobs` means."""

    def __init__(self, n_jobs=1):
        super().__init__(n_estimators=2, random_state=0, n_jobs=n_jobs)


class Holder:
    def __init__(self, **parts):
        vars(self).update(parts)


def forest(kind=RandomForestRegressor):
    return kind(2, random_state=0).fit(X, Y)


@pytest.mark.parametrize(
    "name",
    [
        *("delivery_time", "median_survival_time_", "refit_time_", "memory", "verbose", "n_jobs"),
        *("n_threads", "_n_threads", "pre_dispatch", "_stop_words_id", "_mlflow_run_id"),
        *("_has_sorted_indices", "cv_results_", "mean_fit_time", "_init_prev_time"),
    ],
)
def test_no_name_is_left_out_of_anything_but_the_class_that_owns_it(name):
    """In an object, a dict, a model of the project's own, and one that only inherits."""
    for make in (Holder, dict, Bunch):
        one, other = (make(**{name: value, "a": 1}) for value in (1.0, 2.0))
        assert digest_model(one) != digest_model(other)
    for make in (Survival, Forest):
        one, other = make().fit(X, Y), make().fit(X, Y)
        if name in one.get_params() and make is Forest:
            continue
        setattr(one, name, 1.0)
        setattr(other, name, 2.0)
        assert digest_model(one) != digest_model(other)


def test_what_a_survival_model_has_learnt_counts():
    """Its one number is called `…_time_`, its parameter `memory`."""
    assert digest_model(Survival().fit(X)) == digest_model(Survival().fit(X))
    assert digest_model(Survival().fit(X)) != digest_model(Survival().fit(X + 1))
    assert digest_model(Survival(memory=4)) != digest_model(Survival(memory=3))


@pytest.mark.parametrize("kind", [RandomForestRegressor, Forest])
def test_threads_and_reporting_of_scikit_learn_do_not_count(kind):
    """They are how the work was done; also where a class inherits the constructor."""
    model = forest(kind)
    before = digest_model(model)
    assert digest_model(model.set_params(n_jobs=2, verbose=1)) == before
    assert digest_model(model.set_params(max_depth=3)) != before


def test_a_constructor_of_the_users_own_may_mean_something_else():
    """What it takes counts, whatever it is called."""
    assert digest_model(OwnThreads(1)) != digest_model(OwnThreads(2))


def test_durations_of_a_search_do_not_count_and_its_scores_do():
    """They stand among each other in `cv_results_`."""
    search = GridSearchCV(Pipeline([("s", StandardScaler()), ("m", Survival())]), {}, scoring=_zero)
    search.fit(X, Y)
    before = digest_model(search)
    search.refit_time_ = 99.0
    search.cv_results_["mean_fit_time"] = np.array([99.0])
    search.cv_results_["std_score_time"] = np.array([99.0])
    search.best_estimator_.set_params(memory="/elsewhere")
    assert digest_model(search) == before
    search.cv_results_["mean_test_score"] = np.array([99.0])
    assert digest_model(search) != before


def _zero(estimator, X, y):  # noqa: N803
    return 0.0


@pytest.mark.parametrize(
    ("model", "place", "name"),
    [
        (lambda: KMeans(2, n_init=1, random_state=0).fit(X), lambda m: m, "_n_threads"),
        (
            lambda: HistGradientBoostingRegressor(max_iter=2, random_state=0).fit(X, Y),
            lambda m: m._bin_mapper,
            "n_threads",
        ),
        (lambda: CountVectorizer().fit(["a word"]), lambda m: m, "_stop_words_id"),
        (
            lambda: GaussianMixture(random_state=0, verbose=2, verbose_interval=1).fit(X),
            lambda m: m,
            "_iter_prev_time",
        ),
        (lambda: MultiLabelBinarizer().fit([[1, 2]]), lambda m: m, "_cached_dict"),
        (lambda: scipy.sparse.csr_matrix(np.eye(3)), lambda m: m, "_has_sorted_indices"),
    ],
)
def test_what_classes_note_of_their_work_does_not_count(model, place, name):
    """And is there under that name, so that a change in scikit-learn is seen here."""
    model = model()
    before = digest_model(model)
    assert hasattr(place(model), name) or name == "_has_sorted_indices"
    setattr(place(model), name, 77)
    assert digest_model(model) == before


def test_the_run_that_mlflow_notes_on_an_estimator_does_not_count():
    """Autologging does so; the same fit in a re-run would be another model."""
    for model in (forest(), Survival().fit(X)):
        before = digest_model(model)
        model._mlflow_run_id = RUN_ID
        assert digest_model(model) == before
        model.noted_ = "something else"
        assert digest_model(model) != before
