"""Two recorded runs of the example, between which everything is mixed once."""

import pytest

from conftest import copy_project


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """A project, and the ids of the two runs."""
    project = copy_project(tmp_path_factory.mktemp("mixes") / "project")
    project.kedro("run", "--pipelines", "ingest")
    a = project.kedro("run", "--load-versions", "samples:0").run_id
    asked = ("--load-versions", "samples:1", "--params", "train.seed=7")
    b = project.kedro("run", *asked).run_id
    return project, a, b
