"""`kedro history`: what it tells of whose commits, and when it cannot."""

import json
from functools import partial

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.log.commit_metadata import Taken
from lakeproof.delta.write.engine import note_of
from lakeproof.versioned.run_tables import RunTables

from .conftest import CATALOG

KEYS = [
    "version",
    "timestamp",
    "operation",
    "rows",
    "run_id",
    "git_commit",
    "node",
    "delivery",
    "digest",
]
RUN_ID, COMMIT = "3f9c2a7be1c44d0f8a6f0c2d9b7e5a10", "0123456789" * 4


def facts(lakehouse, *args):
    return lakehouse.json("history", *args)["versions"]


def test_json_has_the_keys_of_the_contract_in_their_order(lakehouse):
    """Newest first; what is not known is null."""
    found = lakehouse.json("history", "samples")
    assert list(found) == ["schema", "table", "uri", "table_id", "versions"]
    assert found["schema"] == 1
    assert found["table"] == "samples"
    assert found["uri"] == str(lakehouse.path / "data/wine/samples")
    assert found["table_id"] == lakehouse.table("samples").resolve().table_id
    assert [list(one) for one in found["versions"]] == [KEYS] * 3
    assert [(one["version"], one["rows"]) for one in found["versions"]] == [(2, 3), (1, 2), (0, 1)]
    assert found["versions"][0]["run_id"] is None


def test_a_commit_tells_the_run_the_code_and_the_node_that_made_it(lakehouse, monkeypatch):
    """In full in JSON, in eight characters for people."""
    run = RunTables(git_commit=COMMIT, nodes={"samples": "clean"}, run_id=RUN_ID)
    table = lakehouse.table("samples")
    table.join(run)
    noted = partial(note_of, delivery=Taken("red.csv", "0" * 64))
    monkeypatch.setattr("lakeproof.delta.table_save.note_of", noted)
    table.save(pl.DataFrame({"id": ["n"]}))
    newest = facts(lakehouse, "samples")[0]
    assert [newest[key] for key in KEYS[4:8]] == [RUN_ID, COMMIT, "clean", "red.csv"]
    assert newest["digest"].startswith("rs1:")
    line = lakehouse.run("history", "samples").stdout.splitlines()[2]
    assert line.split()[-5:] == ["1", RUN_ID[:8], COMMIT[:8], "clean", "red.csv"]


def test_rows_of_commits_that_others_made_are_counted(empty):
    """Appends, overwrites, deletions and compactions; with a limit too, and after a checkpoint."""
    uri = str(empty.path / "data/wine/samples")
    for count, mode in ((2, "append"), (3, "append"), (1, "overwrite"), (4, "append")):
        frame = pl.DataFrame({"id": range(count), "part": ["a b%"] * count})
        deltalake.write_deltalake(uri, frame.to_arrow(), mode=mode, partition_by=["part"])
    table = deltalake.DeltaTable(uri)
    table.optimize.compact()
    table.delete("id = 3")
    assert [one["rows"] for one in facts(empty, "samples")] == [4, 5, 5, 1, 5, 2]
    assert [one["rows"] for one in facts(empty, "samples", "--limit", "2")] == [4, 5]
    deltalake.DeltaTable(uri, version=3).create_checkpoint()
    for version in (0, 1):
        (empty.path / f"data/wine/samples/_delta_log/{version:020d}.json").unlink()
    assert [one["rows"] for one in facts(empty, "samples")] == [4, 5, 5, None]


def test_rows_are_null_where_a_file_has_no_statistics(empty):
    """Nothing is not zero."""
    uri = empty.path / "data/wine/samples"
    deltalake.write_deltalake(str(uri), pl.DataFrame({"id": ["a"]}).to_arrow())
    first = uri / "_delta_log" / f"{0:020d}.json"
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    add = next(line["add"] for line in lines if "add" in line)
    later = [{"add": {**add, "path": "b.parquet", "stats": None}}, lines[0]]
    (first.parent / f"{1:020d}.json").write_text("\n".join(map(json.dumps, later)))
    assert [one["rows"] for one in facts(empty, "samples")] == [None, 1]


def test_a_limit_shows_the_newest_and_says_so(lakehouse):
    """And none below one is taken."""
    text = lakehouse.run("history", "samples", "--limit", "2").stdout
    assert text.splitlines()[-1] == "Older versions are not shown; leave out --limit to see all."
    assert [one["version"] for one in facts(lakehouse, "samples", "--limit", "2")] == [2, 1]
    assert "not shown" not in lakehouse.run("history", "samples", "--limit", "3").stdout
    assert "range x>=1" in lakehouse.run("history", "samples", "--limit", "0", code=2).stderr


@pytest.mark.parametrize(
    ("pin", "marked", "said"),
    [
        ("{}", [], "-"),
        ("{version: 0}", ["0"], "* what a run reads: version 0 (the catalog)"),
        ("{timestamp: 2126-01-31}", ["2"], "* what a run reads: the version as of 2126-01-31"),
        ("{version: 9}", [], "A run reads version 9 (the catalog), which is not among these."),
        ("{timestamp: 1999-12-31}", [], "which is not among these."),
        ("{version: new}", [], "load_args.version of table 'samples' is 'new'"),
    ],
)
def test_the_version_that_the_catalog_pins_is_marked(lakehouse, pin, marked, said):
    """A pin of no readable version does not hide the versions that can."""
    entry = f"  key: id\n  load_args: {pin}\n"
    lakehouse.write("conf/base/catalog.yml", CATALOG.replace("  key: id\n", entry))
    lines = lakehouse.run("history", "samples").stdout.splitlines()
    assert [line.split()[1] for line in lines[2:5] if line.startswith("*")] == marked
    assert said in lines[-1]


def test_a_table_that_a_dataset_factory_makes_has_a_history(lakehouse):
    """Its name is in no file."""
    entry = '"{name}_delta": {type: lakeproof.delta.DeltaTable, filepath: "data/wine/{name}"}\n'
    lakehouse.write("conf/base/catalog.yml", CATALOG + entry)
    assert [one["version"] for one in facts(lakehouse, "samples_delta")] == [2, 1, 0]


def test_another_environment_is_another_table(lakehouse):
    """The name is the same."""
    DeltaTable(filepath=str(lakehouse.path / "data/other/samples")).save(pl.DataFrame({"id": [1]}))
    assert [one["version"] for one in facts(lakehouse, "samples", "--env", "other")] == [0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "sampels",
            "has no 'sampels'. Did you mean 'samples'? Tables with versions: samples, features.",
        ),
        ("zzz", "has no 'zzz'. Tables with versions: samples, features."),
        ("report", "'report' is a MemoryDataset in the catalog of environment 'local'"),
        ("samples", "Table 'samples' does not exist"),
        ("features", "'features' is not a Delta table"),
    ],
)
def test_what_has_no_history_is_refused_in_a_sentence(empty, name, said):
    """With the names that there are."""
    (empty.path / "data/wine/features").mkdir(parents=True)
    done = empty.run("history", name, code=2)
    assert done.stdout == ""
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
