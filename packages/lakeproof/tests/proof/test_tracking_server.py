"""A real MLflow server on this machine: runs are kept there, and none is lost when it goes."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from mlflow.tracking import MlflowClient

from conftest import Project, copy_project

from .conftest import FOREST, edit
from .servers import Server

pytestmark = pytest.mark.slow

GOING = """
import os

_build = build_features


def build_features(samples, settings):
    os.killpg({group}, 9)
    return _build(samples, settings)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("server") / "mlflow")
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Project:
    """The example, of which one line was changed."""
    project = copy_project(tmp_path_factory.mktemp("lab") / "project")
    edit(
        project.path / "conf/base/mlflow.yml",
        "mlflow_tracking_uri: sqlite:///${project_path:mlflow.db}",
        f"mlflow_tracking_uri: {server.uri}",
    )
    project.git("commit", "-qam", "to the server")
    return project


def test_a_run_goes_to_the_server_and_comes_back_the_same(project: Project, server: Server):
    """With no other change, its artifacts too; what `--json` prints is one document."""
    project.kedro("run", *FOREST)
    (experiment,) = MlflowClient(server.uri).search_experiments(filter_string="name = 'winery'")
    assert experiment.artifact_location.startswith("mlflow-artifacts:/")
    assert not (project.path / "mlartifacts").exists()

    # One request for all parameters of a node, of which there are four.
    assert "runs/log-parameter" not in server.log
    assert 4 <= server.log.count("runs/log-batch") <= 8
    assert "runs/log-metric" not in server.log
    assert server.log.count("GET /api/2.0/mlflow/runs/get?") <= 6
    # What a run keeps is listed when it begins and when it ends.
    assert server.log.count("GET /api/2.0/mlflow-artifacts/artifacts?path=") <= 3

    found = json.loads(project.kedro("reproduce", "last", "--json").stdout)

    assert found["verdict"] == "REPEATED"
    before = server.log.count("lakeproof/record.json")
    project.kedro("show", "last")
    assert server.log.count("lakeproof/record.json") == before, "it was fetched again"
    assert MlflowClient(server.uri).get_run(found["rerun_id"]).info.status == "FINISHED"


def test_a_server_that_goes_while_a_run_is_repeated_costs_no_verdict(project, server: Server):
    """It is told at once: MLflow would wait for minutes, for each of what it is asked then."""
    run_id = project.kedro("run", *FOREST).run_id
    typed = [sys.executable, "-m", "kedro", "reproduce", run_id]
    with subprocess.Popen(
        typed, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as done:
        try:
            next(line for line in done.stderr if "Running it again" in line)
            server.stop()
            said, told = done.communicate(timeout=100)
        finally:
            done.kill()
            server.start()
    assert (done.returncode, said.split()[0]) == (0, "REPEATED")
    assert f"cannot be stored in MLflow: The tracking server {server.uri} does not answer" in told
    assert f"{server.uri} still has the metrics of the record is not known: Connection refu" in said


@pytest.mark.beyond_ci
def test_a_server_that_goes_costs_a_sentence_and_no_record(project: Project, server: Server):
    """The next command that asks it, when it is back, sends what was kept."""
    nodes = project.path / "src/winery/pipelines/feature/nodes.py"
    before = nodes.read_text()
    going = GOING.format(group=server.group)
    nodes.write_text(before + going)
    try:
        done = project.kedro("run", "--pipelines", "ingest,feature")
    finally:
        nodes.write_text(before)
        server.stop()
    run_id = next(line for line in done.stdout.splitlines() if "Recorded run" in line).split()[-1]
    kept = project.path / f".lakeproof/unsent/{run_id}"
    assert f"is kept in {kept}" in done.stderr
    away = project.kedro("show", run_id, code=None)
    assert away.exit_code != 0
    assert f"Error: The tracking server {server.uri} does not answer" in away.stderr
    assert len(away.stderr.splitlines()) <= 3

    server.start()
    shown = json.loads(project.kedro("show", run_id, "--json").stdout)

    assert shown["run"]["run_id"] == run_id
    assert not kept.exists()
    assert MlflowClient(server.uri).get_run(run_id).info.status == "FINISHED"
