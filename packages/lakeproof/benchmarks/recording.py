"""P3: what the record costs of a run on 1M rows x 10 features with a forest, and of the example's.

The run times what it does for its record: each call that the hooks make for it is wrapped, and each
event of the interpreter that the watch looks at; what they import has been imported before. What is
read of a table only to be digested is part of it, as are the packages that are verified. It is a
user's project, with a wheel.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

from measure import copy_of_project, remove_tables, report, run, users_environment

ROWS, NUMBERS, EXAMPLES = 1_000_000, 10, 5
COLUMNS = [f"c{number}" for number in range(NUMBERS)]

# Laid over the project's settings: the same hooks, timed.
TIMED = """
import atexit, json, threading, time
from pathlib import Path

import pydantic, threadpoolctl, joblib  # noqa
import lakeproof.digest, lakeproof.record.documents.document  # noqa
import lakeproof.record.mlflow_store.store  # noqa
from lakeproof.record.node_io import node_io_recorder
from lakeproof.record.run import gathering, session
from lakeproof.watch import watching

spent = {}
depth = threading.local()

def timed(owner, name):
    inner = getattr(owner, name)
    plain = inner.__func__ if hasattr(inner, "__func__") else inner
    is_class = hasattr(inner, "__func__")

    def outer(*args, **kwargs):
        if getattr(depth, "inside", False):
            return plain(*args, **kwargs)
        depth.inside, begin = True, time.perf_counter()
        try:
            return plain(*args, **kwargs)
        finally:
            depth.inside = False
            spent[name] = spent.get(name, 0) + time.perf_counter() - begin

    setattr(owner, name, classmethod(outer) if is_class else outer)

timed(gathering.RunInputs, "gather")
for name in ("loaded", "saved", "computed"):
    timed(node_io_recorder.NodeIORecorder, name)
timed(session.RunSession, "finished")
timed(watching, "_told")
atexit.register(lambda: Path("spent.json").write_text(json.dumps(spent)))
"""


def prepare(project: Path) -> None:
    """Make the delivery and the configuration of another table; nothing else is changed."""
    import numpy as np
    import polars as pl
    import yaml

    random = np.random.default_rng(0)
    frame = pl.DataFrame({"id": [f"{n:07}" for n in range(ROWS)]}).with_columns(
        **{name: pl.Series(random.random(ROWS).round(6)) for name in COLUMNS},
    )
    frame = frame.with_columns(y=(pl.col("c0") * 3 + pl.col("c1")).round(4))
    folder = project / "data/01_raw/large"
    folder.mkdir(parents=True)
    frame.write_csv(folder / "1.csv")
    local = project / "conf/local"
    schema = {"id": {"type": "string"}} | {name: {"type": "double"} for name in [*COLUMNS, "y"]}
    (local / "globals.yml").write_text(
        yaml.safe_dump(
            {
                "example": "large",
                "key": "id",
                "target": "y",
                "task": "regression",
                "schema": schema,
                "csv": {},
                "sources": {},
            }
        )
    )
    forest = {
        "class": "sklearn.ensemble.RandomForestRegressor",
        "n_estimators": 10,
        "max_features": 5,
        "max_depth": 14,
    }
    (local / "parameters_large.yml").write_text(
        yaml.safe_dump(
            {
                "feature": {
                    "columns": COLUMNS,
                    "ratios": {"flavanoid_share": None, "share": ["c0", "c1"]},
                },
                "train": {"estimators": {"random_forest": forest}},
            }
        )
    )
    time_record(project)


def time_record(project: Path) -> None:
    """Have each run of a project say what its record took."""
    settings = project / "src/winery/settings.py"
    settings.write_text(settings.read_text() + TIMED)


def timed_run(project: Path, python: str) -> tuple[float, dict[str, float]]:
    """Run a project without tables; the seconds of all of it, and those for the record by call."""
    remove_tables(project)
    begin = time.perf_counter()
    run([python, "-m", "kedro", "run"], project, PYTHONPATH=str(project / "src"))
    return time.perf_counter() - begin, json.loads((project / "spent.json").read_text())


def main() -> None:
    """Run the large one once, the example a few times; the share is taken within each run."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder) / "project", with_packages=False)
        python = str(users_environment(Path(folder) / "venv", project) / "python")
        prepare(project)
        whole, spent = timed_run(project, python)
        example = copy_of_project(Path(folder) / "example", with_packages=False)
        time_record(example)
        timed_run(example, python)
        small = [sum(timed_run(example, python)[1].values()) for _ in range(EXAMPLES)]
    share = sum(spent.values()) / whole
    report(
        "P3 the record's share of a run on 1M rows x 10 features",
        "<= 0.02; <= 0.3 s of the example",
        share <= 0.02 and statistics.median(small) <= 0.3,
        run_s=round(whole, 1),
        record_s=round(sum(spent.values()), 2),
        share=round(share, 4),
        example_s=round(statistics.median(small), 3),
        **{name.strip("_"): round(value, 3) for name, value in spent.items()},
    )


if __name__ == "__main__":
    main()
