"""Runs from Python: a notebook, a server, a test."""

import os
import subprocess
import sys

from conftest import copy_project

TWO_SESSIONS = """
import sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
path = Path(sys.argv[1])
bootstrap_project(path)
for salt in ("a", "b"):
    with KedroSession.create(path, runtime_params={"feature": {"split": {"salt": salt}}}) as session:
        session.run()
import mlflow
client = mlflow.MlflowClient()
for run in client.search_runs(["1"]):
    print(run.info.status, run.data.params["feature.split.salt"], run.data.metrics["log_loss"])
assert mlflow.active_run() is None
"""


def test_two_sessions_of_one_process_log_to_runs_of_their_own(tmp_path):
    """Nested runs would put both into the first; the current directory is another one."""
    project = copy_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", TWO_SESSIONS, str(project.path)],
        cwd=tmp_path,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("FINISHED")]
    assert {line[1] for line in lines} == {"a", "b"}
    assert len({line[2] for line in lines}) == 2
    assert not [name for name in os.listdir(tmp_path) if name != "project"]
