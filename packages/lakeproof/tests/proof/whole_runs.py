"""Run the project's pipelines many times in one process, which starts Spark once.

Typed by a test: `python whole_runs.py PROJECT < plans.json`. Spark is started here, as a notebook
would, so that runs take it over and leave it; between two runs its plans are made in another way.
Each run begins without tables. Says of each, as a line of JSON, what it recorded and what its
tables hold now.
"""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

SPARK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
}
MADE = ("02_intermediate", "04_feature", "06_models", "07_model_output", "08_reporting")


def main(project: Path, asked: list[dict[str, Any]]) -> None:
    """Make every run that is asked for: its environment, its parameters, Spark's settings."""
    from kedro.framework.startup import bootstrap_project

    from lakeproof.spark.jars import locked_jars
    from lakeproof.spark.launch import launch
    from lakeproof.spark.settings import SparkSettings

    lock = project / "requirements/jars.txt"
    settings = SparkSettings.from_config(SPARK, lock)
    jars = [jar.path for jar in locked_jars(lock, settings.conf)]
    bootstrap_project(project)
    theirs = launch(settings.effective(jars), is_local=True)
    for one in asked:
        print(json.dumps(run(project, theirs.sparkContext, **one)), flush=True)
    theirs.stop()


def run(
    project: Path,
    context: Any,
    env: str,
    example: str,
    params: dict[str, Any],
    conf: dict[str, str],
) -> dict[str, Any]:
    """Make one run of everything, into an empty lakehouse."""
    from kedro.framework.session import KedroSession

    from lakeproof.delta.log.opening import open_table
    from lakeproof.delta.read.versions import compute_digest
    from lakeproof.spark.session import spark
    from lakeproof.versioned.location import Location

    for folder in MADE:
        shutil.rmtree(project / "data" / folder / example, ignore_errors=True)
    began = time.monotonic()
    jobs = set(context.statusTracker().getJobIdsForGroup())
    in_force = {}
    with KedroSession.create(project, env=env, runtime_params=params) as session:
        if params["engine"] == "spark":
            taken = spark()
            for key, value in conf.items():
                taken.conf.set(key, value)
        session.run()
        if params["engine"] == "spark":
            in_force = {key: taken.conf.get(key) for key in conf}
    places = {
        "samples": f"data/02_intermediate/{example}/samples",
        "features": f"data/04_feature/{example}/features",
        "predictions": f"data/07_model_output/{example}/predictions",
    }
    opened = {
        name: open_table(Location(name, str(project / place))) for name, place in places.items()
    }
    return {
        "seconds": round(time.monotonic() - began, 1),
        "record": record_of(project),
        "tables": {name: compute_digest(one) for name, one in opened.items()},
        "conf": in_force,
        "most_tasks": most_tasks(context, jobs),
    }


def most_tasks(context: Any, before: set[int]) -> int:
    """Count the tasks of the largest stage since then; none where Spark did nothing."""
    tracker = context.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in set(tracker.getJobIdsForGroup()) - before]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    return max((stage.numTasks for stage in stages if stage), default=0)


def record_of(project: Path) -> Any:
    """Read the newest record."""
    found = (project / "mlartifacts").glob("*/artifacts/lakeproof/record.json")
    return json.loads(max(found, key=lambda path: path.stat().st_mtime_ns).read_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.load(sys.stdin))
