"""`LAKEPROOF_PLAIN=1`: everything works by the plain libraries, to the same bits."""

import json

import pytest

from conftest import copy_project

from .conftest import FOREST, repeat

pytestmark = pytest.mark.slow


def test_the_examples_commands_work_without_any_trick(tmp_path, monkeypatch):
    """Its run is repeated by a process that has them all."""
    project = copy_project(tmp_path / "project")
    monkeypatch.setenv("LAKEPROOF_PLAIN", "1")
    finished = project.kedro("run", *FOREST)
    pinned = project.kedro("run", "--pipelines", "feature", "--load-versions", "samples:0")
    listed = json.loads(project.kedro("runs", "--json").stdout)["runs"]
    assert [run["run_id"] for run in listed] == [pinned.run_id, finished.run_id]
    assert listed[0]["inputs"]["samples"] == 0
    shown = json.loads(project.kedro("show", finished.run_id[:8], "--json").stdout)
    assert shown["run"]["run_id"] == finished.run_id
    history = json.loads(project.kedro("history", "samples", "--json").stdout)
    assert [entry["version"] for entry in history["versions"]] == [1, 0]
    assert "samples: latest -> version 0" in project.kedro("pin", "samples=0").stdout
    project.kedro("pin", "samples=latest")
    project.kedro("check", finished.run_id)
    project.kedro("compare", finished.run_id, finished.run_id)
    repeat(project, finished.run_id, "--here")
    monkeypatch.delenv("LAKEPROOF_PLAIN")
    repeat(project, finished.run_id)
