"""Runs from Python: a notebook, a server, a test."""

import signal
import subprocess
import sys
import time

import mlflow
import pytest
from kedro.framework.session import KedroSession
from kedro.pipeline import node, pipeline

import small

pytestmark = pytest.mark.slow

INGEST = ("run", "--pipelines", "ingest")


# Kedro and kedro-mlflow, of what they import.
@pytest.mark.filterwarnings("ignore")
def test_two_sessions_of_one_process_log_to_runs_of_their_own(small_project, tmp_path, monkeypatch):
    """Nested runs would put both into the first; the current directory is another one."""
    small_project.write({"conf/base/parameters.yml": "salt: ''\n"})
    monkeypatch.chdir(tmp_path)
    small.pipelines["now"] = pipeline([node(len, "params:salt", "length", name="measure")])
    small_project.start()
    for salt in ("a", "bb"):
        with KedroSession.create(small_project.path, runtime_params={"salt": salt}) as session:
            session.run()
    runs = small_project.mlflow_runs
    assert [run.data.params["salt"] for run in runs] == ["bb", "a"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert mlflow.active_run() is None
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_an_interrupted_run_is_killed_in_mlflow_and_not_finished(project):
    """MLflow's own clean-up would call it FINISHED; the same command again finishes."""
    nodes = project.path / "src/winery/pipelines/ingest/nodes.py"
    slow = "import time\n\n    print('waiting', flush=True)\n    time.sleep(60)\n    return ["
    nodes.write_text(nodes.read_text().replace("return [", slow, 1))
    running = subprocess.Popen(
        [sys.executable, "-m", "kedro", *INGEST],
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
    project.kedro(*INGEST)
