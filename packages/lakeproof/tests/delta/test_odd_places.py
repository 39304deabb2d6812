"""Folders and columns of odd names: right, or refused in a sentence that names them."""

import json

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from elsewhere import relaid
from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError, SchemaError, TableError

ROWS = pl.DataFrame({"id": ["a", "b", "ü"], "city": ["Zürich", "a b", None], "x": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize("partition_by", [[], ["city"]])
@pytest.mark.parametrize(
    "name", ["a b", "Müller", "50%", "what?", "#1", "env=prod", "*", "{x}", "😀"]
)
def test_a_folder_may_be_called_almost_anything(tmp_path, name, partition_by):
    """The table's own, and those above it."""
    entry = {"filepath": str(tmp_path / name / name), "key": "id"}
    for mode, rows in (
        ("overwrite", ROWS),
        ("merge", ROWS.with_columns(x=pl.col("x") + 1)),
        ("delete", ROWS.head(1).select("id")),
        ("append", ROWS.head(1)),
    ):
        save_args = {"mode": mode, "partition_by": partition_by}
        DeltaTable(**entry, save_args=save_args).save(rows)
    table = DeltaTable(**entry)
    found = table.load().select("id", "x").sort("id").collect().rows()
    assert found == [("a", 1.0), ("b", 3.0), ("ü", 4.0)]
    assert DeltaTable(**entry, load_args={"version": 0}).load().collect().height == 3
    assert {path.name for path in (tmp_path / name).iterdir()} == {name, f".{name}.lock"}


@pytest.mark.parametrize("name", ["a%20b", "[c]", "a\\b", "a|b", "a^b", "tab\tx"])
def test_what_delta_rs_would_look_for_elsewhere_is_refused(tmp_path, name):
    """Before a run, a load and a save; it falls over at some of them."""
    table = DeltaTable(filepath=str(tmp_path / name / "t"))
    for touch in (table.check, table.load, lambda: table.save(ROWS)):
        with pytest.raises(TableError, match="delta-rs finds no table below a folder with"):
            touch()
    assert not (tmp_path / name / "t").exists()


@pytest.mark.parametrize("name", ["h#1", "q?1", "a b", "c%20d", "ü", "{a}", "[x]"])
def test_so_is_an_address_of_a_store_that_it_makes_another_of(name):
    """Two tables whose names differ behind a `#` were one; no store is asked."""
    table = DeltaTable(filepath=f"s3://lake/{name}/t")
    for touch in (table.check, table.load, table.is_there, lambda: table.save(ROWS)):
        with pytest.raises(TableError, match="delta-rs looks for another place where an address"):
            touch()
    DeltaTable(filepath="s3://my.lake/a-b_c.d/x=1/t").check()


@pytest.mark.parametrize("name", ["*", "^x$"])
def test_a_column_by_which_polars_means_several_is_refused(tmp_path, name):
    """The table is as it was."""
    with pytest.raises(SchemaError, match="means several columns"):
        DeltaTable(filepath=str(tmp_path / "t")).save(pl.DataFrame({"x": [1], name: [2]}))
    assert not (tmp_path / "t").exists()


def test_another_layout_is_an_overwrite_with_another_layout(tmp_path):
    """And none where the catalog asks for none."""
    entry = {"filepath": str(tmp_path / "t")}
    for partition_by, found in ([], []), (["city"], ["city"]), ([], ["city"]), (["id"], ["id"]):
        rows = ROWS.with_columns(x=pl.lit(len(found) + len(partition_by) + 0.5))
        save_args = {"partition_by": partition_by, "skip_unchanged": False}
        DeltaTable(**entry, save_args=save_args).save(rows)
        opened = DeltaTable(**entry).resolve()
        assert list(opened.table.metadata().partition_columns) == found
        assert opened.rows() == 3


def test_bytes_by_which_files_are_laid_out_are_refused(tmp_path):
    """delta-rs reads other bytes than it wrote."""
    rows = pa.table({"id": ["a"], "p": [b"a"]})
    deltalake.write_deltalake(str(tmp_path / "t"), rows, partition_by=["p"])
    with pytest.raises(TableError, match="'p' lays out its files and is binary"):
        DeltaTable(filepath=str(tmp_path / "t")).load()
    assert deltalake.DeltaTable(str(tmp_path / "t")).to_pyarrow_table()["p"].to_pylist() != [b"a"]


@pytest.mark.parametrize("mode", ["merge", "append", "overwrite"])
def test_a_layout_of_others_is_not_called_the_catalogs(tmp_path, mode):
    """What to do is another thing."""
    rows = pl.DataFrame({"id": ["a"], "p": [0.5]})
    deltalake.write_deltalake(str(tmp_path / "t"), rows.to_arrow(), partition_by=["p"])
    table = DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args={"mode": mode})
    with pytest.raises(SchemaError, match="made so elsewhere"):
        table.save(rows)


@pytest.mark.parametrize("scheme", ["", "file:", "file://"])
@pytest.mark.parametrize("mode", ["merge", "delete", "overwrite"])
def test_files_by_absolute_paths_are_named_and_none_of_their_rows_doubles(tmp_path, scheme, mode):
    """As a shallow clone has them."""
    rows = pl.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]})
    deltalake.write_deltalake(str(tmp_path / "source"), rows.to_arrow())
    deltalake.write_deltalake(str(tmp_path / "t"), rows.to_arrow())
    (file,) = (tmp_path / "source").glob("*.parquet")
    relaid(tmp_path / "t", lambda path, values: path)
    log = tmp_path / "t/_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            action["add"]["path"] = f"{scheme}{file}"
    log.write_text("".join(f"{json.dumps(action)}\n" for action in actions))
    table = DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args={"mode": mode})
    with pytest.raises(LakeproofError, match="shallow clone"):
        table.load()
    if mode == "overwrite":
        table.save(rows.head(1))
        assert table.load().collect().rows() == rows.head(1).rows()
    else:
        with pytest.raises(LakeproofError, match="shallow clone"):
            table.save(rows.head(1))
        assert table.open().version == 0
    assert file.exists()
