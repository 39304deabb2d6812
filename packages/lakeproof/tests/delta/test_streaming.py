"""Deliveries by a stream and by a batch into one table, on the one session of Spark."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from lakeproof.deliveries import DeliveryFolder, DeliveryStream
from lakeproof.delta import DeltaTable
from lakeproof.delta.read.versions import history
from lakeproof.errors import LakeproofError
from lakeproof.versioned.run_tables import RunTables

from .conftest import SCHEMA

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture
def table(tmp_path: Path, spark_session: Any) -> DeltaTable:
    return DeltaTable(
        filepath=str(tmp_path / "samples"),
        engine="spark",
        key="id",
        save_args={"mode": "merge", "schema_mode": "merge"},
    )


def write(folder: Path, name: str, rows: str, age: float = 100) -> None:
    """Let a file arrive, some seconds ago."""
    (folder / name).write_text(f"id,x\n{rows}\n")
    arrived = 1_700_000_000 - age
    os.utime(folder / name, (arrived, arrived))


def arrivals(folder: Path, **entry: Any) -> Any:
    return DeliveryStream(path=str(folder), key="id", schema=SCHEMA, **entry).load()


def batch(folder: Path) -> Any:
    return DeliveryFolder(path=str(folder), key="id", schema=SCHEMA).load()


def rows(table: DeltaTable) -> dict[str, float]:
    return {row["id"]: row["x"] for row in table.load().toArrow().to_pylist()}


def taken(table: DeltaTable) -> list[str | None]:
    """The deliveries of the table's versions, the first one first."""
    return [fact.delivery for fact in history(table.location)][::-1]


def test_deliveries_of_one_batch_are_taken_in_order_of_name_one_commit_each(folder, table):
    """Whichever came first."""
    write(folder, "2.csv", "b,2", age=300)
    write(folder, "1.csv", "a,1\nb,1", age=200)
    table.save(arrivals(folder))
    assert taken(table) == ["1.csv", "2.csv"]
    assert rows(table) == {"a": 1.0, "b": 2.0}


def test_batches_are_taken_in_the_order_in_which_their_files_arrived(folder, table):
    """So the setting decides between name and arrival; what came is known in that order."""
    write(folder, "1.csv", "a,1", age=100)
    write(folder, "2.csv", "b,2", age=200)
    write(folder, "3.csv", "c,3", age=9e8)
    stream = arrivals(folder, max_files_per_batch=1)
    table.save(stream)
    assert taken(table) == ["3.csv", "2.csv", "1.csv"]
    assert [one.name for one in stream.deliveries] == ["3.csv", "2.csv", "1.csv"]


@pytest.mark.beyond_ci
def test_batch_and_stream_take_turns_and_take_nothing_twice(folder, table, caplog):
    """A corrected file of a known name is a new delivery, for either."""
    caplog.set_level("INFO")
    write(folder, "1.csv", "a,1")
    table.save(batch(folder))
    write(folder, "2.csv", "b,2")
    table.save(arrivals(folder))
    table.save(arrivals(folder))
    assert "has taken all 2 deliveries already: version 1 stays" in caplog.text
    write(folder, "3.csv", "c,3")
    table.save(batch(folder))
    write(folder, "1.csv", "a,1.5")
    table.save(arrivals(folder))
    table.save(batch(folder))
    assert taken(table) == ["1.csv", "2.csv", "3.csv", "1.csv"]
    assert rows(table) == {"a": 1.5, "b": 2.0, "c": 3.0}


@pytest.mark.beyond_ci
def test_a_table_that_was_lost_gets_everything_again(folder, table):
    """Nothing beside the table remembers what was taken."""
    write(folder, "1.csv", "a,1")
    table.save(arrivals(folder))
    shutil.rmtree(table.location.uri)
    table.save(arrivals(folder))
    assert rows(table) == {"a": 1.0}


def test_a_file_that_arrives_after_the_folder_was_listed_is_taken(folder, table):
    """Spark lists it again when the stream begins."""
    write(folder, "1.csv", "a,1")
    stream = arrivals(folder)
    write(folder, "2.csv", "b,2")
    write(folder, "late.csv.part", "c,3")
    table.save(stream)
    assert taken(table) == ["1.csv", "2.csv"]
    assert stream.overdue() == []


def test_names_and_folders_mean_themselves(tmp_path, table):
    """Neither is a pattern or an encoded text, and what lies within a folder is no delivery."""
    folder = tmp_path / "[raw] {a}% 20*é"
    names = ["a b.csv", "d=1.csv", "e%41:f.csv", "ü#y?.csv", "*.csv"]
    for inner in ("archive", "year=2026"):
        (folder / inner).mkdir(parents=True)
        write(folder / inner, "old.csv", "old,0")
    for number, name in enumerate(names):
        write(folder, name, f"k{number},{number}")
    (folder / "README.md").write_text("no delivery")
    (folder / ".hidden.csv").write_text("no delivery")
    table.save(arrivals(folder))
    assert taken(table) == sorted(names)


def test_a_refused_delivery_ends_the_stream_with_its_own_sentence(folder, table, caplog):
    """What came before it stays taken, what comes after it is left; no word of Java."""
    write(folder, "1.csv", "a,1", age=300)
    write(folder, "2.csv", "b,many", age=200)
    write(folder, "3.csv", "c,3", age=100)
    with pytest.raises(LakeproofError, match=r"2\.csv', line 2.*many") as caught:
        table.save(arrivals(folder, max_files_per_batch=1))
    assert "Py4J" not in str(caught.value)
    assert taken(table) == ["1.csv"]
    assert "keeps the 1 new deliveries taken before '2.csv'" in caplog.text
    write(folder, "2.csv", "b,2", age=200)
    table.save(arrivals(folder, max_files_per_batch=1))
    assert taken(table) == ["1.csv", "2.csv", "3.csv"]


def test_an_empty_delivery_is_refused_as_in_a_batch(folder, table):
    """A file without content comes, too."""
    (folder / "1.csv").write_text("")
    with pytest.raises(LakeproofError, match=r"1\.csv.*empty"):
        table.save(arrivals(folder))
    assert not table.exists()


def test_a_delivery_that_spark_passes_over_is_not_passed_over_in_silence(folder, table):
    """Spark holds names with an underscore for its own; a batch takes them."""
    write(folder, "_1.csv", "a,1")
    write(folder, "2.csv", "b,2")
    with pytest.raises(LakeproofError, match=r"Delivery '_1\.csv' was in .*has not brought it"):
        table.save(arrivals(folder))
    assert taken(table) == ["2.csv"]
    table.save(batch(folder))
    assert taken(table) == ["2.csv", "_1.csv"]


def test_a_stream_that_spark_cannot_follow_says_so(folder, table):
    """And leaves the table alone."""
    write(folder, "1.csv", "a,1")
    stream = arrivals(folder)
    shutil.rmtree(folder)
    with pytest.raises(LakeproofError, match=r"broke off: .*kedro run --pipelines stream"):
        table.save(stream)
    assert not table.exists()


def test_commits_say_who_made_them_and_the_run_knows_what_came(folder, table):
    """Like those of a batch."""
    write(folder, "1.csv", "a,1")
    write(folder, "2.csv", "b,2")
    run = RunTables(git_commit="c" * 40, nodes={"samples": "ingest_stream"}, run_id="r" * 32)
    table.join(run)
    table.save(arrivals(folder))
    for fact in history(table.location):
        assert (fact.run_id, fact.git_commit, fact.node) == ("r" * 32, "c" * 40, "ingest_stream")
    by_stream = run.last_use("samples", "written")
    table.save(batch(folder))
    by_batch = run.last_use("samples", "written")
    assert by_stream.deliveries == by_batch.deliveries is not None
    assert (by_stream.is_committed, by_batch.is_committed) == (True, False)
    assert by_stream.opened.version == 1


@pytest.mark.beyond_ci
def test_a_pinned_version_is_read_undisturbed_while_the_stream_goes_on(folder, table):
    """In the middle of a batch, when newer versions are there already."""
    write(folder, "1.csv", "a,1")
    table.save(batch(folder))
    pinned = DeltaTable(
        filepath=table.location.uri, engine="spark", key="id", load_args={"version": 0}
    )
    seen = []

    def look(frame: Any) -> Any:
        seen.append((table.resolve().version, rows(pinned)))
        return frame

    write(folder, "2.csv", "b,2")
    write(folder, "3.csv", "a,3")
    table.save(arrivals(folder).map(look))
    assert seen == [(0, {"a": 1.0}), (1, {"a": 1.0})]
    assert rows(table) == {"a": 3.0, "b": 2.0}


def test_a_rerun_takes_what_the_run_took_in_its_order_and_follows_nothing(folder, table):
    """Whatever else lies there by now, and whatever the files' times are."""
    for name in ("1.csv", "2.csv", "3.csv", "4.csv"):
        write(folder, name, f"a,{name[0]}")
    stream = DeliveryStream(path=str(folder), key="id", schema=SCHEMA)
    stream.replay(["3.csv", "1.csv", "2.csv"])
    again = stream.load()
    table.use_engine("embedded")
    table.save(again)
    assert taken(table) == ["3.csv", "1.csv", "2.csv"]
    assert [one.name for one in again.deliveries] == ["3.csv", "1.csv", "2.csv"]
    stream.replay(["5.csv"])
    with pytest.raises(LakeproofError, match=r"'5\.csv', which the recorded run took, is not in"):
        table.save(stream.load())
