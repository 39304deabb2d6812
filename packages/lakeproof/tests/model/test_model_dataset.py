"""The estimator on disk and in MLflow, without pickle."""

import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from lakeproof.digest import digest_model
from lakeproof.estimators import make_model
from lakeproof.model import SklearnModel
from small import store_in

X = pd.DataFrame(np.random.default_rng(0).random((40, 3)), columns=["a", "b", "c"])
Y = (X["a"] > 0.5).astype(int)


def double(values):
    return values * 2


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(5, random_state=0),
        HistGradientBoostingRegressor(max_iter=3, random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_what_is_loaded_predicts_the_same_bits(tmp_path, estimator):
    """Whatever the estimator is made of."""
    estimator.fit(X, Y)
    dataset = SklearnModel(filepath=str(tmp_path / "deep/model.skops"))
    assert not dataset.exists()
    dataset.save(estimator)
    assert dataset.exists()
    assert dataset.load().predict(X).tobytes() == estimator.predict(X).tobytes()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.skops"]


def test_a_model_of_usual_types_is_looked_through_once(tmp_path, monkeypatch):
    dataset = SklearnModel(filepath=str(tmp_path / "model.skops"))
    dataset.save(RandomForestClassifier(5, random_state=0).fit(X, Y))
    monkeypatch.delattr(skops.io, "get_untrusted_types")
    assert len(dataset.load().estimators_) == 5


def test_a_missing_model_names_the_command_that_trains_one(tmp_path):
    """Never `None`."""
    with pytest.raises(Exception, match="kedro run --pipelines train"):
        SklearnModel(filepath=str(tmp_path / "model.skops")).load()


def test_a_file_that_holds_foreign_code_is_not_loaded(tmp_path):
    """Unless its type is listed."""
    pipeline = make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(X, Y)
    path = tmp_path / "model.skops"
    skops.io.dump(pipeline, path)
    (name,) = (t for t in skops.io.get_untrusted_types(file=path) if t.endswith("double"))
    with pytest.raises(Exception, match="types that are not trusted"):
        SklearnModel(filepath=str(path)).load()
    loaded = SklearnModel(filepath=str(path), trusted=[name]).load()
    assert (loaded.predict(X) == pipeline.predict(X)).all()


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path):
    """The file that was there stays, and nothing else is left."""
    path = tmp_path / "model.skops"
    SklearnModel(filepath=str(path)).save(LogisticRegression().fit(X, Y))
    before = path.read_bytes()
    foreign = make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(X, Y)
    with pytest.raises(Exception, match=r"double\. It was not saved"):
        SklearnModel(filepath=str(path)).save(foreign)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_input_example_comes_from_the_frame_that_was_fitted(tmp_path):
    """Not from another frame that the node was given."""
    dataset = SklearnModel(filepath=str(tmp_path / "model.skops"))
    model = LogisticRegression().fit(X, Y)
    dataset.show_inputs([{"seed": 1}, pd.DataFrame({"z": [1]}), X.assign(key="k")], model)
    pd.testing.assert_frame_equal(dataset._example, X.head(5))


# MLflow warns of the type hints in its own and kedro-mlflow's code when they are imported.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_run_loads_the_model_it_saved_though_another_run_replaced_the_file(tmp_path):
    """Else two runs at once would score each other's models."""
    import mlflow

    mlflow.set_tracking_uri(store_in(tmp_path))
    mlflow.create_experiment("e", artifact_location=str(tmp_path / "artifacts"))
    mlflow.set_experiment("e")
    mine, others = (RandomForestClassifier(3, random_state=seed).fit(X, Y) for seed in (1, 2))
    dataset, other = (SklearnModel(filepath=str(tmp_path / "model.skops")) for _ in range(2))
    with mlflow.start_run():
        dataset.save(mine)
    other.save(others)
    assert dataset.load().random_state == 1
    assert other.load().random_state == 2
    assert SklearnModel(filepath=str(tmp_path / "model.skops")).load().random_state == 2


def test_the_types_to_trust_are_printed_as_yaml_to_paste(tmp_path):
    """As it stands, into the entry or into globals.yml."""
    model = make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(X, Y)
    with pytest.raises(Exception, match="not trusted") as refused:
        SklearnModel(filepath=str(tmp_path / "model.skops")).save(model)
    pasted = yaml.safe_load(str(refused.value)[str(refused.value).index("\ntrusted:") :])
    SklearnModel(filepath=str(tmp_path / "model.skops"), **pasted).save(model)


class Stubborn(LogisticRegression):
    """One that keeps what no file can."""

    def __reduce__(self):
        raise RuntimeError("no way")

    __getstate__ = __reduce__


def test_what_cannot_be_written_is_refused_with_what_to_do(tmp_path):
    """And leaves nothing behind."""
    with pytest.raises(Exception, match=r"Stubborn cannot be saved without pickle: no way.*arrays"):
        SklearnModel(filepath=str(tmp_path / "model.skops")).save(Stubborn())
    assert list(tmp_path.iterdir()) == []


def test_encoded_text_with_missing_values_is_the_same_model_when_it_is_loaded(tmp_path):
    """An encoder holds its categories as objects, NaN among them."""
    rows = pd.DataFrame({"place": ["ä", None, "b", "ä"] * 5, "x": range(20)})
    one_hot = {"class": "sklearn.preprocessing.OneHotEncoder", "handle_unknown": "ignore"}
    given = {"class": "sklearn.linear_model.Ridge"}
    steps = {"numeric": [], "text": [one_hot]}
    model = make_model(rows, given, preprocessing=steps, seed=1, name="train").fit(rows, rows["x"])
    dataset = SklearnModel(filepath=str(tmp_path / "model.skops"))
    dataset.save(model)
    loaded = dataset.load()
    assert digest_model(loaded) == digest_model(model)
    assert loaded.predict(rows).tobytes() == model.predict(rows).tobytes()
    assert loaded[0].transform(rows).shape == (20, 4)
