"""Two recorded runs of the example, between which everything is mixed once."""

import subprocess

import pytest

from conftest import copy_project, warm


@pytest.fixture(scope="module")
def forked_reruns():
    """Let what a mix starts in this process be forks, as what a command starts is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", subprocess.Popen)
        warm().fork_reruns()
        yield


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """A project, and the ids of the two runs."""
    project = copy_project(tmp_path_factory.mktemp("mixes") / "project")
    project.kedro("run", "--pipelines", "ingest")
    a = project.kedro("run", "--load-versions", "samples:0").run_id
    asked = ("--load-versions", "samples:1", "--params", "train.seed=7")
    b = project.kedro("run", *asked).run_id
    return project, a, b
