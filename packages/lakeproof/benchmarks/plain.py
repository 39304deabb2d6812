"""The example as a project of plain Kedro and kedro-mlflow, and as one plain script."""

import shutil
from pathlib import Path
from typing import Any

from measure import ROOT

PLAIN = {
    "pyproject.toml": """
[tool.kedro]
package_name = "plain"
project_name = "Plain"
kedro_init_version = "1.7.0"
source_dir = "src"
""",
    "src/plain/__init__.py": "",
    "src/plain/settings.py": "",
    "conf/local/.gitkeep": "",
    # Without this line kedro-mlflow does not run at all with this MLflow; all else is its default.
    "conf/base/mlflow.yml": "server: {mlflow_tracking_uri: 'sqlite:///mlflow.db'}\n",
    "conf/base/catalog.yml": """
samples: &table
  type: pandas.DeltaTableDataset
  filepath: data/samples
  save_args: {mode: overwrite}
features: {<<: *table, filepath: data/features}
predictions: {<<: *table, filepath: data/predictions}
# Without the trusted types this MLflow logs no forest at all.
model:
  type: kedro_mlflow.io.models.MlflowModelTrackingDataset
  flavor: mlflow.sklearn
  save_args: {skops_trusted_types: [numpy.dtype, sklearn.tree._tree.Tree]}
metric_history: {type: kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset}
metrics:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: json.JSONDataset, filepath: data/metrics.json}
confusion_matrix:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset: {type: matplotlib.MatplotlibDataset, filepath: data/confusion_matrix.png}
""",
    "src/plain/pipeline_registry.py": """
import pandas as pd
import polars as pl
from kedro.pipeline import node, pipeline
from winery.pipelines.evaluate import nodes as evaluate
from winery.pipelines.feature.nodes import build_features
from winery.pipelines.train import nodes as train


def ingest(folder):
    from pathlib import Path
    return pd.concat([pd.read_csv(path) for path in sorted(Path(folder).glob("*.csv"))])


def features(samples, settings):
    return build_features(pl.from_pandas(samples).lazy(), settings).collect().to_pandas()


def register_pipelines():
    return {"__default__": pipeline([
        node(ingest, "params:folder", "samples"),
        node(features, ["samples", "params:feature"], "features"),
        node(train.select_training_rows, ["features", "params:train"], "training_rows"),
        node(train.fit_model, ["training_rows", "params:train"], "model"),
        node(evaluate.select_test_rows, ["features", "params:evaluate"], "test_rows"),
        node(evaluate.predict_test_rows, ["model", "test_rows", "params:evaluate"], "predictions"),
        node(evaluate.score_predictions, ["predictions", "params:evaluate"],
             ["metrics", "metric_history"]),
        node(evaluate.draw_confusion_matrix, ["predictions", "params:evaluate"],
             "confusion_matrix"),
    ])}
""",
}

# The same without Kedro.
SCRIPT = """
import sys
from pathlib import Path
import deltalake, mlflow, pandas as pd, polars as pl, skops.io, yaml
from winery.pipelines.evaluate import nodes as evaluate
from winery.pipelines.feature.nodes import build_features
from winery.pipelines.train import nodes as train

mlflow.set_tracking_uri("sqlite:///script.db")
mlflow.set_experiment("script")
settings = yaml.safe_load(Path("conf/base/parameters.yml").read_text())
with mlflow.start_run():
    mlflow.log_params({name: str(value)[:500] for name, value in settings.items()})
    samples = pd.concat([pd.read_csv(path) for path in sorted(Path("raw").glob("*.csv"))])
    deltalake.write_deltalake("data/samples", samples, mode="overwrite")
    features = build_features(pl.scan_delta("data/samples"), settings["feature"]).collect()
    deltalake.write_deltalake("data/features", features.to_arrow(), mode="overwrite")
    features = pl.scan_delta("data/features")
    model = train.fit_model(
        train.select_training_rows(features, settings["train"]), settings["train"]
    )
    skops.io.dump(model, "data/model.skops")
    trusted = ["numpy.dtype", "sklearn.tree._tree.Tree"]
    mlflow.sklearn.log_model(model, name="model", skops_trusted_types=trusted)
    rows = evaluate.select_test_rows(features, settings["evaluate"])
    predictions = evaluate.predict_test_rows(model, rows, settings["evaluate"])
    deltalake.write_deltalake("data/predictions", predictions, mode="overwrite")
    metrics, _ = evaluate.score_predictions(predictions, settings["evaluate"])
    mlflow.log_metrics(metrics)
    evaluate.draw_confusion_matrix(predictions, settings["evaluate"]).savefig("data/c.png")
    mlflow.log_artifact("data/c.png")
"""


# What nodes stand on: pure functions, without the plugin that would come with the package.
OF_NODES = ("__init__.py", "advice.py", "spelling.py", "frames", "estimators")


# What spares MLflow its search: the model's requirements, named by hand.
SEARCHED = "{skops_trusted_types:"
NAMED = "{pip_requirements: [scikit-learn, skops], skops_trusted_types:"


def plain_project(folder: Path, project: Path, is_named: bool = False) -> Path:
    """Write the same pipelines for plain Kedro and kedro-mlflow, with their defaults.

    Args:
        folder: Where to; it must not be there yet.
        project: A copy of this repository, with or without the package.
        is_named: Whether it names what its model requires, which is not the default.
    """
    for name, text in PLAIN.items():
        _write(folder / name, text.replace(SEARCHED, NAMED) if is_named else text)
    shutil.copytree(project / "data/01_raw/wine", folder / "raw")
    _write(folder / "conf/base/parameters.yml", _resolved_parameters(project / "conf/base"))
    for name in ("__init__.py", "rows.py", "parameters.py"):
        _copy(project / "src/winery" / name, folder / "src/winery" / name)
    for source in sorted((project / "src/winery/pipelines").glob("*/*.py")):
        if source.stem in ("nodes", "scores"):
            _copy(source, folder / "src/winery/pipelines" / source.parent.name / source.name)
    package = ROOT / "packages/lakeproof/src/lakeproof"
    for name in OF_NODES:
        _copy(package / name, folder / "src/lakeproof" / name)
    return folder


def _resolved_parameters(conf: Path) -> str:
    """Give all parameters as values: a plain project has none of the example's resolvers."""
    import yaml
    from omegaconf import OmegaConf

    known = OmegaConf.load(conf / "globals.yml")
    resolvers: dict[str, Any] = {
        "globals": lambda key, default=None: known.get(key, default),
        "names": lambda mapping: list(mapping or ()),
        "delivered": lambda table, said: None if table else said,
    }
    for name, resolve in resolvers.items():
        OmegaConf.register_resolver(name, resolve, replace=True)
    settings: dict[str, Any] = {"folder": "raw"}
    for name in ("feature", "train", "evaluate"):
        loaded = OmegaConf.load(conf / f"parameters_{name}.yml")
        settings |= OmegaConf.to_container(loaded, resolve=True)  # type: ignore[arg-type]
    return yaml.safe_dump(settings, sort_keys=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)
