"""The digest of a fitted model: what it learned, not how it is stored."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from lakeproof.digest import NotDigestibleError, digest_model
from lakeproof.digest.objects import atoms, structure
from lakeproof.digest.objects.arrays import described, feed_array

RANDOM = np.random.default_rng(3)
X = pd.DataFrame(RANDOM.random((60, 3)), columns=["a", "b", "c"]).assign(d=list("xyz") * 20)
Y = (X["a"] > 0.5).astype(int)
NUMBERS = ["a", "b", "c"]


class Parts:
    def __init__(self, **parts):
        vars(self).update(parts)


def columns(estimator):
    split = ColumnTransformer([("n", StandardScaler(), NUMBERS), ("t", OneHotEncoder(), ["d"])])
    return make_pipeline(split, estimator)


MODELS = {
    "forest": lambda: RandomForestClassifier(5, random_state=0),
    "boosting": lambda: HistGradientBoostingRegressor(max_iter=3, random_state=0),
    "kmeans": lambda: KMeans(2, n_init=1, random_state=0),
    "columns": lambda: columns(LogisticRegression()),
}


def fitted(name):
    return MODELS[name]().fit(X if name == "columns" else X[NUMBERS], Y)


@pytest.mark.parametrize("name", MODELS)
def test_two_fits_of_the_same_rows_are_equal_and_of_others_are_not(name):
    """Whatever the estimator is made of."""
    assert digest_model(fitted(name)) == digest_model(fitted(name))
    rows = X if name == "columns" else X[NUMBERS]
    other = MODELS[name]().fit(rows.head(40), Y.head(40))
    assert digest_model(other) != digest_model(fitted(name))


@pytest.mark.slow
def test_the_hash_seed_of_the_process_does_not_count():
    """Pickle bytes of sets and dicts would."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_model as t\n"
        "print(*(t.digest_model(t.fitted(name)) for name in t.MODELS))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [digest_model(fitted(name)) for name in MODELS]


def test_one_threshold_of_one_tree_counts():
    """The smallest change there is."""
    model = fitted("forest")
    before = digest_model(model)
    threshold = model.estimators_[3].tree_.threshold
    threshold[0] = np.nextafter(threshold[0], 1)
    assert digest_model(model) != before


def test_what_cannot_be_pickled_is_said_with_its_place():
    """Never an equal digest of nothing."""
    model = make_pipeline(FunctionTransformer(lambda rows: rows), LogisticRegression())
    with pytest.raises(NotDigestibleError, match="not importable by its name"):
        digest_model(model.fit(X[NUMBERS], Y))


def test_rings_end_and_shared_parts_are_no_others():
    """An object that holds itself, and one list held twice."""
    ring: list = [1]
    ring.append(ring)
    assert digest_model(ring) == digest_model(ring)
    part = [1, 2]
    assert digest_model([part, part]) == digest_model([[1, 2], [1, 2]])
    assert digest_model([part, part]) != digest_model([part, [2, 1]])


def test_a_ring_is_the_same_whichever_member_comes_first():
    """Two parts that hold each other, in a set of names by which they are found."""
    one, other = ["one"], ["other"]
    one.append(other)
    other.append(one)
    assert digest_model(Parts(x=one, y=other)) == digest_model(Parts(y=other, x=one))


@pytest.mark.slow
def test_parts_that_all_hold_each_other_end_in_a_refusal():
    """The paths through twelve such parts would take days to walk."""
    parts: list = [[] for _ in range(12)]
    for part in parts:
        part.extend(parts)
    with pytest.raises(NotDigestibleError, match="too entangled"):
        digest_model(parts)


def test_a_method_of_an_object_counts_with_its_object():
    """It can be pickled, so it can be compared."""
    assert digest_model(X.loc[:, "a"].mean) == digest_model(X.loc[:, "a"].mean)
    assert digest_model(X.loc[:, "a"].mean) != digest_model(X.loc[:, "b"].mean)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({1, 2, 3}, {3, 2, 1}, True),
        ([1], (1,), False),
        (1, 1.0, False),
        (True, 1, False),
        (0.0, -0.0, False),
        (np.float64(1), 1.0, False),
        (np.arange(3), np.arange(3.0), False),
        (np.arange(4).reshape(2, 2), np.arange(4), False),
        ("a", b"a", False),
    ],
)
def test_values_that_differ_in_kind_or_bits_differ(one, other, is_same):
    """And the order of sets is no difference."""
    assert (digest_model(one) == digest_model(other)) is is_same


def test_settings_that_python_calls_equal_differ():
    """Also where one of them was digested a moment ago."""
    settings = [True, 1, 1.0, "1", None, False, 0, ""]
    assert len({digest_model(Parts(setting=one)) for one in settings}) == len(settings)


def test_names_and_settings_of_many_parts_are_digested_once(monkeypatch):
    """Each tree of a forest has the same."""
    tags: list[str] = []
    plain = atoms.hashed

    def counted(tag, *parts):
        tags.append(tag)
        return plain(tag, *parts)

    monkeypatch.setattr(structure, "hashed", counted)
    monkeypatch.setattr(atoms, "hashed", counted)
    digest_model([Parts(criterion="gini", depth=3) for _ in range(100)])
    assert tags.count("state") == 200  # and once more, as it was pickled
    assert tags.count("attribute") + tags.count("str") + tags.count("int") < 10


def test_a_dtype_that_tells_more_than_an_equal_one_is_not_taken_for_it():
    """NumPy calls dtypes equal that differ in what their fields say of themselves."""
    number = np.dtype("i4")
    plain = np.dtype([("a", number)])
    noted = np.dtype([("a", np.dtype(number, metadata={"unit": "g"}))])
    assert plain == noted
    for one in (plain, noted):
        assert described(one) == described(one) == repr(one.newbyteorder("<").descr)
    assert described(plain) != described(noted)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", [3, 9_000])
def test_small_and_large_arrays_are_digested_by_the_same_bytes(rows, order):
    """Whatever order they lie in, whichever end comes first."""
    array = np.arange(rows * 2, dtype="f8").reshape(rows, 2)
    fed = hashlib.sha256()
    feed_array(array.astype(">f8", order=order), fed.update, bytes)
    assert fed.digest() == hashlib.sha256(array.tobytes()).digest()
    native = hashlib.sha256()
    feed_array(array.astype("<f8", order=order), native.update, bytes)
    assert native.digest() == fed.digest()


def test_a_field_of_a_field_that_gets_another_name_is_another_value():
    """Also of an array whose type was digested before."""
    inner = [("a", "<f8"), ("b", "<f8")]
    array = np.zeros(2, [("p", inner), ("q", "<i4")])
    before = digest_model(array)
    array.dtype["p"].names = ("b", "a")
    assert digest_model(array) != before
    assert digest_model(array) == digest_model(np.zeros(2, array.dtype.descr))
