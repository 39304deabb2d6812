"""The MLflow model that we write ourselves, beside the one MLflow writes."""

import json
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from lakeproof.model.example import invented_rows
from lakeproof.model.mlflow_model import SkopsFile, log_skops_file
from small import store_in

X = pd.DataFrame(np.random.default_rng(0).random((40, 3)), columns=["a", "b", "c"])
EXAMPLE = X.head(5)
REQUIREMENTS = ["mlflow==3.17.2", "scikit-learn==1.9.1", "skops==0.16.0"]

# MLflow warns of the type hints in its own code, and compares an index as pandas 4 no longer will.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


@pytest.fixture(autouse=True)
def _run(tmp_path):
    mlflow.set_tracking_uri(store_in(tmp_path))
    mlflow.create_experiment("e", artifact_location=str(tmp_path / "artifacts"))
    mlflow.set_experiment("e")
    with mlflow.start_run():
        yield


def log_ours(folder: Path, estimator, example=EXAMPLE) -> Path:
    file = folder / "m.skops"
    skops.io.dump(estimator, file)
    trusted = skops.io.get_untrusted_types(file=file)
    return log_skops_file(SkopsFile(file, estimator, trusted, REQUIREMENTS, example), "m")[1].parent


def told(folder: Path) -> dict:
    """Everything in a model's folder that is not an id, a time, or the estimator itself."""
    model = yaml.safe_load((folder / "MLmodel").read_text())
    of_its_own = ("artifact_path", "model_id", "model_uuid", "run_id", "utc_time_created")
    for key in (*of_its_own, "model_size_bytes"):
        assert model.pop(key)
    return {
        "names": sorted(path.name for path in folder.iterdir()),
        "model": model,
        "conda": yaml.safe_load((folder / "conda.yaml").read_text()),
        "virtual": yaml.safe_load((folder / "python_env.yaml").read_text()),
        "requirements": (folder / "requirements.txt").read_text(),
        "example": json.loads((folder / "input_example.json").read_text()),
        "serving": json.loads((folder / "serving_input_example.json").read_text()),
    }


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(3, random_state=0).fit(X, np.where(X["a"] > 0.5, "x", "y")),
        RandomForestRegressor(3, random_state=0).fit(X, X["a"]),
        RandomForestRegressor(3, random_state=0).fit(X, X[["a", "b"]]),
    ],
    ids=["strings", "floats", "two outputs"],
)
def test_the_folder_says_what_mlflow_would_have_written(tmp_path, estimator):
    """Signature, example, requirements and flavours: else other tools would not serve it."""
    ours = log_ours(tmp_path, estimator)
    theirs = mlflow.sklearn.log_model(
        estimator,
        name="m",
        serialization_format="skops",
        skops_trusted_types=skops.io.get_untrusted_types(file=tmp_path / "m.skops"),
        input_example=EXAMPLE,
        pip_requirements=REQUIREMENTS,
    )
    assert told(ours) == told(Path(theirs.artifact_path.removeprefix("file://")))


def test_a_model_is_logged_without_what_loads_one(tmp_path):
    """MLflow imports models of language for that, and a run loads its model by skops."""
    place = tmp_path / "other"
    place.mkdir()
    code = f"""
import os, sys
os.chdir({str(place)!r})
import mlflow, skops.io
from pathlib import Path
from sklearn.dummy import DummyClassifier
from lakeproof.model.mlflow_model import SkopsFile, log_skops_file
mlflow.set_tracking_uri({store_in(place)!r})
mlflow.set_experiment("e")
estimator = DummyClassifier().fit([[0], [1]], [0, 1])
skops.io.dump(estimator, "m.skops")
with mlflow.start_run():
    log_skops_file(SkopsFile(Path("m.skops"), estimator, [], []), "m")
assert "mlflow.pyfunc" not in sys.modules
assert mlflow.pyfunc.FLAVOR_NAME == "python_function"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_mlflow_logs_the_model_itself_where_no_tricks_are_wanted(tmp_path, monkeypatch):
    """And the run goes on with the file that it wrote."""
    forest = RandomForestRegressor(3, random_state=0).fit(X, X["a"])
    ours = told(log_ours(tmp_path, forest))
    monkeypatch.setenv("LAKEPROOF_PLAIN", "1")
    monkeypatch.setattr("lakeproof.model.mlflow_model._Flavor", None)
    folder = log_ours(tmp_path, forest)
    assert told(folder) == ours
    assert (folder / "model.skops").read_bytes() == (tmp_path / "m.skops").read_bytes()


def test_the_model_is_an_output_of_the_run_and_predicts(tmp_path):
    """Loaded by either of MLflow's two ways."""
    forest = RandomForestClassifier(3, random_state=0).fit(X, X["a"] > 0.5)
    log_ours(tmp_path, forest)
    run = mlflow.get_run(mlflow.active_run().info.run_id)
    (output,) = run.outputs.model_outputs
    uri = f"models:/{output.model_id}"
    assert (mlflow.pyfunc.load_model(uri).predict(X) == forest.predict(X)).all()
    assert (mlflow.sklearn.load_model(uri).predict_proba(X) == forest.predict_proba(X)).all()


def test_an_estimator_that_predicts_nothing_is_logged_without_being_served(tmp_path):
    """As MLflow does: there is no signature to tell."""
    folder = log_ours(tmp_path, PCA(2).fit(X))
    model = yaml.safe_load((folder / "MLmodel").read_text())
    assert set(model["flavors"]) == {"sklearn"}
    assert "signature" not in model
    uri = f"models:/{model['model_id']}"
    assert (mlflow.sklearn.load_model(uri).transform(X) == PCA(2).fit(X).transform(X)).all()


def test_without_an_example_there_is_no_signature(tmp_path):
    """Nothing is made up."""
    forest = RandomForestRegressor(2, random_state=0).fit(X, X["a"])
    folder = log_ours(tmp_path, forest, example=None)
    assert not (folder / "input_example.json").exists()
    assert mlflow.models.get_model_info(str(folder)).signature is None


def test_rows_that_are_nobodys_stand_for_those_of_people(tmp_path):
    """Of the same columns and types; the signature is that of the real ones."""
    shown = pd.DataFrame(
        {
            "name": ["Huber", "Meier"],
            "age": [47, 52],
            "weight": [71.5, 80.25],
            "is_late": [True, True],
            "seen": pd.to_datetime(["2024-02-29", "2025-03-01"]),
            "town": pd.Categorical(["Bern", "Chur"]),
        }
    )
    invented = invented_rows(shown)
    assert invented.to_dict("list") == {
        "name": [""],
        "age": [0],
        "weight": [0.0],
        "is_late": [False],
        "seen": [pd.Timestamp(0)],
        "town": [""],
    }
    kept = ["name", "age", "weight", "is_late", "seen"]
    assert list(invented.dtypes[kept]) == list(shown.dtypes[kept])
    forest = RandomForestRegressor(3, random_state=0).fit(X, X["a"])
    file = tmp_path / "m.skops"
    skops.io.dump(forest, file)
    trusted = skops.io.get_untrusted_types(file=file)
    skops_file = SkopsFile(file, forest, trusted, REQUIREMENTS, EXAMPLE, invented_rows(EXAMPLE))
    folder = log_skops_file(skops_file, "m")[1].parent
    real = told(log_ours(tmp_path, forest))
    found = told(folder)
    assert found["example"]["data"] == [[0.0, 0.0, 0.0]]
    assert found["model"]["signature"] == real["model"]["signature"]
    assert str(X["a"][0]) not in json.dumps(found)
