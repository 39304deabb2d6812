"""What a commit says of the whole table is reckoned, not read again: it must be what is there."""

import json
from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.read import versions
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.digest import digest_table
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


@pytest.mark.slow_on_spark
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


@pytest.mark.slow_on_spark
def test_a_delete_takes_rows_away(table):
    """Only those that are there."""
    deleted = table("delete")
    deleted.save(pl.DataFrame({"k": ["b", "no such key"]}))
    assert_believed(deleted)
    assert deleted.resolve().rows() == 2


@pytest.mark.slow
@pytest.mark.spark_sample
def test_a_table_that_holds_a_key_twice_is_not_reckoned(table):
    """Two rows give way to one."""
    table("append").save(pl.DataFrame({"k": ["a"], "x": [9.0], "n": [9]}))
    merged = table("merge")
    merged.save(pl.DataFrame({"k": ["a"], "x": [5.0], "n": [5]}))
    assert stored_digest(merged.resolve()) is None


@pytest.mark.slow
@pytest.mark.spark_sample
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


@pytest.mark.spark_sample
def test_rows_that_are_there_already_are_told_from_others_that_are(table):
    """Both leave the table as it is; a node that gave other ones is another node."""
    merged = table("merge")
    one = pl.DataFrame({"k": ["a"], "x": [0.0], "n": [1]})
    other = pl.DataFrame({"k": ["b"], "x": [1.5], "n": [2]})
    assert given(merged, one) == given(merged, one) != given(merged, other)
    deleted = table("delete")
    assert given(deleted, pl.DataFrame({"k": ["z"]})) != given(deleted, pl.DataFrame({"k": ["y"]}))
    assert merged.resolve().version == 0


ROWS = pl.DataFrame({"k": ["a", "b", "c"], "x": [0.0, 1.5, None], "n": [1, 2, 3]})


@pytest.fixture
def readings(monkeypatch) -> list[int]:
    """The versions whose rows are read to be digested, as in a process that has read none."""
    found: list[int] = []
    read = versions._read
    monkeypatch.setattr(versions, "_known", {})
    monkeypatch.setattr(
        versions, "_read", lambda opened: found.append(opened.version) or read(opened)
    )
    return found


def kept(folder: Path) -> Path:
    return folder / "t/_lakeproof/facts.json"


def notes(folder: Path) -> list[dict]:
    lines = (
        line
        for file in sorted((folder / "t/_delta_log").glob("*.json"))
        for line in file.read_text().splitlines()
    )
    infos = (json.loads(line).get("commitInfo", {}) for line in lines)
    return [json.loads(info["userMetadata"]) for info in infos if "userMetadata" in info]


@pytest.mark.slow_on_spark
def test_no_commit_holds_what_adds_up(table, tmp_path):
    """What two of them differ by would be the row that went, column by column."""
    for mode, rows in (("append", ROWS[:1].with_columns(k=pl.lit("d"))), ("delete", ROWS[1:2, :1])):
        table(mode).save(rows)
    may_say = {"commit_id", "digest", "follows", "git_commit", "node", "rows", "run_id"}
    assert [note.keys() - may_say for note in notes(tmp_path)] == [set(), set(), set()]
    sums = {column.sum for column in digest_table(ROWS).columns}
    log = "".join(file.read_text() for file in (tmp_path / "t/_delta_log").glob("*.json"))
    assert not [one for one in sums if one in log]


@pytest.mark.spark_sample
def test_only_the_newest_facts_are_kept_and_spare_a_reading(table, tmp_path, readings):
    """In another process, which has them from beside the log."""
    table("append").save(ROWS[:1].with_columns(k=pl.lit("d")))
    versions._known.clear()
    deleted = table("delete")
    deleted.save(ROWS[1:2].select("k"))
    assert readings == []
    assert_believed(deleted)
    assert json.loads(kept(tmp_path).read_text())["rows"] == 3
    assert [path.name for path in kept(tmp_path).parent.iterdir()] == ["facts.json"]


@pytest.mark.slow_on_spark
@pytest.mark.spark_sample("None")
@pytest.mark.parametrize("left", [None, b"{", digest_table(ROWS[:2]).to_json().encode()])
def test_facts_that_are_gone_or_not_the_commits_cost_one_reading(table, tmp_path, readings, left):
    """Then they are known again."""
    kept(tmp_path).unlink() if left is None else kept(tmp_path).write_bytes(left)
    appended = table("append")
    for key in ("d", "e"):
        versions._known.clear()
        appended.save(ROWS[:1].with_columns(k=pl.lit(key)))
        assert_believed(appended)
    assert readings == [0]


@pytest.mark.spark_sample
def test_a_commit_that_knows_no_content_leaves_no_facts_of_older_rows(table, tmp_path):
    """A new column: what was known is no more, and is not left lying."""
    table("merge", schema_mode="merge").save(
        pl.DataFrame({"k": ["a"], "x": [0.0], "n": [1], "new": [1]})
    )
    assert not kept(tmp_path).exists()


@pytest.mark.spark_sample
def test_a_commit_with_its_facts_in_it_is_still_believed(table, tmp_path, readings):
    """As they were written before."""
    log = tmp_path / f"t/_delta_log/{0:020d}.json"
    facts = digest_table(ROWS)
    text = log.read_text().replace(
        f'\\"digest\\":\\"{facts.digest}',
        f'\\"content\\":{json.dumps(facts.to_json())[1:-1]},\\"digest\\":\\"{facts.digest}',
    )
    assert '\\"content\\"' in text
    log.write_text(text)
    kept(tmp_path).unlink()
    assert_believed(table("append"))
    table("append").save(ROWS[:1].with_columns(k=pl.lit("d")))
    assert_believed(table("append"))
    assert "content" not in notes(tmp_path)[1]


@pytest.mark.spark_sample
def test_a_place_that_takes_no_facts_takes_rows_all_the_same(table, tmp_path, readings):
    """The commit stands, and the next one reads the table."""
    kept(tmp_path).unlink()
    kept(tmp_path).parent.rmdir()
    kept(tmp_path).parent.write_text("a file where the folder should be")
    appended = table("append")
    for key in ("d", "e"):
        versions._known.clear()
        appended.save(ROWS[:1].with_columns(k=pl.lit(key)))
        assert_believed(appended)
    assert readings == [0, 1]
