"""Estimators of LightGBM, XGBoost, CatBoost and PyTorch: trained, loaded, repeated, told apart.

No lock names them: where one is missing it is skipped and counted; `make test-models` has them all.
"""

import json
import re
import subprocess
import sys
import textwrap

import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.models]

# What a person writes who has PyTorch: what was learned is kept as arrays, as a model file holds.
NET = '''
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Net(ClassifierMixin, BaseEstimator):
    """Two layers."""

    def __init__(self, width=8, epochs=30, random_state=0):
        self.width, self.epochs, self.random_state = width, epochs, random_state

    def _net(self, columns, classes):
        from torch.nn import Linear, ReLU, Sequential

        return Sequential(Linear(columns, self.width), ReLU(), Linear(self.width, classes))

    def fit(self, x, y):
        import torch

        torch.manual_seed(self.random_state)
        self.classes_, places = np.unique(y, return_inverse=True)
        net = self._net(x.shape[1], len(self.classes_))
        steps = torch.optim.Adam(net.parameters(), lr=0.05)
        rows, wanted = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(places)
        for _ in range(self.epochs):
            steps.zero_grad()
            torch.nn.functional.cross_entropy(net(rows), wanted).backward()
            steps.step()
        self.weights_ = {name: value.numpy() for name, value in net.state_dict().items()}
        return self

    def predict_proba(self, x):
        import torch

        net = self._net(x.shape[1], len(self.classes_))
        net.load_state_dict({name: torch.as_tensor(value) for name, value in self.weights_.items()})
        with torch.no_grad():
            return torch.softmax(net(torch.as_tensor(x, dtype=torch.float32)), 1).numpy()

    def predict(self, x):
        return self.classes_[self.predict_proba(x).argmax(axis=1)]
'''
# What MLflow loads predicts what the run did, to the bit.
PREDICT = """
import sys, mlflow, polars as pl

mlflow.set_tracking_uri("sqlite:///mlflow.db")
folder = mlflow.get_run(sys.argv[1]).info.experiment_id
models = mlflow.search_logged_models(experiment_ids=[folder], output_format="list")
logged = next(model for model in models if model.source_run_id == sys.argv[1])
model = mlflow.pyfunc.load_model(logged.model_uri)
names = model.metadata.get_input_schema().input_names()
features = pl.read_delta("data/04_feature/wine/features").filter("is_test").sort("sample_id")
rows = features.select(pl.col(names).cast(pl.Float64)).to_pandas()
stored = pl.read_delta("data/07_model_output/wine/predictions").sort("sample_id")
assert list(model.predict(rows).reshape(-1)) == stored["predicted"].to_list()
print(len(rows), "rows as stored")
"""
SCALE = {"class": "sklearn.preprocessing.StandardScaler"}
ESTIMATORS = {
    "lightgbm": {"class": "lightgbm.LGBMClassifier", "subsample": 0.5, "subsample_freq": 1},
    "xgboost": {"class": "xgboost.XGBRegressor", "subsample": 0.5},
    "catboost": {"class": "catboost.CatBoostClassifier", "iterations": 20, "verbose": False},
    "torch": {"class": "winery.models.Net", "preprocessing": {"numeric": [SCALE]}},
}


def configure(project, library: str) -> None:
    """Write what a person would: an environment whose estimator is the library's."""
    folder = project.path / "conf/other"
    folder.mkdir()
    # XGBoost has whole numbers for classes; here it predicts another column.
    table = {"target": "alcohol", "task": "regression"} if library == "xgboost" else {}
    (folder / "globals.yml").write_text(yaml.safe_dump(table) if table else "")
    parameters = {
        "feature": {"columns": "numeric"},
        "train": {"estimator": library, "estimators": {library: ESTIMATORS[library]}},
    }
    (folder / "parameters.yml").write_text(yaml.safe_dump(parameters))
    if library == "torch":
        (project.path / "src/winery/models.py").write_text(NET)


@pytest.mark.parametrize("library", ESTIMATORS)
def test_a_model_of_another_library_is_repeated_and_told_from_that_of_another_seed(
    project, library
):
    """The types to trust are printed as YAML, which is pasted into globals.yml as it stands."""
    pytest.importorskip(library, reason=f"{library} is not installed")
    configure(project, library)
    refused = project.kedro("run", "--env", "other", code=1)
    assert "types that are not trusted" in refused.stderr
    printed = re.findall(r"^ *trusted:\n(?: *- \S+\n)+", refused.stderr, re.MULTILINE)[-1]
    with (project.path / "conf/other/globals.yml").open("a") as file:
        file.write(textwrap.dedent(printed))
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", f"Fit {library}")
    first = project.kedro("run", "--env", "other").run_id

    done = project.kedro("reproduce", first, "--here", "--json")
    assert json.loads(done.stdout)["verdict"] == "REPEATED"
    assert project.git("status", "--porcelain") == ""

    other = project.kedro("run", "--env", "other", "--params", "train.seed=7").run_id
    told = json.loads(project.kedro("compare", first, other, "--json", code=1).stdout)
    by_name = {(one["name"], one["kind"]): one["verdict"] for one in told["artifacts"]}
    assert by_name["model", "model"] == "differs"
    assert [one["factor"] for one in told["factors"]] == ["parameter:train.seed"]

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PREDICT, other],
        cwd=project.path,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "46 rows as stored", done.stderr
