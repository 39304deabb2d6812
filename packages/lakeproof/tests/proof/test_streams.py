"""Deliveries taken as a stream, in whole runs: recorded, reproduced, trained on."""

import json
import os
from collections.abc import Callable

import deltalake
import pytest

from conftest import Finished, Project
from docs.pages import commands_of, page
from docs.test_commands import typed
from proof.conftest import (
    FOREST,
    SAMPLES,
    deliver,
    edit,
    record_of,
    repeat,
    reproduce,
    version_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.spark]

(STREAM,) = commands_of(page("streaming.md"))
FIRST, SECOND = "2026-02-delivery.csv", "2026-01-delivery.csv"


@pytest.fixture(scope="module")
def streamed(make_project: Callable[[str], Project]) -> tuple[Project, Finished]:
    """A project after a stream whose files did not arrive in the order of their names."""
    project = make_project("streamed")
    edit(project.path / "conf/base/catalog.yml", "_per_batch: 1000", "_per_batch: 1")
    for number, name in enumerate((FIRST, SECOND)):
        arrived = 1_700_000_000 + number
        os.utime(project.path / "data/01_raw/wine" / name, (arrived, arrived))
    return project, typed(project.fresh, STREAM.line)


def deliveries_of(project: Project) -> list[str]:
    """The deliveries of the versions of `samples`, the first one first."""
    commits = deltalake.DeltaTable(str(project.path / SAMPLES)).history()
    notes = [json.loads(commit["userMetadata"]) for commit in reversed(commits)]
    return [note["delivery"]["name"] for note in notes]


def test_the_record_lists_what_came_in_the_order_in_which_it_came(streamed):
    """Commits say run and node, the table what it was handed, and nothing is left behind."""
    project, run = streamed
    assert "WARN" not in run.stdout + run.stderr
    assert deliveries_of(project)[:2] == [FIRST, SECOND]
    record = record_of(project, run.run_id)
    files = [file["path"].rpartition("/")[2] for file in record["inputs"]["files"]]
    assert files == [FIRST, SECOND]
    (node,) = record["nodes"]
    (samples,) = record["outputs"]["tables"]
    assert node["name"] == samples["node"] == "ingest_stream"
    assert (samples["version"], samples["written"]) == (1, True)
    assert samples["handed_over"] == node["inputs"][0]["digest"]
    assert record["problems"] == []
    assert project.git("status", "--porcelain") == "M conf/base/catalog.yml"


def test_a_stream_is_had_again_on_either_engine(streamed):
    """Whatever order the files of the re-run would arrive in."""
    project, run = streamed
    repeat(project, run.run_id)
    verdict = reproduce(project, run.run_id, "--engine", "embedded", expected="REPRODUCED")
    assert set(verdict.counting().values()) == {"same"}


@pytest.mark.beyond_ci
def test_batch_and_stream_take_turns_and_what_is_trained_on_them_is_had_again(streamed):
    """The batch finds the stream's deliveries taken, and takes the next one."""
    project, _ = streamed
    before = version_of(project, SAMPLES)
    trained = project.kedro("run", *FOREST)
    assert version_of(project, SAMPLES) == before
    assert f"has taken all 2 deliveries already: version {before} stays" in trained.stderr
    deliver(project)
    project.kedro("run", "--pipelines", "ingest")
    assert deliveries_of(project) == [FIRST, SECOND, "2026-03-delivery.csv"]
    repeat(project, trained.run_id)


def test_without_spark_a_stream_is_refused_before_anything_is_run(streamed):
    """In a sentence that says what to type instead."""
    project, _ = streamed
    before = version_of(project, SAMPLES)
    runs = sorted(path.name for path in (project.path / "mlartifacts").iterdir())
    refused = project.kedro("run", "--pipelines", "stream", code=1)
    assert "takes a stream of deliveries, which needs Spark" in refused.stderr
    assert "kedro run --env spark --pipelines stream" in refused.stderr
    assert "Recorded run" not in refused.stdout
    assert version_of(project, SAMPLES) == before
    assert sorted(path.name for path in (project.path / "mlartifacts").iterdir()) == runs
