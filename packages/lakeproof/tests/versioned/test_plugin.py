"""A table format of somebody else's: pinned, recorded, reproduced, never written by a re-run."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from conftest import REPOSITORY, Project
from lakeproof.commands import check, history
from lakeproof.commands.catalog import open_catalog
from lakeproof.commands.project import RunProject
from lakeproof.commands.reproduce import Wish, reproduce
from lakeproof.errors import PinError
from lakeproof.record.facts import Record
from small import SmallProject, in_small_project

PLUGIN = REPOSITORY / "packages/test-plugin"
MODULE = PLUGIN / "src/lakeproof_test_plugin/__init__.py"
REGISTRY = """
from kedro.pipeline import node, pipeline


def double_prices(prices):
    return prices.assign(price=prices["price"] * 2)


def add_up(doubled):
    return {"total": float(doubled["price"].sum())}


def register_pipelines():
    nodes = [
        node(double_prices, "prices", "doubled", name="double_prices"),
        node(add_up, "doubled", "total", name="add_up"),
    ]
    return {"__default__": pipeline(nodes)}
"""
CATALOG = """
prices: {type: lakeproof_test_plugin.CsvVersions, filepath: data/prices}
doubled: {type: lakeproof_test_plugin.CsvVersions, filepath: data/doubled}
total: {type: json.JSONDataset, filepath: data/total.json}
"""
FILES = {
    "src/small_project/pipeline_registry.py": REGISTRY,
    "conf/base/catalog.yml": CATALOG,
}


def put_prices(project: Path, *prices: float) -> None:
    """Add a version of the table that the pipeline reads, by hand, as its owner may."""
    folder = project / "data/prices"
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("*.csv")))
    frame = pd.DataFrame({"day": range(len(prices)), "price": prices})
    frame.to_csv(folder / f"{number:08d}.csv", index=False)


def contents(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


# Kedro and kedro-mlflow, of what they import; `SmallProject.run` is deaf to it, too.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project that has the plugin's module among its own."""
    with in_small_project(tmp_path / "small") as small:
        small.write({**FILES, "src/lakeproof_test_plugin/__init__.py": MODULE.read_text()})
        put_prices(small.path, 0.1, 0.2)
        put_prices(small.path, 1.0, 2.0, 3.0)
        yield small
        monkeypatch.delitem(sys.modules, "lakeproof_test_plugin", raising=False)


def run(project: SmallProject, **arguments) -> Record:
    """Run it and give its record."""
    project.run(None, **arguments)
    return project.record()


def assert_same(comparison) -> None:
    """Nothing of it is another but the process that recorded, which is that of the tests."""
    assert comparison.missing == ()
    assert {one.verdict for one in comparison.artifacts} == {"same"}
    of_tables = ("data:", "version:", "table id:")
    assert not [one for one in comparison.factors if one.factor.startswith(of_tables)]
    assert comparison.verdict in ("REPEATED", "REPRODUCED")


def again(project: SmallProject):
    """Have the newest recorded run again; nothing of the user's tables may change."""
    before = contents(project.path / "data")
    comparison = reproduce(RunProject(None, None), Wish("last"), print)
    assert contents(project.path / "data") == before
    return comparison


@pytest.mark.slow
def test_a_pinned_version_is_read_recorded_and_had_again(project):
    """In a process of its own, whose table is a copy: the user's has no new version."""
    record = run(project, load_versions={"prices": "0"})
    (read, doubled) = record.inputs.tables
    assert (read.dataset, read.version, read.pin) == ("prices", 0, "--load-versions")
    assert (doubled.version, doubled.is_own) == (0, True)
    assert (read.rows, dict(read.columns)) == (2, {"day": "int64", "price": "float64"})
    assert read.uri == "data/prices"
    (written,) = record.outputs.tables
    assert (written.version, written.started_at, written.written) == (0, None, True)
    put_prices(project.path, 7.0)
    run(project)
    # Two versions more of what it read, one of what it wrote.
    ids = [one.info.run_id for one in project.mlflow_runs]
    before = contents(project.path / "data")
    comparison = reproduce(RunProject(None, None), Wish(ids[1]), print)
    assert_same(comparison)
    tables = [one for one in comparison.artifacts if one.kind == "table"]
    assert [(one.name, one.verdict, one.expected) for one in tables] == [
        ("doubled", "same", written.digest)
    ]
    assert contents(project.path / "data") == before


@pytest.mark.slow
def test_a_run_that_wrote_upon_older_versions_starts_from_them(project):
    """Version numbers and the table's id are as they were."""
    run(project, load_versions={"prices": "0"})
    record = run(project)
    (written,) = record.outputs.tables
    assert (written.version, written.started_at) == (1, 0)
    comparison = again(project)
    assert_same(comparison)
    rerun = project.record()
    assert rerun.run.reproduces == record.run.run_id
    assert rerun.outputs.tables[0].version == 1
    assert rerun.outputs.tables[0].table_id == written.table_id


@pytest.mark.slow
def test_a_content_that_is_there_already_is_no_new_version(project):
    """As with a Delta table, and the record says so."""
    run(project)
    (written,) = run(project).outputs.tables
    assert (written.version, written.written) == (0, False)
    assert [one.name for one in (project.path / "data/doubled").glob("*.csv")] == ["00000000.csv"]


@pytest.mark.slow
def test_a_version_that_is_gone_is_named(project):
    """By `check`, and by a re-run that never begins."""
    run(project)
    (project.path / "data/prices/00000001.csv").unlink()
    gone = "Table 'prices' has no version 1: there are versions 0."
    (checked,) = check.gather(RunProject(None, None), ["last"], is_all=False)
    assert [one[: len(gone)] for one in checked.missing] == [gone]
    comparison = again(project)
    assert comparison.verdict == "INCONCLUSIVE"
    assert comparison.missing[0].startswith(gone)


@pytest.mark.slow
def test_a_table_that_the_catalog_names_no_more_is_looked_for_as_delta(project):
    """The record does not say its format; the sentence says what to put back."""
    run(project)
    rest = [line for line in CATALOG.splitlines() if not line.startswith("prices")]
    project.write({"conf/base/catalog.yml": "\n".join(rest)})
    (checked,) = check.gather(RunProject(None, None), ["last"], is_all=False)
    assert [sentence.partition(": ")[0] for sentence in checked.missing] == [
        "'prices' is not a Delta table"
    ]
    assert "Today's catalog names no table 'prices'" in checked.missing[0]


@pytest.mark.slow
def test_a_version_with_another_content_is_no_rerun(project):
    """Both digests are said, and nothing is run."""
    (read, _) = run(project).inputs.tables
    file = project.path / "data/prices/00000001.csv"
    file.write_text(file.read_text().replace("3.0", "4.0"))
    comparison = again(project)
    assert comparison.verdict == "INCONCLUSIVE"
    assert f"recorded {read.digest}" in comparison.missing[0]


def test_a_pin_that_cannot_be_had_ends_the_run_before_it_begins(project):
    """As with a Delta table."""
    with pytest.raises(PinError, match=r"'prices' has no version 7: there are versions 0 to 1"):
        run(project, load_versions={"prices": "7"})
    assert not (project.path / "data/doubled").exists()


def test_the_commands_know_its_tables(project):
    """`kedro history` lists its versions, and completion and hints its names."""
    catalog = open_catalog(None, None)
    assert catalog.table_names() == ["prices", "doubled"]
    found = history.gather(catalog, "prices")
    assert [one.version for one in found.versions] == [1, 0]


@pytest.mark.slow
def test_it_is_had_again_where_it_is_installed(tmp_path):
    """As a distribution of its own that Lakeproof knows nothing of, by whole commands."""
    with in_small_project(tmp_path / "small") as small:
        small.write(FILES)
        put_prices(small.path, 0.1, 0.2)
    project = Project(small.path).by(_environment_with_plugin(tmp_path / "environment"))
    recorded = project.kedro("run", "--load-versions", "prices:0")
    before = contents(project.path / "data")
    # Kedro's own first log line goes to standard output where a project has no logging.yml.
    verdict, record = tmp_path / "verdict.json", tmp_path / "record.json"
    asked = (recorded.run_id, "--json", "--output")
    project.kedro("reproduce", *asked, str(verdict))
    assert json.loads(verdict.read_text())["verdict"] == "REPEATED"
    assert contents(project.path / "data") == before
    project.kedro("show", *asked, str(record))
    environment = json.loads(record.read_text())["environment"]
    assert "lakeproof-test-plugin" in [one["name"] for one in environment["distributions"]]


def _environment_with_plugin(folder: Path) -> Path:
    from proof.parts import make_environment

    python = make_environment(folder, folder)
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python]
    subprocess.run([*command, PLUGIN], check=True)
    return python
