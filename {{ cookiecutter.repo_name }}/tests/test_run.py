"""A run as a whole: it leaves its tables and metrics, and can be reproduced to the last bit."""

import json

import pytest

from projects import Finished, Project, copy_project


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Finished]:
    """A project after one run of everything; look, do not touch."""
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    return project, project.kedro("run")


def test_a_run_leaves_a_record_its_metrics_and_a_clean_tree(recorded: tuple[Project, Finished]):
    """Change the numbers and names below when you change the pipelines."""
    project, finished = recorded
    assert "Completed 8 out of 8 tasks" in finished.stderr
    record = json.loads(project.kedro("show", finished.run_id, "--json").stdout)
    assert {table["dataset"] for table in record["outputs"]["tables"]} == {
        "samples",
        "features",
        "predictions",
    }
    assert record["metrics"]
    assert project.git("status", "--porcelain") == ""


def test_the_run_is_had_again_bit_for_bit(recorded: tuple[Project, Finished]):
    """In isolation, from its id; every artifact that counts is the same."""
    project, finished = recorded
    verdict = json.loads(project.kedro("reproduce", finished.run_id, "--json").stdout)
    assert verdict["verdict"] == "REPEATED"
    counting = [artifact for artifact in verdict["artifacts"] if artifact["counts"]]
    assert {artifact["verdict"] for artifact in counting} == {"same"}
    assert {"model", "table", "metric"} <= {artifact["kind"] for artifact in counting}
