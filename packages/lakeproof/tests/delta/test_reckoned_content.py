"""What a commit says of the whole table is reckoned, not read again: it must be what is there."""

import json

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.versioned.run_tables import RunTables


@pytest.fixture
def table(make_table, make_other):
    """Give entries of a table of three rows, in the mode that is asked for."""

    def make(mode: str, **save_args) -> DeltaTable:
        return make_table("t", key="k", save_args={"mode": mode, **save_args})

    make_other("t", key="k").save(
        pl.DataFrame({"k": ["a", "b", "c"], "x": [0.0, 1.5, None], "n": [1, 2, 3]})
    )
    return make


def assert_believed(table: DeltaTable) -> None:
    opened = table.resolve()
    assert stored_digest(opened) == compute_digest(opened)


def test_an_append_adds_to_what_was_there(table):
    """Also with the columns in another order."""
    appended = table("append")
    appended.save(pl.DataFrame({"n": [4], "x": [float("nan")], "k": ["d"]}))
    assert_believed(appended)
    assert appended.resolve().version == 1


def test_a_merge_takes_away_what_it_replaces(table):
    """A changed row, an equal one, a new one; a zero that only changes its sign."""
    merged = table("merge")
    merged.save(pl.DataFrame({"k": ["a", "b", "d"], "x": [-0.0, 1.5, 7.0], "n": [1, 2, 4]}))
    assert_believed(merged)
    assert merged.resolve().rows() == 4


def test_a_merge_that_changes_nothing_says_nothing_new(table):
    """There is no commit, so nothing can be wrong."""
    merged = table("merge")
    merged.save(pl.DataFrame({"k": ["a"], "x": [0.0], "n": [1]}))
    assert merged.resolve().version == 0
    assert_believed(merged)


def test_a_delete_takes_rows_away(table):
    """Only those that are there."""
    deleted = table("delete")
    deleted.save(pl.DataFrame({"k": ["b", "no such key"]}))
    assert_believed(deleted)
    assert deleted.resolve().rows() == 2


@pytest.mark.slow
def test_a_table_that_holds_a_key_twice_is_not_reckoned(table):
    """Two rows give way to one."""
    table("append").save(pl.DataFrame({"k": ["a"], "x": [9.0], "n": [9]}))
    merged = table("merge")
    merged.save(pl.DataFrame({"k": ["a"], "x": [5.0], "n": [5]}))
    assert stored_digest(merged.resolve()) is None


@pytest.mark.slow
def test_a_new_column_is_not_reckoned(table):
    """Every row is another one with it."""
    merged = table("merge", schema_mode="merge")
    merged.save(pl.DataFrame({"k": ["a"], "x": [0.0], "n": [1], "new": [1]}))
    assert stored_digest(merged.resolve()) is None


def test_what_was_reckoned_on_another_version_is_not_believed(table, tmp_path):
    """In an object store nothing locks: somebody's commit may come between reading and writing."""
    log = tmp_path / "t" / "_delta_log"
    table("append").save(pl.DataFrame({"k": ["d"], "x": [1.0], "n": [1]}))
    ours = log / f"{1:020d}.json"
    ours.rename(log / f"{2:020d}.json")
    deltalake.DeltaTable(str(tmp_path / "t"), version=0)
    foreign = [
        {"commitInfo": {"timestamp": 1, "operation": "WRITE"}},
    ]
    ours.write_text("\n".join(map(json.dumps, foreign)))
    opened = table("append").resolve()
    assert opened.version == 2
    assert stored_digest(opened) is None


def given(table: DeltaTable, rows: pl.DataFrame) -> str:
    """What a run knows of the rows that it handed over."""
    run = RunTables()
    table.join(run)
    table.save(rows)
    return str(run.uses[-1].given)


def test_rows_that_are_there_already_are_told_from_others_that_are(table):
    """Both leave the table as it is; a node that gave other ones is another node."""
    merged = table("merge")
    one = pl.DataFrame({"k": ["a"], "x": [0.0], "n": [1]})
    other = pl.DataFrame({"k": ["b"], "x": [1.5], "n": [2]})
    assert given(merged, one) == given(merged, one) != given(merged, other)
    deleted = table("delete")
    assert given(deleted, pl.DataFrame({"k": ["z"]})) != given(deleted, pl.DataFrame({"k": ["y"]}))
    assert merged.resolve().version == 0
