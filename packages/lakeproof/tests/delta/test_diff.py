"""What differs between two versions: every row and value that does, and none that does not."""

import datetime as dt
import math
import random
from collections import Counter
from decimal import Decimal

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.diff import compare_rows, row_words
from lakeproof.delta.diff.compare_rows import diff
from lakeproof.delta.diff.table_diff import SchemaChange, TableDiff


@pytest.fixture
def differing(tmp_path):
    """Give what differs between two frames that a table held one after the other."""

    def compared(first: pl.DataFrame, second: pl.DataFrame, key=("id",), **save_args) -> TableDiff:
        args = {"skip_unchanged": False, "schema_mode": "overwrite", **save_args}
        table = DeltaTable(filepath=str(tmp_path / "t"), save_args=args)
        table.save(first)
        table.save(second)
        return diff(table.open(0), table.open(1), key)

    return compared


def counts(found: TableDiff) -> tuple[int, int, int]:
    return found.added, found.removed, found.changed


def values(found: TableDiff) -> dict[str, list[tuple]]:
    return {
        one.name: [(*first.key.values(), first.a, first.b) for first in one.first]
        for one in found.columns
    }


def test_rows_are_told_apart_by_their_key(differing):
    """Added, removed, changed; of each column how many and the first by key."""
    first = pl.DataFrame({"id": [1, 2, 3, 4], "x": [1.0, 2.0, 3.0, 4.0], "y": ["a", "b", "c", "d"]})
    second = pl.DataFrame(
        {"id": [5, 4, 3, 2], "x": [5.0, 4.0, 3.5, 2.5], "y": ["e", "d", "c", None]}
    )
    found = differing(first, second)
    assert (found.compared_by, found.key, found.is_same) == ("key", ("id",), False)
    assert counts(found) == (1, 1, 2)
    assert values(found) == {"x": [(2, 2.0, 2.5), (3, 3.0, 3.5)], "y": [(2, "b", None)]}
    assert found.first_added == ({"id": 5, "x": 5.0, "y": "e"},)
    assert found.first_removed == ({"id": 1, "x": 1.0, "y": "a"},)


@pytest.mark.parametrize(
    ("a", "b", "changed"),
    [
        ([0.0], [-0.0], 1),
        ([math.nan], [math.nan], 0),
        ([None], [math.nan], 1),
        ([""], [None], 1),
        (["é"], ["e\u0301"], 1),
        ([b"\0"], [b""], 1),
        ([[1, 2]], [[2, 1]], 1),
        ([[1]], [[None]], 1),
        ([{"p": 0.0}], [{"p": -0.0}], 1),
        ([Decimal("1.10")], [Decimal("1.11")], 1),
        ([True], [False], 1),
        ([dt.date(1, 1, 1)], [dt.date(9999, 1, 1)], 1),
        ([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], 0),
    ],
)
def test_values_are_equal_where_the_digest_is(differing, a, b, changed):
    """To the bit, of every type."""
    schema = {"id": pl.Int64, "x": pl.Series(a if a != [None] else b).dtype}
    first, second = (pl.DataFrame({"id": [1], "x": x}, schema=schema) for x in (a, b))
    found = differing(first, second)
    assert counts(found) == (0, 0, changed)
    assert len(found.columns) == changed


def test_without_a_key_rows_are_counted(differing):
    """As often as each is there."""
    first = pl.DataFrame({"x": [1, 1, 2, 3]})
    second = pl.DataFrame({"x": [1, 2, 2, 4]})
    found = differing(first, second, key=())
    assert (found.compared_by, found.reason) == ("content", None)
    assert counts(found) == (2, 2, 0)
    assert found.first_added == ({"x": 2}, {"x": 4})
    assert found.first_removed == ({"x": 1}, {"x": 3})


@pytest.mark.parametrize("repeated", [[1, 1], [1, 2]])
def test_a_key_that_is_there_more_than_once_is_none(differing, repeated):
    """It is said, and whole rows are compared."""
    first = pl.DataFrame({"id": [7, 7], "x": [1, 1]})
    found = differing(first, pl.DataFrame({"id": [7, 7], "x": [2, repeated[1]]}))
    assert found.compared_by == "content"
    assert "more than once" in (found.reason or "")
    assert found.added == 3 - repeated.count(1)


def test_of_rows_that_are_there_twice_one_that_goes_is_no_key_that_goes(differing):
    """However the rows lie: the key is still there."""
    twice = pl.DataFrame({"id": [7, 7, 1], "x": [1, 1, 1]})
    for once in ({"id": [7, 1], "x": [1, 1]}, {"id": [1, 7], "x": [1, 1]}):
        found = differing(twice, pl.DataFrame(once))
        assert (found.compared_by, counts(found)) == ("content", (0, 1, 0))
        assert "more than once" in (found.reason or "")


def test_columns_that_come_go_or_become_another_type_are_said(differing):
    """Rows are compared by those that both have, and a wider type of the same value is the same."""
    first = pl.DataFrame({"id": [1], "n": pl.Series([1], dtype=pl.Int32), "old": ["o"]})
    second = pl.DataFrame({"id": [1], "n": pl.Series([1], dtype=pl.Int64), "new": [0.5]})
    found = differing(first, second)
    assert counts(found) == (0, 0, 0)
    assert not found.is_same
    assert found.schema_changes == (
        SchemaChange("n", "integer", "long"),
        SchemaChange("old", "string", None),
        SchemaChange("new", None, "double"),
    )


def test_a_key_that_one_version_lacks_is_none(differing):
    """It is said which column."""
    found = differing(pl.DataFrame({"id": [1], "x": [1]}), pl.DataFrame({"x": [1]}))
    assert (found.compared_by, counts(found)) == ("content", (0, 0, 0))
    assert "'id'" in (found.reason or "")


def test_a_missing_key_is_a_key(differing):
    """Of a table that was made elsewhere."""
    first = pl.DataFrame({"id": ["a", None], "x": [1, 2]})
    found = differing(first, pl.DataFrame({"id": ["a", None], "x": [1, 3]}))
    assert values(found) == {"x": [(None, 2, 3)]}


def test_other_files_of_the_same_rows_are_no_difference(tmp_path):
    """A compaction changes none."""
    table = DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args={"mode": "append"})
    for number in range(4):
        table.save(pl.DataFrame({"id": [number]}))
    deltalake.DeltaTable(str(tmp_path / "t")).optimize.compact()
    assert diff(table.open(3), table.open(4), ("id",)).is_same


@pytest.mark.parametrize("partition_by", [[], ["city"]])
def test_files_that_both_versions_have_are_not_read(tmp_path, partition_by):
    """Though they were gone."""
    save_args = {"mode": "append", "partition_by": partition_by}
    table = DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args=save_args)
    table.save(pl.DataFrame({"id": [1], "city": ["Zürich"]}))
    (common,) = (tmp_path / "t").rglob("part-*.parquet")
    table.save(pl.DataFrame({"id": [2], "city": ["a b"]}))
    common.unlink()
    found = diff(table.open(0), table.open(1), ("id",))
    assert counts(found) == (1, 0, 0)
    assert found.first_added == ({"id": 2, "city": "a b"},)
    assert counts(diff(table.open(1), table.open(0), ("id",))) == (0, 1, 0)


@pytest.mark.parametrize("key", [("id",), ("name", "id"), ()])
@pytest.mark.parametrize("is_small", [False, True])
def test_it_finds_what_a_plain_comparison_finds(differing, monkeypatch, key, is_small):
    """In one part, and in many that wait on the disk."""
    if is_small:
        monkeypatch.setattr(row_words, "_PART_ROWS", 300)
        monkeypatch.setattr(row_words, "_CHUNK", 100)
        monkeypatch.setattr(compare_rows, "_MOST_HELD", 50)
    chance = random.Random(5)
    first = {number: chance.choice([None, 0.0, -0.0, 1.5]) for number in range(2000)}
    second = {number: x for number, x in first.items() if chance.random() > 0.1}
    second |= {number: chance.choice([0.0, 7.0]) for number in range(1950, 2100)}

    def frame(rows: dict) -> pl.DataFrame:
        numbers = list(rows)
        chance.shuffle(numbers)
        names = [f"n{number % 7}" for number in numbers]
        return pl.DataFrame({"id": numbers, "name": names, "x": [rows[n] for n in numbers]})

    def text(rows: dict) -> Counter:
        return Counter((number, repr(x)) for number, x in rows.items())

    found = differing(frame(first), frame(second), key=key)
    added, removed = second.keys() - first.keys(), first.keys() - second.keys()
    changed = {n for n in first.keys() & second.keys() if repr(first[n]) != repr(second[n])}
    if key:
        assert counts(found) == (len(added), len(removed), len(changed))
        assert [one.changed for one in found.columns] == [len(changed)]
        assert [one.key["id"] for one in found.columns[0].first if key == ("id",)] == (
            sorted(changed)[:3] if key == ("id",) else []
        )
        if key == ("id",):
            assert [row["id"] for row in found.first_added] == sorted(added)[:3]
    else:
        more = text(second) - text(first), text(first) - text(second)
        assert counts(found) == (more[0].total(), more[1].total(), 0)
