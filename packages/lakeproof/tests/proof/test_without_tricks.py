"""`LAKEPROOF_PLAIN=1`: everything works by the plain libraries, to the same bits."""

import json

import pytest

from conftest import Finished, Project, copy_project

from .conftest import FOREST, repeat

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> tuple[Project, Finished]:
    """A project with a run that was made without any trick."""
    project = copy_project(tmp_path_factory.mktemp("plain") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEPROOF_PLAIN", "1")
        return project, project.kedro("run", *FOREST)


@pytest.mark.beyond_ci
def test_a_run_is_made_shown_and_repeated_without_any_trick(plain, monkeypatch):
    """And repeated by a process that has them all."""
    project, finished = plain
    monkeypatch.setenv("LAKEPROOF_PLAIN", "1")
    shown = json.loads(project.kedro("show", finished.run_id[:8], "--json").stdout)
    assert shown["run"]["run_id"] == finished.run_id
    repeat(project, finished.run_id, "--here")
    monkeypatch.delenv("LAKEPROOF_PLAIN")
    repeat(project, finished.run_id)


@pytest.mark.long
def test_other_commands_of_the_example_work_without_any_trick(plain, monkeypatch):
    """Each as a process; what they do is asked in `make test-plain`."""
    project, finished = plain
    monkeypatch.setenv("LAKEPROOF_PLAIN", "1")
    pinned = project.kedro("run", "--pipelines", "feature", "--load-versions", "samples:0")
    listed = json.loads(project.kedro("runs", "--json").stdout)["runs"]
    assert (listed[0]["run_id"], listed[-1]["run_id"]) == (pinned.run_id, finished.run_id)
    assert listed[0]["inputs"]["samples"] == 0
    history = json.loads(project.kedro("history", "samples", "--json").stdout)
    assert [entry["version"] for entry in history["versions"]] == [1, 0]
    assert "samples: latest -> version 0" in project.kedro("pin", "samples=0").stdout
    project.kedro("pin", "samples=latest")
    project.kedro("check", finished.run_id)
    project.kedro("compare", finished.run_id, finished.run_id)
