"""What a command imports, and in which order, which decides on seconds of it."""

import subprocess
import sys

import pytest

from conftest import Project

# They are about the tricks themselves.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("with_tricks")]


def imported(project: Project, *command: str) -> list[str]:
    """Name the modules that a command imports, in order."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kedro", *command],
        cwd=project.path,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    ]


@pytest.mark.beyond_ci
def test_scipy_comes_before_mlflow_and_ipython_not_at_all(project):
    """Otherwise skops searches MLflow's three thousand modules, and MLflow asks IPython in vain."""
    found = imported(project, "run")
    assert found.index("scipy.special") < found.index("mlflow")
    assert "skops.io" in found
    assert "IPython.core" not in found


@pytest.mark.parametrize("command", ["runs", "compare last last", "show last", "check"])
def test_a_command_about_runs_waits_neither_for_mlflow_nor_for_pandas(recorded, command):
    """Each takes longer to import than the answer takes."""
    found = imported(recorded[0], *command.split())
    assert "lakeproof.record.mlflow_store.store" in found
    assert not {"mlflow", "pandas"} & set(found)
