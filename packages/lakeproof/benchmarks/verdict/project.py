"""A small Kedro project with one of each: tables, files, a model, metrics, what nodes do beside."""

import os
import shutil
import subprocess
from pathlib import Path

import polars as pl

MACHINERY = Path(__file__).parents[2] / "src/lakeproof"

# It has the name under which this repository is installed: its code is the project's own.
PYPROJECT = """
[project]
name = "winery"
version = "0.1.0"
requires-python = ">=3.11"

[tool.kedro]
package_name = "probe"
project_name = "Probe"
kedro_init_version = "1.7.0"
source_dir = "src"

[tool.lakeproof]
threads = 1
hash_seed = 0
"""

SETTINGS = """
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
"""

MLFLOW = """
server:
  mlflow_tracking_uri: sqlite:///${project_path:mlflow.db}
tracking:
  experiment:
    name: probe
    create_experiment_kwargs:
      artifact_location: ${project_path:mlartifacts}
  run:
    nested: false
  params:
    dict_params: {flatten: true, recursive: true, sep: "."}
    long_params_strategy: tag
"""

CATALOG = """
samples:
  type: lakeproof.delta.DeltaTable
  filepath: data/lake/samples
labels:
  type: pandas.CSVDataset
  filepath: data/raw/labels.csv
features:
  type: lakeproof.delta.DeltaTable
  filepath: data/lake/features
  save_args: {mode: overwrite}
model:
  type: lakeproof.model.SklearnModel
  filepath: data/out/model.skops
coefficients:
  type: json.JSONDataset
  filepath: data/out/coefficients.json
predicted:
  type: pandas.CSVDataset
  filepath: data/out/predicted.csv
  save_args: {index: false}
"by_label":
  type: partitions.PartitionedDataset
  path: data/out/by_label
  dataset: json.JSONDataset
  filename_suffix: .json
rmse:
  type: kedro_mlflow.io.metrics.MlflowMetricDataset
  key: rmse
"""

PARAMETERS = """
prepare: {scale: 2.0, drop: [none], offset: 0}
fit: {seed: 7, trees: 4, depth: 3}
"""

IGNORED = """
/data/lake/
/data/raw/
/data/out/
/mlflow.db*
/mlartifacts/
/.lakeproof/
__pycache__/
/conf/local/*
!/conf/local/.gitkeep
"""

NODES = '''
"""Nodes of the probe."""

import os
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import polars as pl


def prepare(samples: Any, labels: pd.DataFrame, settings: dict) -> Any:
    """Join the labels to the samples."""
    rows = samples.collect() if hasattr(samples, "collect") else samples
    joined = rows.join(pl.from_pandas(labels), on="key").sort("key")
    beside = float(Path(os.environ["PROBE_BESIDE"]).read_text()) + float(os.environ["PROBE_VALUE"])
    return joined.with_columns(x=pl.col("x") * settings["scale"] + settings["offset"] + beside)


def in_order(features: Any) -> Any:
    """Bring the rows into memory."""
    rows = features.collect() if hasattr(features, "collect") else features
    return rows.sort("key").to_pandas()


def fit(features: Any, settings: dict) -> tuple:
    """Fit a forest."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(
        settings["trees"], max_depth=settings["depth"], random_state=settings["seed"], n_jobs=1
    ).fit(features[["x", "y"]], features["target"])
    return model, {"importances": model.feature_importances_.tolist()}


def score(model: Any, features: Any) -> tuple:
    """Predict, and say how well."""
    rows = features
    predicted = model.predict(rows[["x", "y"]])
    mlflow.log_param("rows", len(rows))
    mlflow.log_text(f"{predicted.sum()!r}", "sum.txt")
    groups = {f"part-{label}": {"rows": int((rows["label"] == label).sum())} for label in "ab"}
    frame = pd.DataFrame({"key": rows["key"], "predicted": predicted})
    rmse = float(np.sqrt(np.mean((predicted - rows["target"]) ** 2)))
    return frame, groups, rmse
'''

PIPELINE = '''
"""The one pipeline."""

from kedro.pipeline import Node, Pipeline

from probe import nodes


def register_pipelines() -> dict[str, Pipeline]:
    """Give it."""
    found = Pipeline([
        Node(nodes.prepare, ["samples", "labels", "params:prepare"], "features", name="prepare"),
        Node(nodes.in_order, "features", "rows", name="in_order"),
        Node(nodes.fit, ["rows", "params:fit"], ["model", "coefficients"], name="fit"),
        Node(nodes.score, ["model", "rows"], ["predicted", "by_label", "rmse"], name="score"),
    ])
    return {"__default__": found}
'''


def make(folder: Path) -> Path:
    """Make the project in an empty folder, with a commit and a table of two versions."""
    files = {
        "pyproject.toml": PYPROJECT,
        "src/probe/__init__.py": '"""Probe."""\n',
        "src/probe/settings.py": SETTINGS,
        "src/probe/nodes.py": NODES,
        "src/probe/pipeline_registry.py": PIPELINE,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/parameters.yml": PARAMETERS,
        "conf/base/mlflow.yml": MLFLOW,
        "conf/local/.gitkeep": "",
        "data/raw/labels.csv": labels(),
        ".gitignore": IGNORED,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(MACHINERY, folder / "src/lakeproof", ignore=ignored)
    (folder.parent / "beside.txt").write_text("0.5")
    table = str(folder / "data/lake/samples")
    samples(30).write_delta(table)
    samples(40).write_delta(table, mode="overwrite")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    commit(folder, "The probe")
    return folder


def samples(count: int) -> pl.DataFrame:
    """Give the rows of the table."""
    numbers = range(count)
    return pl.DataFrame(
        {
            "key": [f"s{n:03}" for n in numbers],
            "x": [((n * 37) % 101) / 10 for n in numbers],
            "y": [((n * 53) % 97) / 7 for n in numbers],
            "target": [((n * 29) % 89) / 3 for n in numbers],
        }
    )


def labels() -> str:
    """Give the text of the file."""
    lines = [f"s{n:03},{'ab'[n % 2]}" for n in range(40)]
    return "\n".join(["key,label", *lines]) + "\n"


def git(folder: Path, *arguments: str) -> str:
    """Run git there as nobody in particular."""
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "A Tester"), ("EMAIL", "tester@localhost"))
    }
    done = subprocess.run(
        # A trial may have the project sign its commits with a program that is not there.
        ["git", "-c", "commit.gpgSign=false", *arguments],
        cwd=folder,
        env={**os.environ, **who},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> None:
    """Commit what is there."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def copy(source: Path, target: Path) -> Path:
    """Put a copy in place of whatever is there, with the times of its files."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return target
