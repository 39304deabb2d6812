"""A node that reaches for a file, a variable and an address: recorded, repeated, and suspected."""

import pytest

from .conftest import append, commit_all, record_of, repeat, reproduce
from .parts import add_pipeline

pytestmark = pytest.mark.slow

PIPELINE = """
import os
import socket

from kedro.pipeline import Node, Pipeline


def reach(settings: dict) -> dict:
    with open(os.environ["LAB_FILE"]) as file:
        share = int(file.read())
    with socket.socket() as closed:
        closed.settimeout(1)
        closed.connect_ex(("127.0.0.1", 9))
    return {"share": share}


def hold(settings: dict) -> dict:
    return {"share": 1}


def create_pipeline() -> Pipeline:
    return Pipeline([
        Node(reach, inputs="params:feature", outputs="reached", name="reach"),
        Node(hold, inputs="params:feature", outputs="held", name="hold"),
    ])
"""
CATALOG = """
reached: {type: json.JSONDataset, filepath: data/08_reporting/reached.json}
held: {type: json.JSONDataset, filepath: data/08_reporting/held.json}
"""


@pytest.mark.beyond_ci
def test_it_is_listed_with_a_pass_and_suspected_where_runs_diverge(project, tmp_path, monkeypatch):
    """By the node, with both digests; nothing of the other node, which reaches for nothing."""
    add_pipeline(project, "probe", PIPELINE)
    append(project.path / "conf/base/catalog.yml", CATALOG)
    commit_all(project)
    beside = tmp_path / "share.txt"
    beside.write_text("3")
    monkeypatch.setenv("LAB_FILE", str(beside))
    run_id = project.kedro("run", "--pipelines", "probe").run_id
    nodes = {node["name"]: node["not_controlled"] for node in record_of(project, run_id)["nodes"]}
    assert nodes["hold"] == []
    assert [(one["kind"], one["name"]) for one in nodes["reach"]] == [
        ("connection", "127.0.0.1:9"),
        ("file", str(beside)),
        ("variable", "LAB_FILE"),
    ]
    held = repeat(project).document["not_controlled"]
    assert {one["name"] for one in held if one["expected"] == one["actual"]} == {
        *("127.0.0.1:9", str(beside), "LAB_FILE"),
    }
    assert str(beside) in project.kedro("show", run_id[:8]).stdout
    beside.write_text("4")
    found = reproduce(project, run_id, expected="DIVERGED").document
    assert found["first_divergence"]["node"] == "reach"
    first = found["not_controlled"][0]
    assert (first["node"], first["kind"], first["name"]) == ("reach", "file", str(beside))
    assert first["expected"] != first["actual"]
