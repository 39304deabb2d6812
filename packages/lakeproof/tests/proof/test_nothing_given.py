"""A node that gives nothing when it runs again: what lies there from before is nobody's output."""

import pytest

from .conftest import FEATURES, append, commit_all, edit, reproduce
from .parts import add_pipeline, change_a_cell, data_files

PIPELINE = """
import os
import time
from functools import partial

import polars as pl
from kedro.pipeline import Node, Pipeline


def report(settings: dict):
    if not os.environ.get("RAIN"):
        yield {"weather": "dry"}


def measure(settings: dict):
    if not os.environ.get("RAIN"):
        yield pl.DataFrame({"day": ["monday"], "mm": [0.0]})


def correct(settings: dict) -> pl.DataFrame:
    days = [] if os.environ.get("RAIN") else ["monday"]
    return pl.DataFrame({"day": days, "mm": [0.5] * len(days)}, schema={"day": str, "mm": float})


def now(place: str) -> dict:
    return {"place": place, "at": time.time_ns()}


def split(settings: dict) -> dict:
    return {place: partial(now, place) for place in ("east", "west")}


def create_pipeline() -> Pipeline:
    made = {"report": report, "measured": measure, "corrected": correct, "parts": split}
    return Pipeline(
        [
            Node(node, inputs="params:feature", outputs=name, name=node.__name__, tags=name)
            for name, node in made.items()
        ]
    )
"""
CATALOG = """
report: {type: json.JSONDataset, filepath: data/08_reporting/report.json}
measured: {type: lakeproof.delta.DeltaTable, filepath: data/measured}
corrected:
  type: lakeproof.delta.DeltaTable
  filepath: data/corrected
  key: day
  save_args: {mode: merge}
parts:
  type: partitions.PartitionedDataset
  path: data/08_reporting/parts
  dataset: json.JSONDataset
  filename_suffix: .json
"""


@pytest.fixture(scope="module")
def weather(make_project):
    """A project with the pipeline above, whose ingestion hangs on the weather, too."""
    project = make_project("weather")
    add_pipeline(project, "weather", PIPELINE)
    append(project.path / "conf/base/catalog.yml", CATALOG)
    nodes = project.path / "src/winery/pipelines/ingest/nodes.py"
    edit(
        nodes, "from typing import Any, Protocol\n", "import os\nfrom typing import Any, Protocol\n"
    )
    edit(
        nodes,
        "for delivery in deliveries]",
        'for delivery in deliveries if not os.environ.get("RAIN")]',
    )
    commit_all(project)
    return project


def only(*outputs: str) -> tuple[str, ...]:
    """Ask for some of the outputs."""
    return ("run", "--pipelines", "weather", "--tags", ",".join(outputs))


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_generator_that_yields_nothing_is_missed(weather, monkeypatch, tmp_path):
    """A file and a table; each is named with its node, and none of the two is the same.

    In the report as well, over that of another day.
    """
    done = weather.kedro(*only("report", "measured"))
    monkeypatch.setenv("RAIN", "1")
    page = tmp_path / "proof.html"
    page.write_text("of another day")
    verdict = reproduce(weather, done.run_id, "--report", str(page), expected="INCONCLUSIVE")
    assert "<h1>INCONCLUSIVE</h1>" in page.read_text()
    assert "Node &#39;report&#39; no longer gives the file" in page.read_text()
    assert "of another day" not in page.read_text()
    assert verdict.artifact("report", "file")["verdict"] == "missing"
    assert verdict.artifact("measured", "table")["verdict"] == "missing"
    assert "Node 'report' no longer gives the file 'report'" in verdict.missing
    assert "Node 'measure' no longer gives the table 'measured'" in verdict.missing


@pytest.mark.slow
def test_no_deliveries_are_not_deliveries_that_were_taken_before(weather, monkeypatch):
    """The table is the same either way; what the node hands over is not."""
    weather.kedro("run", "--pipelines", "ingest")
    again = weather.kedro("run", "--pipelines", "ingest")
    reproduce(weather, again.run_id, expected="REPEATED")
    monkeypatch.setenv("RAIN", "1")
    verdict = reproduce(weather, again.run_id, expected="DIVERGED")
    assert verdict.artifact("samples", "table")["verdict"] == "differs"
    assert "handed over" in verdict.artifact("samples", "table")["detail"]
    assert verdict.document["first_divergence"]["node"] == "ingest_deliveries"


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_no_rows_are_not_rows_that_were_there_before(weather, monkeypatch):
    """A merge of what the table holds already leaves it as it is; so does a merge of nothing."""
    weather.kedro(*only("corrected"))
    again = weather.kedro(*only("corrected"))
    reproduce(weather, again.run_id, expected="REPEATED")
    monkeypatch.setenv("RAIN", "1")
    verdict = reproduce(weather, again.run_id, expected="DIVERGED")
    assert "rows handed over: 1 -> 0" in verdict.artifact("corrected", "table")["detail"]


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_parts_that_are_made_while_they_are_saved_are_compared_by_their_files(weather):
    """What the node gives is functions, which are the same whatever they give."""
    done = weather.kedro(*only("parts"))
    verdict = reproduce(weather, done.run_id, expected="DIVERGED")
    assert verdict.artifact("parts", "file")["verdict"] == "differs"
    assert verdict.document["first_divergence"]["node"] == "split"


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_version_that_is_written_over_is_not_believed(weather):
    """Its commit says that it holds the rows already; its file was changed since."""
    weather.kedro("run", "--pipelines", "ingest,feature")
    again = weather.kedro("run", "--pipelines", "feature")
    change_a_cell(data_files(weather.path / FEATURES)[0], "alcohol", 99.0)
    reproduce(weather, again.run_id, expected="REPEATED")
