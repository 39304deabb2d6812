"""P1: a whole recorded run, against plain Kedro with kedro-mlflow and against one plain script.

Every run begins without tables and reports, in a store that exists already.
"""

import shutil
import tempfile
from pathlib import Path

from measure import (
    copy_of_project,
    our_environment,
    pairs,
    plain_environment,
    plain_project,
    processor_ratio,
    ratio,
    report,
    run,
)

RUNS = 5

SCRIPT = """
import sys
from pathlib import Path
import deltalake, mlflow, pandas as pd, polars as pl, skops.io
from omegaconf import OmegaConf
from winery.pipelines.evaluate import nodes as evaluate
from winery.pipelines.feature.nodes import build_features
from winery.pipelines.train import nodes as train

mlflow.set_tracking_uri("sqlite:///script.db")
mlflow.set_experiment("script")
conf = Path("conf/base")
known = OmegaConf.load(conf / "globals.yml")
OmegaConf.register_resolver("globals", lambda key: known[key], replace=True)
settings = {}
for name in ("feature", "train", "evaluate"):
    loaded = OmegaConf.load(conf / f"parameters_{name}.yml")
    settings.update(OmegaConf.to_container(loaded, resolve=True))
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


def main() -> None:
    """Measure in turn."""
    with tempfile.TemporaryDirectory() as folder:
        ours = copy_of_project(Path(folder) / "ours")
        plain = plain_project(Path(folder) / "plain", ours)
        (plain / "script.py").write_text(SCRIPT)
        our_bin = our_environment(Path(folder) / "our_venv", ours)
        bin_ = plain_environment(Path(folder) / "venv")
        paths = {"PYTHONPATH": str(plain / "src")}

        def run_ours() -> None:
            for data in (ours / "data").glob("0[2-8]*"):
                shutil.rmtree(data)
            run([str(our_bin / "kedro"), "run"], ours)

        def run_plain() -> None:
            shutil.rmtree(plain / "data", ignore_errors=True)
            run([str(bin_ / "kedro"), "run"], plain, **paths)

        def run_script() -> None:
            shutil.rmtree(plain / "data", ignore_errors=True)
            (plain / "data").mkdir()
            run([str(bin_ / "python"), "script.py"], plain, **paths)

        timed = pairs(run_ours, run_plain, RUNS)
        against_kedro = {**ratio(timed), "processor_ratio": processor_ratio(timed)}
        against_script = ratio(pairs(run_ours, run_script, RUNS))
    report(
        "P1 whole recorded run ÷ plain Kedro + kedro-mlflow",
        "<= 0.5",
        against_kedro["ratio"] <= 0.5,
        **against_kedro,
        script_s=against_script["theirs_s"],
        ratio_to_script=against_script["ratio"],
    )


if __name__ == "__main__":
    main()
