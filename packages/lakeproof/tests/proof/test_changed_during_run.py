"""Edited during the run: nobody can say which of the two states ran."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from conftest import Project

from .conftest import append, commit_all, record_of, reproduce
from .parts import add_pipeline

PIPELINE = """
import os

from kedro.pipeline import Node, Pipeline


def wait(settings: dict) -> int:
    with open(os.environ["GO_ON"]) as pipe:
        pipe.read()
    return 1


def create_pipeline() -> Pipeline:
    return Pipeline([Node(wait, inputs="params:feature", outputs="answer", name="wait")])
"""

EDITS = {
    "src/winery/rows.py": "\nEDITED = True\n",
    "conf/base/parameters_train.yml": "\n# edited\n",
    "conf/local/parameters_mine.yml": "mine: 1\n",
    "README.md": "\nEdited.\n",
}


def run_while(project: Project, go_on, edit) -> str:
    """Run, edit while the node waits, and give the run's id."""
    os.mkfifo(go_on)
    os.environ["GO_ON"] = str(go_on)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(project.kedro, "run", "--pipelines", "probe")
        pipe = None
        while pipe is None and not running.done():
            # There is somebody at its other end as soon as the node waits.
            with suppress(OSError):
                pipe = os.open(go_on, os.O_WRONLY | os.O_NONBLOCK)
            time.sleep(0.02)
        if pipe is not None:
            edit()
            os.write(pipe, b"go on")
            os.close(pipe)
        return running.result().run_id


@pytest.fixture(scope="module")
def probing(make_project) -> Project:
    """A project whose node waits."""
    project = make_project("probing")
    add_pipeline(project, "probe", PIPELINE)
    append(
        project.path / "conf/base/catalog.yml",
        "\nanswer: {type: json.JSONDataset, filepath: data/answer.json}\n",
    )
    commit_all(project)
    return project


@pytest.mark.slow
def test_edits_of_code_and_configuration_are_named_and_the_run_is_no_longer_had(probing, tmp_path):
    """A source file, a tracked and an ignored file of the configuration, a document."""

    def edit():
        for name, text in EDITS.items():
            append(probing.path / name, text)

    run_id = run_while(probing, tmp_path / "go", edit)
    assert record_of(probing, run_id)["code"]["changed_during_run"] == sorted(EDITS)
    verdict = reproduce(probing, run_id, expected="INCONCLUSIVE")
    for name in EDITS:
        assert name in verdict.missing
    assert "Edited during the run" in verdict.missing
    assert verdict.document["rerun_id"] is None
    assert probing.kedro("check", run_id, code=1).stdout.count("Edited during") == 1
    probing.git("checkout", "--quiet", "--", ".")
    (probing.path / "conf/local/parameters_mine.yml").unlink()


@pytest.mark.slow
def test_what_runs_and_tools_leave_behind_is_no_edit(probing, tmp_path):
    """Compiled modules, an editor's swap file, a commit of the same files, data."""

    def edit():
        append(probing.path / "src/winery/__pycache__/rows.cpython-311.pyc", "x")
        append(probing.path / "src/winery/.rows.py.swp", "x")
        append(probing.path / "data/08_reporting/note.txt", "x")
        append(probing.path / "found-by-the-way.txt", "x")
        probing.git("commit", "--quiet", "--allow-empty", "--message", "Meanwhile")

    run_id = run_while(probing, tmp_path / "go", edit)
    assert record_of(probing, run_id)["code"]["changed_during_run"] == []
    assert record_of(probing, run_id)["problems"] == []
