"""One run reads one snapshot, whatever others commit meanwhile."""

import polars as pl
import pytest

from lakeproof.delta.log.opening import find_commit, resolve
from lakeproof.errors import LakeproofError
from lakeproof.versioned.run_tables import RunTables

pytestmark = pytest.mark.slow_on_spark


def value(table) -> int:
    return table.load().collect()["x"].item()


@pytest.fixture
def run() -> RunTables:
    return RunTables(nodes={"samples": "build"})


def test_a_run_reads_what_was_resolved_though_others_commit(make_table, make_other, run):
    """Every node of the run sees the same version; the next run sees the new one."""
    table, other = make_table(), make_other()
    other.save(pl.DataFrame({"x": [0]}))
    table.join(run)
    run.resolved(None, table.resolve())
    other.save(pl.DataFrame({"x": [1]}))
    assert value(table) == 0
    table.join(None)
    assert value(table) == 1


@pytest.mark.spark_sample
def test_a_table_first_read_late_stays_at_that_version(make_table, make_other, run):
    """Also where nothing was resolved beforehand."""
    table, other = make_table(), make_other()
    other.save(pl.DataFrame({"x": [0]}))
    table.join(run)
    assert value(table) == 0
    other.save(pl.DataFrame({"x": [1]}))
    assert value(table) == 0


def test_a_run_reads_what_it_wrote_though_others_commit_after_it(make_table, make_other, run):
    """Found by its own commit, not by asking for the latest."""
    table, other = make_table(), make_other()
    other.save(pl.DataFrame({"x": [0]}))
    table.join(run)
    run.resolved(None, table.resolve())
    table.save(pl.DataFrame({"x": [1]}))
    other.save(pl.DataFrame({"x": [2]}))
    assert value(table) == 1


@pytest.mark.spark_sample
def test_another_entry_of_the_same_table_reads_what_the_run_wrote(make_table, run):
    """What is written belongs to the table, not to the name."""
    table, alias = make_table(), make_table()
    table.join(run)
    alias.join(run)
    table.save(pl.DataFrame({"x": [1]}))
    assert value(alias) == 1


def test_a_pin_wins_over_what_the_run_wrote(make_table, make_other, run):
    """Always."""
    table = make_table(load_args={"version": 0})
    make_other().save(pl.DataFrame({"x": [0]}))
    table.join(run)
    table.save(pl.DataFrame({"x": [1]}))
    assert value(table) == 0


@pytest.mark.spark_sample
def test_an_unchanged_write_is_remembered_as_such(make_table, run):
    """The run reads the version that it was compared with."""
    table = make_table()
    table.save(pl.DataFrame({"x": [0]}))
    table.join(run)
    table.save(pl.DataFrame({"x": [0]}))
    (use,) = run.uses
    assert (use.kind, use.is_committed, use.opened.version, use.node) == (
        "written",
        False,
        0,
        "build",
    )
    assert value(table) == 0


@pytest.mark.spark_sample
def test_our_commit_is_found_among_others(make_table):
    """However many came beside it."""
    table = make_table(save_args={"mode": "append"})
    ids = []
    for number in range(5):
        table.save(pl.DataFrame({"x": [number]}))
        ids.append(table.resolve().table.history(1)[0]["userMetadata"])
    import json

    for version, text in enumerate(ids):
        opened = find_commit(table.location, -1, json.loads(text)["commit_id"])
        assert opened.version == version


@pytest.mark.spark_sample
def test_a_commit_that_vanished_is_said_so(make_table):
    """Two engines at once have lost one without a word."""
    table = make_table()
    table.save(pl.DataFrame({"x": [0]}))
    with pytest.raises(LakeproofError, match="is not in its log: another writer"):
        find_commit(table.location, -1, "of nobody")


@pytest.mark.spark_sample
def test_a_recreated_table_has_another_id(make_table, tmp_path):
    """Version numbers start again, the id does not."""
    import shutil

    table = make_table()
    table.save(pl.DataFrame({"x": [0]}))
    before = resolve(table.location, None)
    shutil.rmtree(tmp_path / "samples")
    table.save(pl.DataFrame({"x": [0]}))
    after = resolve(table.location, None)
    assert (before.version, after.version) == (0, 0)
    assert before.table_id != after.table_id


@pytest.mark.spark_sample
def test_a_commit_that_says_nothing_of_itself_shifts_no_version(make_table, tmp_path):
    """delta-rs counts history down from the newest and skips commits without a commitInfo."""
    import json

    from lakeproof.delta.read.versions import history

    table = make_table(save_args={"mode": "append"})
    for number in range(4):
        table.save(pl.DataFrame({"x": [number]}))
    log = tmp_path / "samples" / "_delta_log" / f"{2:020d}.json"
    lines = [line for line in log.read_text().splitlines() if "commitInfo" not in line]
    log.write_text("\n".join(lines))
    facts = {fact.version: fact for fact in history(table.location)}
    assert list(facts) == [3, 2, 1, 0]
    assert facts[2].operation is None
    assert facts[2].run_id is None
    assert [facts[v].rows for v in range(4)] == [1, 2, 3, 4]
    ids = json.loads((log.parent / f"{1:020d}.json").read_text().splitlines()[0])
    note = json.loads(ids["commitInfo"]["userMetadata"])
    assert find_commit(table.location, -1, note["commit_id"]).version == 1


def test_rows_are_counted_where_the_log_has_no_statistics(make_table, tmp_path):
    """A missing number is not nought."""
    import json

    table = make_table(save_args={"mode": "append"})
    table.save(pl.DataFrame({"x": [1, 2]}))
    log = tmp_path / "samples" / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            del action["add"]["stats"]
    log.write_text("\n".join(map(json.dumps, actions)))
    assert table.resolve().rows() == 2
    table.save(pl.DataFrame({"x": [3]}))
    assert table.resolve().rows() == 3
