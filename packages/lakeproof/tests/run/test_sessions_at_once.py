"""Several sessions in one process: what each knows of its run is its own."""

import threading
from typing import Any

import pytest
from kedro.framework.session import KedroSession
from kedro.pipeline import Node, Pipeline

from small import SmallProject

CATALOG = {
    "conf/base/catalog.yml": (
        "text: {type: text.TextDataset, filepath: data/text.txt}\n"
        "out: {type: text.TextDataset, filepath: data/out.txt}\n"
    )
}


def after(act: Any) -> Pipeline:
    """Two nodes; the first does something, though not once more within itself."""
    begun = []

    def first() -> str:
        if not begun:
            begun.append(True)
            act()
        return "first"

    return Pipeline(
        [
            Node(first, None, "text", name="first"),
            Node(lambda text: text + "!", "text", "out", name="second"),
        ]
    )


def run_another(project: SmallProject) -> None:
    """Run what the registry gives, as a node or a thread may."""
    with KedroSession.create(project.path) as session:
        session.run()


@pytest.mark.slow
def test_a_run_within_a_node_is_refused_before_it_writes_to_the_outer_one(small_project):
    """The outer run is recorded, with its own two nodes."""
    small_project.write(CATALOG)
    told = []

    def act() -> None:
        with pytest.raises(Exception, match="Another run of this process is in progress") as error:
            run_another(small_project)
        told.append(error.value)

    small_project.run(after(act))
    assert "Nothing was run" in str(told[0])
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FINISHED"
    assert [node.name for node in small_project.record().nodes] == ["first", "second"]


@pytest.mark.slow
def test_a_catalog_that_a_node_opens_is_not_the_runs(small_project):
    """Reading another environment's catalog changes nothing of the record, and the run ends."""
    small_project.write(CATALOG)
    seen = []

    def act() -> None:
        with KedroSession.create(small_project.path) as session:
            seen.extend(session.load_context().catalog.keys())

    small_project.run(after(act))
    assert "out" in seen
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FINISHED"
    record = small_project.record()
    assert [node.name for node in record.nodes] == ["first", "second"]
    assert [file.path for file in record.outputs.files] == ["data/text.txt", "data/out.txt"]


@pytest.mark.slow
def test_a_run_of_another_thread_is_refused_while_one_is_in_progress(small_project):
    """And can be reproduced when it has ended."""
    small_project.write(CATALOG)
    errors: list[BaseException] = []

    def other() -> None:
        try:
            run_another(small_project)
        except Exception as error:
            errors.append(error)

    def act() -> None:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    small_project.run(after(act))
    assert "Another run of this process is in progress" in str(errors[0])
    (run,) = small_project.mlflow_runs
    assert run.info.status == "FINISHED"
    small_project.run(after(lambda: None))
    assert [run.info.status for run in small_project.mlflow_runs] == ["FINISHED", "FINISHED"]


@pytest.mark.slow
def test_the_next_run_begins_after_one_that_failed(small_project):
    """Whatever ended it, its turn is over."""
    small_project.write(CATALOG)

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        small_project.run(after(fail))
    small_project.run(after(lambda: None))
    assert {run.info.status for run in small_project.mlflow_runs} == {"FAILED", "FINISHED"}
