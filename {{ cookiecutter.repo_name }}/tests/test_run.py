"""A run as a whole: it leaves its tables and metrics, and can be reproduced to the last bit."""

import json
import random

import pytest

from projects import Finished, Project, copy_project

HOUSES = "data/01_raw/test_houses/2026-01.csv"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Finished]:
    """A project after one run of everything; look, do not touch.

    On a table of its own, whatever your base has: made up, declared and run as you would.
    """
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    draw = random.Random(1)
    lines = ["house,area,heating,price"]
    for number in range(120):
        area = draw.uniform(40, 220)
        price = 3 * area + draw.gauss(0, 9)
        lines.append(f"house {number},{area:.1f},{'oil' if number % 3 else 'gas'},{price:.2f}")
    (project.path / HOUSES).parent.mkdir(parents=True)
    (project.path / HOUSES).write_text("\n".join(lines) + "\n")
    project.kedro("deliveries", "declare", HOUSES, "--key", "house", "--target", "price")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Houses")
    return project, project.kedro("run", "--env", "test_houses")


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
