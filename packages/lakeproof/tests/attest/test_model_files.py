"""What MLflow reads beside a model has the form that it has itself, and leads nowhere else."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LinearRegression

from lakeproof.commands.for_others.model_files import faults
from lakeproof.model.mlflow_model import SkopsFile, _Flavor

from .promotions import FUNCTION, in_yaml

# MLflow's writer warns of itself, of Pandas and of a wish for type hints; it is what is looked at.
pytestmark = pytest.mark.filterwarnings("ignore")

SKLEARN = ("flavors", "sklearn")


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A model's folder as MLflow's own `save_model` writes it, with an example and a signature."""
    import mlflow.sklearn

    folder = tmp_path_factory.mktemp("model") / "model"
    rows = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    mlflow.sklearn.save_model(
        LinearRegression().fit(rows, rows["x"]),
        folder,
        serialization_format="skops",
        skops_trusted_types=[],
        input_example=rows,
        pip_requirements=["mlflow==3.0.1", "scikit-learn==1.5.0"],
    )
    return folder


@pytest.fixture
def folder(saved, tmp_path) -> Path:
    """A copy of it, to be changed."""
    import shutil

    return Path(shutil.copytree(saved, tmp_path / "model"))


def record_of(folder: Path) -> Any:
    """What the run's record says of the model, as far as it is asked."""
    import platform

    sha256 = hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()
    file = SimpleNamespace(dataset="model", artifact="models:/m-1/model.skops", sha256=sha256)
    had = [("scikit-learn", "1.5.0"), ("mlflow", "3.0.1")]
    return SimpleNamespace(
        models=[SimpleNamespace(dataset="model")],
        outputs=SimpleNamespace(files=[file]),
        environment=SimpleNamespace(
            python=platform.python_version(),
            distributions=[SimpleNamespace(name=name, version=one) for name, one in had],
        ),
    )


def test_what_mlflow_saves_has_the_form(folder):
    """MLflow's own writer, which may add a key with a version: then this says which."""
    assert list(faults(folder, record_of(folder))) == []


@pytest.mark.parametrize("example", [None, pd.DataFrame({"x": [1.0, 2.0]})], ids=["none", "rows"])
def test_what_sklearn_model_writes_has_the_form(folder, tmp_path, example):
    """By the writer that runs take, with and without an example."""
    from mlflow.models import Model

    rows = pd.DataFrame({"x": [1.0, 2.0]})
    estimator = LinearRegression().fit(rows, rows["x"])
    wanted = ["mlflow==3.0.1", "scikit-learn==1.5.0"]
    _Flavor(SkopsFile(folder / "model.skops", estimator, (), wanted, example)).save_model(
        str(tmp_path / "ours"), Model(run_id="a" * 32, artifact_path="model")
    )
    assert list(faults(tmp_path / "ours", record_of(folder))) == []


@pytest.mark.parametrize(
    "change",
    [
        in_yaml("MLmodel", FUNCTION, data="../evil"),
        in_yaml("MLmodel", FUNCTION, env="conda.yaml"),
        in_yaml("MLmodel", FUNCTION, env={"virtualenv": "input_example.json", "conda": "x.yaml"}),
        in_yaml("MLmodel", FUNCTION, predict_fn="predict_log_proba"),
        in_yaml("MLmodel", FUNCTION, config={"a": 1}),
        in_yaml("MLmodel", FUNCTION, model_code_path="evil.py"),
        in_yaml("MLmodel", FUNCTION, python_version="3.11.1; evil"),
        in_yaml("MLmodel", SKLEARN, pickled_model="../evil/model.skops"),
        in_yaml("MLmodel", SKLEARN, serialization_format="cloudpickle"),
        in_yaml("MLmodel", SKLEARN, code="code"),
        in_yaml("MLmodel", ("flavors",), lightgbm={"data": "evil"}),
        in_yaml("MLmodel", (), env_vars=["LD_PRELOAD"]),
        in_yaml("MLmodel", ("saved_input_example_info",), artifact_path="../secret.json"),
        in_yaml("conda.yaml", (), variables={"LD_PRELOAD": "/tmp/evil.so"}),
        in_yaml("conda.yaml", (), prefix="/"),
        in_yaml("conda.yaml", (), channels=["https://evil.example"]),
        in_yaml("conda.yaml", (), dependencies=["python=3.11.1", "pip", {"pip": ["evil==1"]}]),
        in_yaml("python_env.yaml", (), build_dependencies=["pip @ https://evil.example/p.whl"]),
        in_yaml("python_env.yaml", (), build_dependencies=["pip==1 --index-url https://evil"]),
        in_yaml("python_env.yaml", (), dependencies=["evil==1"]),
        in_yaml("python_env.yaml", (), python="2.7.18"),
        lambda folder: (folder / "requirements.txt").write_text("-r input_example.json"),
        lambda folder: (folder / "requirements.txt").write_text("scikit-learn==1.5.0"),
        lambda folder: (folder / "requirements.txt").unlink(),
        lambda folder: (folder / "python_env.yaml").unlink(),
        lambda folder: (folder / "conda.yaml").write_text("a: [1"),
        lambda folder: (folder / "conda.yaml").write_text(
            f"name: evil\n{(folder / 'conda.yaml').read_text()}"
        ),
        lambda folder: (folder / "MLmodel").write_text("a: &a [1]\nb: *a\n"),
    ],
)
def test_a_change_beside_the_model_is_a_fault(folder, change):
    """Each would have another model, another environment or other code served."""
    change(folder)
    assert list(faults(folder, record_of(folder)))


def test_what_it_says_names_the_key(folder):
    """And no more of it: the value is whoever's who wrote it there."""
    in_yaml("MLmodel", FUNCTION, data="../evil")(folder)
    (said,) = faults(folder, record_of(folder))
    assert said.startswith("MLmodel has a 'flavors.python_function.data'")
    assert yaml.safe_load((folder / "MLmodel").read_text())["flavors"]["python_function"]["data"]
