"""Small Kedro projects that know nothing of us, in the shapes in which one finds them."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from kedro import __version__ as KEDRO  # noqa: N812 - a constant

from conftest import Project

_PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{package}"
version = "0.1"
requires-python = ">=3.10"

[tool.kedro]
package_name = "{package}"
project_name = "{package}"
kedro_init_version = "{kedro}"
"""
_REGISTRY = """\
from kedro.framework.project import find_pipelines


def register_pipelines():
    pipelines = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum(pipelines.values())
    return pipelines
"""
_SETTINGS = """\
# HOOKS = (ProjectHooks(),)
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
"""
_GITIGNORE = """\
conf/local/**
!conf/local/.gitkeep
conf/**/*credentials*
data/**
!data/**/
!data/01_raw/*
__pycache__/
"""
_ROWS = "id,seats,price\n" + "".join(
    f"{number},{1 + number % 7},{100 + (number * 37) % 400}\n" for number in range(80)
)

# The shape of spaceflights-pandas: parquet between, a pickled model and pictures by version.
STARTER: Mapping[str, str] = {
    "conf/base/catalog.yml": """\
flights:
  type: pandas.CSVDataset
  filepath: data/01_raw/flights.csv
clean_flights:
  type: pandas.ParquetDataset
  filepath: data/02_intermediate/clean_flights.parquet
regressor:
  type: pickle.PickleDataset
  filepath: data/06_models/regressor.pickle
  versioned: true
prices:
  type: matplotlib.MatplotlibDataset
  filepath: data/08_reporting/prices.png
  versioned: true
""",
    "conf/base/parameters_science.yml": "options: {test_size: 0.25, random_state: 3}\n",
    "src/{package}/pipelines/science/__init__.py": """\
import matplotlib
from kedro.pipeline import Pipeline, node
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

matplotlib.use("Agg")


def clean(flights):
    return flights.assign(price=flights["price"].astype(float))


def split(flights, options):
    return train_test_split(
        flights[["seats"]],
        flights["price"],
        test_size=options["test_size"],
        random_state=options["random_state"],
    )


def train(features, prices):
    return LinearRegression().fit(features, prices)


def evaluate(regressor, features, prices):
    return {"r2": regressor.score(features, prices)}


def draw(flights):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot(flights["price"])
    return figure


def create_pipeline(**_):
    return Pipeline(
        [
            node(clean, "flights", "clean_flights", name="clean"),
            node(split, ["clean_flights", "params:options"], ["xs", "tests", "ys", "answers"]),
            node(train, ["xs", "ys"], "regressor", name="train"),
            node(evaluate, ["regressor", "tests", "answers"], "metrics", name="evaluate"),
            node(draw, "clean_flights", "prices", name="draw"),
        ]
    )
""",
}

# Two namespaces of one pipeline, a dataset factory, and an environment that lays over the base one.
NAMESPACES: Mapping[str, str] = {
    "conf/base/catalog.yml": """\
flights:
  type: pandas.CSVDataset
  filepath: data/01_raw/${globals:file}
"{namespace}.{name}_table":
  type: pandas.ParquetDataset
  filepath: data/02_intermediate/${globals:folder}/{namespace}/{name}.parquet
"{namespace}.report":
  type: json.JSONDataset
  filepath: data/08_reporting/${globals:folder}/{namespace}.json
""",
    "conf/base/globals.yml": "file: flights.csv\nfolder: base\n",
    "conf/base/parameters.yml": "cheap: {most: 200}\ndear: {most: 1000}\n",
    "conf/staging/globals.yml": "folder: staging\n",
    "conf/staging/parameters.yml": "cheap: {most: 150}\ndear: {most: 1000}\n",
    "conf/production/globals.yml": "folder: production\n",
    "src/{package}/pipelines/classes/__init__.py": """\
from kedro.pipeline import Pipeline, node


def select(flights, most):
    return flights[flights["price"] <= most].reset_index(drop=True)


def report(flights):
    return {"flights": len(flights), "seats": int(flights["seats"].sum())}


def create_pipeline(**_):
    one = Pipeline(
        [
            node(select, ["flights", "params:most"], "chosen_table", name="select"),
            node(report, "chosen_table", "report", name="report"),
        ]
    )
    return Pipeline(one, namespace="cheap", inputs="flights") + Pipeline(
        one, namespace="dear", inputs="flights"
    )
""",
}

# kedro-mlflow as its own `kedro mlflow init` sets it up: nested runs, artifacts, metrics, a model.
MLFLOW: Mapping[str, str] = {
    "conf/local/mlflow.yml": "",
    "conf/base/mlflow.yml": """\
server:
  mlflow_tracking_uri: sqlite:///mlflow.db
  mlflow_registry_uri: null
  credentials: null
  request_header_provider: {type: null, pass_context: false, init_kwargs: {}}
tracking:
  disable_tracking: {pipelines: []}
  experiment: {name: flights, restore_if_deleted: true}
  run: {id: null, name: null, nested: true}
  params:
    dict_params: {flatten: false, recursive: true, sep: "."}
    long_params_strategy: fail
ui: {port: "5000", host: "127.0.0.1"}
""",
    "conf/base/catalog.yml": """\
flights:
  type: pandas.CSVDataset
  filepath: data/01_raw/flights.csv
chosen:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: pandas.CSVDataset, filepath: data/02_intermediate/chosen.csv}
mean_price:
  type: kedro_mlflow.io.metrics.MlflowMetricDataset
model:
  type: kedro_mlflow.io.models.MlflowModelTrackingDataset
  flavor: mlflow.sklearn
""",
    "conf/base/parameters.yml": "most: 300\n",
    "src/{package}/pipelines/fit/__init__.py": """\
from kedro.pipeline import Pipeline, node
from sklearn.linear_model import LinearRegression


def choose(flights, most):
    return flights[flights["price"] <= most]


def mean(flights):
    return float(flights["price"].mean())


def fit(flights):
    return LinearRegression().fit(flights[["seats"]], flights["price"])


def create_pipeline(**_):
    return Pipeline(
        [
            node(choose, ["flights", "params:most"], "chosen", name="choose"),
            node(mean, "chosen", "mean_price", name="mean"),
            node(fit, "chosen", "model", name="fit"),
        ]
    )
""",
}
SHAPES = {"starter": STARTER, "namespaces": NAMESPACES, "kedro_mlflow": MLFLOW}


def make(shape: str, path: Path, more: Mapping[str, str] = MappingProxyType({})) -> Project:
    """Write a project of that shape, with more files or others of a name, and commit it."""
    package = f"foreign_{shape}"
    files = {
        "pyproject.toml": _PYPROJECT.format(package=package, kedro=KEDRO),
        ".gitignore": _GITIGNORE,
        "conf/base/parameters.yml": "{}\n",
        "conf/local/.gitkeep": "",
        "data/01_raw/flights.csv": _ROWS,
        "src/{package}/__init__.py": "",
        "src/{package}/settings.py": _SETTINGS,
        "src/{package}/pipeline_registry.py": _REGISTRY,
        "src/{package}/pipelines/__init__.py": "",
        **SHAPES[shape],
        **more,
    }
    for name, text in files.items():
        place = path / name.replace("{package}", package)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    project = Project(path)
    project.git("init", "--quiet")
    project.git("config", "user.name", "A Tester")
    project.git("config", "user.email", "tester@localhost")
    commit(project)
    return project


def commit(project: Project) -> None:
    """Commit all that is there."""
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Go on")
