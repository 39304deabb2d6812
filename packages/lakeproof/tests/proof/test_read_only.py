"""A server that lets somebody read: they get the verdict, and hear that it is not stored."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Project, copy_project

from .conftest import FOREST, edit
from .servers import ADMIN, MORE, Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MORE is None, reason="it needs more than our lock: make test-stores"),
]

BEN = ("ben", "the password of a reader")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One with users, of whom Ben is given no right beside reading, which everybody has."""
    found = Server(tmp_path_factory.mktemp("server") / "mlflow", asks=True)
    found.start()
    request = urllib.request.Request(
        f"{found.uri}/api/2.0/mlflow/users/create",
        data=json.dumps({"username": BEN[0], "password": BEN[1]}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Basic {base64.b64encode(':'.join(ADMIN).encode()).decode()}",
        },
    )
    urllib.request.urlopen(request).close()
    yield found
    found.stop()


def test_a_reader_gets_the_verdict(tmp_path: Path, server: Server):
    """First, with exit code 0; nothing of it is on the server, and no password anywhere."""
    project = copy_project(tmp_path / "project")
    edit(
        project.path / "conf/base/mlflow.yml",
        "mlflow_tracking_uri: sqlite:///${project_path:mlflow.db}",
        f"mlflow_tracking_uri: {server.uri}\n  credentials: mlflow_server",
    )
    project.git("commit", "-qam", "to the server")
    is_user(project, *ADMIN)
    run_id = project.fresh.kedro("run", *FOREST).run_id
    is_user(project, *BEN)

    done = project.fresh.kedro("reproduce", run_id)

    assert done.stdout.startswith("REPEATED")
    assert "cannot be stored in MLflow" in done.stderr
    assert "The verdict holds all the same" in done.stderr
    assert BEN[1] not in done.stdout + done.stderr
    listed = json.loads(project.fresh.kedro("runs", "--json").stdout)["runs"]
    assert [run["run_id"] for run in listed] == [run_id]


def is_user(project: Project, name: str, password: str) -> None:
    (project.path / "conf/local/credentials.yml").write_text(
        f"mlflow_server:\n  MLFLOW_TRACKING_USERNAME: {name}\n"
        f"  MLFLOW_TRACKING_PASSWORD: {password}\n"
    )
