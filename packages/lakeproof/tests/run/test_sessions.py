"""Runs from Python: a notebook, a server, a test."""

import os
import signal
import subprocess
import sys
import time

from conftest import copy_project

TWO_SESSIONS = """
import sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
path = Path(sys.argv[1])
bootstrap_project(path)
for salt in ("a", "b"):
    given = {"feature": {"split": {"salt": salt}}}
    with KedroSession.create(path, runtime_params=given) as session:
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


def test_an_interrupted_run_is_killed_in_mlflow_and_not_finished(project):
    """MLflow's own clean-up would call it FINISHED; the same command again finishes."""
    nodes = project.path / "src/winery/pipelines/ingest/nodes.py"
    slow = "import time\n\n    print('waiting', flush=True)\n    time.sleep(60)\n    return ["
    nodes.write_text(nodes.read_text().replace("return [", slow, 1))
    running = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run"],
        cwd=project.path,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout.readline() == "waiting\n"
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode != 0
    from mlflow.tracking import MlflowClient

    (run,) = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}").search_runs(["1"])
    assert run.info.status == "KILLED"
    project.git("checkout", "--quiet", "--", ".")
    project.kedro("run")
