"""Outputs of every kind, wherever they lie: compared, and written to scratch instead."""

import shutil
from pathlib import Path

import pytest

from conftest import Finished, Project

from .conftest import belongings, commit_all, digests, only_a_run_is_new, record_of, repeat

NODES = '''\
"""Write an output of each kind."""

import time


def write_reports(samples):
    """Give frames, numbers, a text, and what is another each time."""
    rows = samples.collect().sort("sample_id").select("sample_id", "alcohol").head(20)
    frame = rows.to_pandas()
    mean = float(frame["alcohol"].mean())
    parts = {"first": frame.head(10), "second": frame.tail(10)}
    return frame, frame, frame, {"mean": mean}, f"mean {mean!r}", parts, time.time(), rows


def read_reports(outside, inside, pickled, text):
    """Read what was written in the same run."""
    return {"rows": [len(outside), len(inside), len(pickled)], "text": text}
'''

PIPELINE = '''\
"""Wire the reports."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.reports.nodes import read_reports, write_reports

WRITTEN = ["outside", "inside", "pickled", "logged", "text", "parts", "moment", "elsewhere"]


def create_pipeline() -> Pipeline:
    """Connect `samples` with the reports."""
    read = ["outside", "inside", "pickled", "text"]
    return Pipeline(
        [
            Node(write_reports, inputs="samples", outputs=WRITTEN, name="write_reports"),
            Node(read_reports, inputs=read, outputs="read", name="read_reports"),
        ]
    )
'''

CATALOG = """
outside:
  type: pandas.CSVDataset
  filepath: {outside}/outside.csv
  save_args: {{index: false}}
inside:
  type: pandas.CSVDataset
  filepath: data/08_reporting/wine/inside.csv
  save_args: {{index: false}}
pickled:
  type: pickle.PickleDataset
  filepath: data/08_reporting/wine/pickled.pkl
logged:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset:
    type: json.JSONDataset
    filepath: {outside}/logged.json
text:
  type: text.TextDataset
  filepath: {outside}/text.txt
  versioned: true
parts:
  type: partitions.PartitionedDataset
  path: {outside}/parts
  dataset: {{type: pandas.CSVDataset, save_args: {{index: false}}}}
  filename_suffix: .csv
read:
  type: json.JSONDataset
  filepath: data/08_reporting/wine/read.json
moment:
  type: json.JSONDataset
  filepath: data/08_reporting/wine/moment.json
  metadata: {{lakeproof: {{compare: false}}}}
elsewhere:
  type: lakeproof.delta.DeltaTable
  filepath: {outside}/table
  key: sample_id
  save_args: {{mode: append}}
"""


@pytest.fixture(scope="module")
def reported(make_project, tmp_path_factory) -> tuple[Project, Finished, Path]:
    """A project with a run of a pipeline whose outputs lie in the project and outside of it."""
    project = make_project("reports")
    outside = tmp_path_factory.mktemp("outside")
    folder = project.path / "src/winery/pipelines/reports"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        '"""Reports."""\n\nfrom .pipeline import create_pipeline\n\n__all__ = ["create_pipeline"]\n'
    )
    (folder / "nodes.py").write_text(NODES)
    (folder / "pipeline.py").write_text(PIPELINE)
    catalog = project.path / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text() + CATALOG.format(outside=outside))
    commit_all(project)
    project.kedro("run", "--pipelines", "ingest")
    return project, project.kedro("run", "--pipelines", "reports"), outside


@pytest.mark.slow
def test_all_of_them_are_compared_but_the_one_that_says_otherwise(reported):
    """Files here and elsewhere, versioned or partitioned, an artifact, a table that grows."""
    project, finished, outside = reported
    before = belongings(project, outside)
    verdict = repeat(project, finished.run_id)
    assert set(verdict.counting()) == {
        *(f"file {name}" for name in ("outside", "inside", "pickled", "logged", "text", "parts")),
        "file read",
        "table elsewhere",
    }
    moment = verdict.artifact("moment", "file")
    assert (moment["verdict"], moment["counts"]) == ("differs", False)
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"], outside)


@pytest.mark.slow
def test_outputs_that_are_gone_are_made_in_scratch_alone(reported):
    """Nothing of it comes back to where the run had written it."""
    project, finished, outside = reported
    for name in ("outside.csv", "logged.json"):
        (outside / name).unlink()
    for name in ("text.txt", "parts"):
        shutil.rmtree(outside / name)
    report = project.path / "data/08_reporting"
    report.rename(project.path / "kept")
    left = digests(outside)
    repeat(project, finished.run_id)
    assert digests(outside) == left
    assert not report.exists()
    (project.path / "kept").rename(report)


@pytest.mark.slow
def test_an_appended_table_is_appended_to_from_where_it_stood(reported):
    """The second run found 20 rows and left 40; so does its re-run, though 60 are there by now."""
    project, _, outside = reported
    second = project.kedro("run", "--pipelines", "reports")
    project.kedro("run", "--pipelines", "reports")
    before = digests(outside / "table")
    verdict = repeat(project, second.run_id)
    (table,) = record_of(project, verdict.document["rerun_id"])["outputs"]["tables"]
    assert (table["rows"], table["started_at"], table["version"]) == (40, 0, 1)
    assert table["uri"] == str(outside / "table")
    assert digests(outside / "table") == before
