"""What is written down of a fitted model beside its digest."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lakeproof.record.node_io.models import _digest_predictions, describe_model, settings_of


def test_what_decides_whether_it_learns_the_same_again_is_written_down():
    """Also of the estimators in it; of what is no number its type."""
    model = make_pipeline(StandardScaler(), LogisticRegression(random_state=np.int64(3)))
    assert settings_of(model)["logisticregression__random_state"] == 3
    assert "logisticregression__C" not in settings_of(model)
    forest = RandomForestClassifier(random_state=np.random.RandomState(1), n_jobs=2)
    assert settings_of(forest) == {"n_jobs": 2, "random_state": "RandomState"}
    rows = np.arange(8.0).reshape(4, 2)
    fitted = LogisticRegression().fit(rows, [0, 0, 1, 1])
    assert describe_model("model", fitted, [rows]).settings["random_state"] is None


def test_what_predicts_for_the_record_warns_nobody():
    """The user's filters are as they were, and none of them makes the record fail."""

    class Warns(LogisticRegression):
        def predict_proba(self, rows):
            warnings.warn("slow", stacklevel=2)
            return super().predict_proba(rows)

    rows = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    fitted = Warns().fit(rows, [0, 0, 1, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        assert describe_model("model", fitted, [rows]).predictions is not None
        assert warnings.filters == before


def test_an_estimator_that_cannot_be_asked_has_no_settings():
    """Recording it must not fail the run."""

    class Own:
        def get_params(self, deep=True):
            raise RuntimeError("not yet")

    assert settings_of(Own()) == {}
    assert settings_of(object()) == {}


def test_predictions_in_several_threads_leave_the_filters_of_warnings_alone():
    """They are the whole process's: one thread would put back what another has set."""
    first_predicts, second_predicts, first_is_done = (threading.Event() for _ in range(3))

    class Waits:
        feature_names_in_ = ("a",)

        def __init__(self, begins, ends):
            self.begins, self.ends = begins, ends

        def predict(self, rows):
            self.begins.set()
            assert self.ends.wait(10)
            return np.zeros(len(rows))

    rows = pd.DataFrame({"a": [0.0, 1.0]})
    before = list(warnings.filters)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(_predicted, Waits(first_predicts, second_predicts), rows)
        assert first_predicts.wait(10)
        other = threads.submit(_predicted, Waits(second_predicts, first_is_done), rows)
        one.result()
        first_is_done.set()
        other.result()
    assert warnings.filters == before


def _predicted(model, rows):
    assert _digest_predictions(model, rows)
