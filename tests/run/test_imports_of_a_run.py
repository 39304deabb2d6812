"""The order in which a run imports, which decides on seconds of it."""

import subprocess
import sys


def test_scipy_comes_before_mlflow_and_ipython_not_at_all(project):
    """Otherwise skops searches MLflow's three thousand modules, and MLflow asks IPython in vain."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kedro", "run"],
        cwd=project.path,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = [
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    ]
    assert imported.index("scipy.special") < imported.index("mlflow")
    assert "skops.io" in imported
    assert "IPython.core" not in imported
