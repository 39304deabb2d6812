"""Somebody commits between what was read and what is written: it is decided anew, or refused."""

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.embedded.embedded_engine import _EmbeddedCommits
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.errors import TableError

OURS = pl.DataFrame({"k": ["b"], "v": [1.0]})
THEIRS = {"k": ["b"], "v": [2.0]}


@pytest.fixture
def entry(tmp_path):
    """A catalog entry of a table that is there."""
    found = {"filepath": str(tmp_path / "t"), "key": "k"}
    DeltaTable(**found).save(pl.DataFrame({"k": ["a"], "v": [0.0]}))
    return found


@pytest.fixture
def meanwhile(monkeypatch, tmp_path):
    """Have somebody without our lock commit rows just before one of our commits."""

    def others(kind: str, rows: dict, times: int = 1) -> list[int]:
        original, left = getattr(_EmbeddedCommits, kind), [times]

        def late(self, *args):
            if left[0]:
                left[0] -= 1
                deltalake.write_deltalake(str(tmp_path / "t"), pa.table(rows), mode="append")
            return original(self, *args)

        monkeypatch.setattr(_EmbeddedCommits, kind, late)
        return left

    return others


def held(entry: dict) -> list[tuple]:
    return sorted(DeltaTable(**entry).load().collect().rows())


def test_a_new_key_that_came_meanwhile_is_corrected_and_not_there_twice(entry, meanwhile):
    """A merge of new keys is an append, which delta-rs would put upon whatever came."""
    meanwhile("append", THEIRS)
    DeltaTable(**entry, save_args={"mode": "merge"}).save(OURS)
    assert held(entry) == [("a", 0.0), ("b", 1.0)]
    opened = DeltaTable(**entry).resolve()
    assert stored_digest(opened) in (None, compute_digest(opened))


def test_an_append_adds_to_what_came(entry, meanwhile):
    """Both are there, and the commit says what the table holds."""
    meanwhile("append", {"k": ["c"], "v": [3.0]}, times=2)
    DeltaTable(**entry, save_args={"mode": "append"}).save(OURS)
    assert held(entry) == [("a", 0.0), ("b", 1.0), ("c", 3.0), ("c", 3.0)]


def test_an_overwrite_leaves_nothing_of_what_came(entry, meanwhile):
    """The table is the frame; delta-rs would keep the rows of others."""
    meanwhile("overwrite", THEIRS)
    DeltaTable(**entry).save(OURS)
    assert held(entry) == [("b", 1.0)]
    opened = DeltaTable(**entry).resolve()
    assert stored_digest(opened) == compute_digest(opened)


@pytest.mark.parametrize("mode", ["merge", "append", "overwrite"])
def test_a_table_that_somebody_makes_meanwhile_is_written_to(tmp_path, meanwhile, mode):
    """As if it had been there."""
    entry = {"filepath": str(tmp_path / "t"), "key": "k"}
    meanwhile("create", THEIRS)
    DeltaTable(**entry, save_args={"mode": mode}).save(OURS)
    both = [("b", 1.0), ("b", 2.0)]
    assert held(entry) == (both if mode == "append" else [("b", 1.0)])


def test_who_is_slower_each_time_is_told(entry, meanwhile, monkeypatch):
    """In a sentence of ours; the rows are not there."""
    monkeypatch.setattr("lakeproof.delta.write.decision._LONGEST_PAUSE_SECONDS", 0)
    left = meanwhile("overwrite", THEIRS, times=1000)
    with pytest.raises(TableError, match="Others wrote to table 't' while rows"):
        DeltaTable(**entry).save(OURS)
    assert left[0] == 980
    assert ("b", 1.0) not in held(entry)


def test_an_error_that_is_no_lost_race_is_not_tried_again(entry, monkeypatch):
    """It would come again."""
    calls = []

    def fails(self, *args):
        calls.append(1)
        raise deltalake.exceptions.DeltaError("the disk is full")

    monkeypatch.setattr(_EmbeddedCommits, "overwrite", fails)
    with pytest.raises(Exception, match="the disk is full"):
        DeltaTable(**entry).save(OURS)
    assert calls == [1]
