"""Whatever a catalog calls its places, and wherever they are, the run is reproduced."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from conftest import Project

from .conftest import belongings, commit_all, edit, only_a_run_is_new, record_of, repeat
from .parts import add_pipeline

NODES = '''\
"""Read and write at places of every kind."""

from pathlib import Path

from kedro.pipeline import Node, Pipeline

PIECES = ["cached", "own", "up", "ignored"]


def read(cached, own, up, ignored, parts, news, since, drawn):
    """Give what was read, one by one."""
    sums = {name: int(load()["a"].sum()) for name, load in sorted(parts.items())}
    beside = Path("data/01_raw/places/lookup.txt").read_text()
    read = [beside, int(cached["a"].sum()), own, up, ignored, sums, sorted(news), since, drawn]
    return read, own + "!", cached, f"{read}", {"one": cached, "two": cached}


def read_again(own_out, live, parts_out):
    """Give what became of it, through other entries of the same places."""
    return [own_out, int(live["a"].sum()), sorted(parts_out)]


def create_pipeline() -> Pipeline:
    """Connect them."""
    given = [*PIECES, "parts", "news", "params:places.since", "params:places.drawn"]
    made = ["reading", "own_out", "live@one", "versions", "parts_out"]
    again = ["own_again", "live@two", "parts_out"]
    return Pipeline(
        [
            Node(read, given, made, name="read", confirms="news"),
            Node(read_again, again, "again", name="read_again"),
        ]
    )
'''

DATASET = '''\
"""A dataset of the project, which has its place under a name of its own."""

from pathlib import Path

from kedro.io import AbstractDataset


class Note(AbstractDataset):
    """A text at a place."""

    def __init__(self, at: str) -> None:
        self._kept_at = Path(at)

    def load(self) -> str:
        return self._kept_at.read_text()

    def save(self, data: str) -> None:
        self._kept_at.parent.mkdir(parents=True, exist_ok=True)
        self._kept_at.write_text(data)

    def _describe(self) -> dict:
        return {"at": self._kept_at}
'''

CATALOG = """
cached:
  type: CachedDataset
  dataset: {{type: pandas.CSVDataset, filepath: data/01_raw/places/cached.csv}}
own:
  type: winery.note.Note
  at: data/01_raw/places/own.txt
up:
  type: text.TextDataset
  filepath: data/../../beside.txt
ignored:
  type: text.TextDataset
  filepath: conf/base/ignored.csv
parts:
  type: partitions.PartitionedDataset
  path: {outside}/parts
  dataset: pandas.CSVDataset
news:
  type: partitions.IncrementalDataset
  path: {outside}/news
  dataset: pandas.CSVDataset
reading:
  type: json.JSONDataset
  filepath: data/08_reporting/places/reading.json
own_out:
  type: winery.note.Note
  at: {outside}/own_out.txt
own_again:
  type: text.TextDataset
  filepath: {outside}/own_out.txt
live@one:
  type: pandas.ParquetDataset
  filepath: {outside}/live.parquet
live@two:
  type: polars.EagerPolarsDataset
  file_format: parquet
  filepath: {outside}/live.parquet
versions:
  type: text.TextDataset
  filepath: data/08_reporting/places/versions.txt
  versioned: true
parts_out:
  type: partitions.PartitionedDataset
  path: {outside}/parts_out
  dataset: pandas.CSVDataset
again:
  type: json.JSONDataset
  filepath: data/08_reporting/places/again.json
"""

SETTINGS = """
import os
import time

os.environ["OF_SETTINGS"] = "then"
CONFIG_LOADER_ARGS["custom_resolvers"] |= {
    "now": lambda: str(time.time()),
    "lab": lambda: os.environ["LAB"],
}
"""

# As a notebook or a server does it: no command line, no runner.
RUN = """
import sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

project = Path(sys.argv[1])
bootstrap_project(project)
with KedroSession.create(project) as session:
    session.run(pipeline_names=["places"])
"""


def rows(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"a": values})


def run(project: Project) -> str:
    """Run the pipeline from Python and give the id."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(project.path)],
        cwd=project.path,
        env={**project.environment, "LAB": "Basel"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    newest = max(
        (project.path / "mlartifacts").glob("*/artifacts/lakeproof/record.json"),
        key=lambda path: path.stat().st_mtime_ns,
    )
    return newest.parents[2].name


@pytest.fixture(scope="module")
def scattered(make_project, tmp_path_factory) -> tuple[Project, Path]:
    """A project whose catalog leads everywhere."""
    project = make_project("places")
    outside = tmp_path_factory.mktemp("scattered")
    raw = project.path / "data/01_raw/places"
    for folder in (raw, outside / "parts", outside / "news"):
        folder.mkdir(parents=True)
    rows(1, 2).to_csv(raw / "cached.csv", index=False)
    (raw / "own.txt").write_text("own")
    (raw / "lookup.txt").write_text("lookup")
    (project.path.parent / "beside.txt").write_text("beside")
    (project.path / "conf/base/ignored.csv").write_text("ignored")
    with (project.path / ".gitignore").open("a") as ignored:
        ignored.write("\nconf/base/ignored.csv\ndata/01_raw/places/\n")
    for name in ("parts", "news"):
        for number in (1, 2):
            rows(number).to_csv(outside / name / f"{number}.csv", index=False)
    add_pipeline(project, "places", NODES)
    (project.path / "src/winery/note.py").write_text(DATASET)
    catalog = project.path / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text() + CATALOG.format(outside=outside))
    (project.path / "conf/base/parameters_places.yml").write_text(
        "places: {since: '${lab:}', drawn: '${now:}'}\n"
    )
    with (project.path / "src/winery/settings.py").open("a") as settings:
        settings.write(SETTINGS)
    commit_all(project)
    return project, outside


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_run_is_had_again_wherever_its_catalog_leads(scattered):
    """A second run from Python, after a checkpoint; then files came, moved on and were changed."""
    project, outside = scattered
    run(project)
    assert (outside / "news/CHECKPOINT").read_text() == "2.csv"
    rows(3).to_csv(outside / "news/3.csv", index=False)
    second = run(project)
    assert (outside / "news/CHECKPOINT").read_text() == "3.csv"
    record = record_of(project, second)
    assert record["run"]["options"] == {"pipelines": "places"}
    rows(4).to_csv(outside / "parts/4.csv", index=False)
    rows(4).to_csv(outside / "news/4.csv", index=False)
    rows(7).to_parquet(outside / "live.parquet")
    (outside / "own_out.txt").write_text("today's")
    edit(project.path / "src/winery/settings.py", '"then"', '"today"')
    around = (outside, project.path.parent / "beside.txt")
    before = belongings(project, outside)
    verdict = repeat(project, second)
    assert verdict.counting() == {
        f"file {name}": "same"
        for name in ("reading", "own_out", "live@one", "versions", "parts_out", "again")
    }
    assert only_a_run_is_new(project, before, verdict.document["rerun_id"], outside)
    rerun = record_of(project, verdict.document["rerun_id"])
    for section in ("inputs", "outputs"):
        paths = [
            [file["path"] for file in one[section]["files"] if file["dataset"] != "versions"]
            for one in (record, rerun)
        ]
        assert paths[0] == paths[1]
    assert around[1].read_text() == "beside"
