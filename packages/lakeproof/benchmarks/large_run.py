"""A whole recorded run on large data ÷ a script by hand that does the same without a record.

`python benchmarks/large_run.py [ROWS…]`: 1M and 10M rows x 12 columns, embedded. Both read the same
CSV, write the same four tables, fit the same estimator, predict, score and draw, with the same
threads; that they predict the same is looked at. The script has Polars, scikit-learn and
delta-rs; what it has of this project is the function that splits the rows by their key. It is
measured twice: as one that logs parameters, metrics and files to MLflow, as the run does, which is
what the run is judged by; and without, which is told.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import yaml

from measure import (
    Seconds,
    copy_of_project,
    environment,
    pairs,
    processor_ratio,
    processors,
    ratio,
    remove_tables,
    report,
    run,
    users_environment,
)

SIZES = {1_000_000: 3, 10_000_000: 1}
NUMBERS = 10
COLUMNS = [f"c{number}" for number in range(NUMBERS)]
# Small, and the same on both sides: what is asked is what comes on top of the fit.
ESTIMATOR = {"max_iter": 10, "max_leaf_nodes": 15}
SEED, SALT, TEST_FRACTION = 2026, 3, 0.25
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
_GIB_IN_KIB = 2**20

SCRIPT = f"""
import json, sys
from pathlib import Path
import narwhals.stable.v2 as nw
import polars as pl
import skops.io
from lakeproof.frames import mark_share
from matplotlib.figure import Figure
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import Pipeline

raw, data = Path(sys.argv[1]), Path(sys.argv[2])
names = {COLUMNS}
schema = {{"id": pl.Int64, **dict.fromkeys([*names, "y"], pl.Float64)}}
samples = pl.scan_csv(raw / "*.csv", schema=schema)
floats = [pl.col(name).fill_nan(None) for name in [*names, "y"]]
samples.with_columns(floats).collect(engine="streaming").write_delta(data / "samples")

samples = pl.scan_delta(data / "samples").with_columns(
    share=pl.when(pl.col("c1") != 0).then(pl.col("c0") / pl.col("c1"))
)
marked = mark_share(
    nw.from_native(samples), key="id", prefix="{SALT}:", basis_points={int(TEST_FRACTION * 10_000)},
    name="is_test",
).to_native()
features = marked.select("id", *names, "share", "y", "is_test")
features.collect(engine="streaming").write_delta(data / "features")

features = pl.scan_delta(data / "features")
names = [*names, "share"]
rows = features.filter(~pl.col("is_test")).sort("id").collect(engine="streaming").to_pandas()
impute = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)
model = Pipeline([
    ("preprocessing", ColumnTransformer([("numeric", impute, names)], sparse_threshold=0)),
    ("estimator", HistGradientBoostingRegressor(random_state={SEED}, **{ESTIMATOR})),
])
model.fit(rows[names], rows["y"].to_numpy())
del rows
skops.io.dump(model, data / "model.skops")

rows = features.filter(pl.col("is_test")).sort("id").collect(engine="streaming").to_pandas()
predictions = rows[["id"]].assign(actual=rows["y"], predicted=model.predict(rows[names]))
del rows
pl.from_pandas(predictions).write_delta(data / "predictions")
held = pl.scan_delta(data / "predictions").sort("id").collect().to_pandas()
actual, predicted = held["actual"], held["predicted"]
measures = (root_mean_squared_error, mean_absolute_error, r2_score)
metrics = {{one.__name__: float(one(actual, predicted)) for one in measures}}
(data / "metrics.json").write_text(json.dumps(metrics))
figure = Figure(figsize=(6.5, 4.5), layout="constrained")
axes = figure.add_subplot()
axes.axhline(0, color="black", linewidth=1)
axes.scatter(predicted, actual - predicted, s=14, alpha=0.4, linewidths=0)
axes.set_xlabel("predicted y")
axes.set_ylabel("actual minus predicted")
axes.set_title(f"Residuals of {{len(held)}} test rows")
figure.savefig(data / "residuals.png")
"""
TRACKED = f"""
import mlflow
mlflow.set_tracking_uri(sys.argv[3])
mlflow.set_experiment("by hand")
with mlflow.start_run():
    mlflow.log_params({{"estimator": "boosting", "seed": {SEED}, **{ESTIMATOR}}})
    mlflow.log_metrics(metrics)
    for name in ("model.skops", "metrics.json", "residuals.png"):
        mlflow.log_artifact(str(data / name))
"""


def make(project: Path, rows: int) -> None:
    """Write the delivery, and the configuration that has the project take it."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(0)
    folder = project / "data/01_raw/large"
    folder.mkdir(parents=True)
    with (folder / "1.csv").open("wb") as file:
        for start in range(0, rows, 1_000_000):
            count = min(1_000_000, rows - start)
            frame = pl.DataFrame({"id": np.arange(start, start + count)}).with_columns(
                **{name: pl.Series(random.random(count).round(6)) for name in COLUMNS}
            )
            frame = frame.with_columns(y=(pl.col("c0") * 3 + pl.col("c1")).round(4))
            file.write(frame.write_csv(include_header=start == 0).encode())
    schema = {"id": {"type": "long"}} | {name: {"type": "double"} for name in [*COLUMNS, "y"]}
    table = {"example": "large", "key": "id", "target": "y", "task": "regression"}
    _write(project / "conf/local/globals.yml", {**table, "schema": schema, "csv": {}})
    boosting = {"class": "sklearn.ensemble.HistGradientBoostingRegressor", **ESTIMATOR}
    split = {"salt": SALT, "test_fraction": TEST_FRACTION}
    ratios = {"flavanoid_share": None, "share": ["c0", "c1"]}
    _write(
        project / "conf/local/parameters_large.yml",
        {
            "feature": {"columns": COLUMNS, "ratios": ratios, "split": split},
            "train": {
                "estimator": "boosting",
                "estimators": {"boosting": boosting},
                "seed": SEED,
            },
        },
    )


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content))


def timed_child(command: list[str], cwd: Path, peaks: list[float], **more: str) -> Seconds:
    """Run a process to its end; its seconds, with the most memory that it had, files included."""
    log = cwd / "said.log"
    with log.open("wb") as said:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=cwd, env=environment(**more), stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(child.pid, 0)
        took = Seconds(time.perf_counter() - begin)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command} failed:\n{log.read_text()[-4000:]}")
    took.processor = used.ru_utime + used.ru_stime
    peaks.append(used.ru_maxrss / _GIB_IN_KIB)
    return took


def measured(folder: Path, rows: int, count: int) -> dict[str, float]:
    """Take both sides over so many rows in turn."""
    project = copy_of_project(folder / "project", with_packages=False)
    python = str(users_environment(folder / "venv", project) / "python")
    # In a process of its own: the peak of a child begins with that of who started it.
    run([sys.executable, __file__, "make", str(project), str(rows)], folder)
    script, by_hand = folder / "script.py", folder / "by_hand"
    script.write_text(SCRIPT)
    tracked = folder / "tracked.py"
    tracked.write_text(SCRIPT + TRACKED)
    our_peaks: list[float] = []
    their_peaks: list[float] = []

    def ours() -> Seconds:
        remove_tables(project)
        return timed_child([python, "-m", "kedro", "run"], project, our_peaks)

    def theirs(program: Path, peaks: list[float]) -> Seconds:
        shutil.rmtree(by_hand, ignore_errors=True)
        by_hand.mkdir()
        raw, store = project / "data/01_raw/large", f"sqlite:///{folder / 'runs.db'}"
        command = [python, str(program), str(raw), str(by_hand), store]
        return timed_child(command, folder, peaks, **dict.fromkeys(THREADS, "1"))

    # Nobody's store is made while it is measured.
    opened = "import sys, mlflow; mlflow.MlflowClient(sys.argv[1]).search_experiments()"
    for place in (project / "mlflow.db", folder / "runs.db"):
        run([python, "-c", opened, f"sqlite:///{place}"], folder)

    def in_turn(program: Path, peaks: list[float]) -> list[tuple[Seconds, Seconds]]:
        other = partial(theirs, program, peaks)
        return pairs(ours, other, count, warm_up=int(count > 1), clock=lambda work: work())

    timed = in_turn(script, their_peaks)
    require_equal(project / "data/07_model_output/large/predictions", by_hand / "predictions")
    figures = {**ratio(timed), **processors(timed)}
    tracked_peaks: list[float] = []
    beside = in_turn(tracked, tracked_peaks)
    figures["tracked_s"] = ratio(beside)["theirs_s"]
    figures["ratio_to_tracked"] = ratio(beside)["ratio"]
    figures["processor_ratio_to_tracked"] = processor_ratio(beside)
    peaks = {"ours_gib": max(our_peaks), "theirs_gib": max(their_peaks)}
    peaks["memory_ratio"] = peaks["ours_gib"] / peaks["theirs_gib"]
    peaks["memory_ratio_to_tracked"] = peaks["ours_gib"] / max(tracked_peaks)
    figures |= {name: round(value, 2) for name, value in peaks.items()}
    return {f"{name}_{rows:,}": value for name, value in figures.items()}


def require_equal(ours: Path, theirs: Path) -> None:
    """Compare what the two sides have predicted, to the bit."""
    import polars as pl

    first, second = (pl.scan_delta(table).sort("id").collect() for table in (ours, theirs))
    if not first.equals(second.select(first.columns)):
        sys.exit(f"the two sides predicted something else: {first}, {second}")


def main() -> None:
    """Measure each size, or be the one who makes the data."""
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
        return
    figures: dict[str, float] = {}
    sizes = [int(rows) for rows in sys.argv[1:]] or list(SIZES)
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            figures |= measured(Path(folder), rows, SIZES.get(rows, 1))
    judged = ("ratio_to_tracked", "memory_ratio", "memory_ratio_to_tracked")
    report(
        "whole run on large data, embedded ÷ the same by hand without a record",
        "<= 1.1 of what logs to MLflow too, memory of either",
        all(figures[f"{name}_{rows:,}"] <= 1.1 for name in judged for rows in sizes),
        **figures,
    )


if __name__ == "__main__":
    main()
