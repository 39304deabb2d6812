"""Deliveries into a table: each once, whatever happens."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from conftest import LONG
from lakeproof.deliveries import DeliveryFolder, DeliveryStream
from lakeproof.delta.log.transactions import taken_deliveries
from lakeproof.delta.read.versions import history
from lakeproof.errors import LakeproofError, SchemaError

from .conftest import SCHEMA


@pytest.fixture
def table(make_table):
    return make_table(key="id", save_args={"mode": "merge", "schema_mode": "merge"})


@pytest.fixture
def embedded_table(make_embedded_table):
    return make_embedded_table(key="id", save_args={"mode": "merge", "schema_mode": "merge"})


def take(folder: Path, table, schema=SCHEMA) -> None:
    table.save(DeliveryFolder(path=str(folder), pattern="*.csv", key="id", schema=schema).load())


def rows(table) -> dict:
    frame = table.load().collect()
    return dict(zip(frame["id"], frame["x"], strict=True))


def version(table) -> int:
    return table.resolve().version


def test_each_delivery_is_one_commit_in_order_of_name(folder, table):
    """Version 0 is the first delivery, version 1 the second."""
    (folder / "2.csv").write_text("id,x\nb,2\n")
    (folder / "1.csv").write_text("id,x\na,1\n")
    take(folder, table)
    assert [(f.version, f.delivery) for f in history(table.location)] == [
        (1, "2.csv"),
        (0, "1.csv"),
    ]
    assert rows(table) == {"a": 1.0, "b": 2.0}


@pytest.mark.slow_on_spark
def test_the_same_files_again_commit_nothing(folder, table):
    """And a new one beside them is taken alone."""
    (folder / "1.csv").write_text("id,x\na,1\n")
    take(folder, table)
    take(folder, table)
    assert version(table) == 0
    (folder / "0.csv").write_text("id,x\nz,0\n")
    take(folder, table)
    assert version(table) == 1
    assert rows(table) == {"a": 1.0, "z": 0.0}


@pytest.mark.slow_on_spark
def test_a_known_key_with_other_values_is_a_correction(folder, table):
    """One commit, row count unchanged, the old version as it was."""
    (folder / "1.csv").write_text("id,x\na,1\nb,2\n")
    (folder / "2.csv").write_text("id,x\nb,2.5\n")
    take(folder, table)
    assert version(table) == 1
    assert rows(table) == {"a": 1.0, "b": 2.5}
    assert next(history(table.location)).rows == 2


@pytest.mark.spark_sample
def test_a_file_that_changed_after_it_was_taken_is_a_correction(folder, table):
    """It updates and inserts; rows dropped from it stay."""
    (folder / "1.csv").write_text("id,x\na,1\nb,2\n")
    take(folder, table)
    (folder / "1.csv").write_text("id,x\nb,3\nc,4\n")
    take(folder, table)
    assert version(table) == 1
    assert rows(table) == {"a": 1.0, "b": 3.0, "c": 4.0}


@pytest.mark.slow
@pytest.mark.spark_sample
def test_a_file_changed_back_is_taken_again(folder, table):
    """From A to B to A are three deliveries."""
    for number, text in enumerate(["id,x\na,1\n", "id,x\na,2\n", "id,x\na,1\n"]):
        (folder / "1.csv").write_text(text)
        take(folder, table)
        assert version(table) == number
    assert rows(table) == {"a": 1.0}


@pytest.mark.slow_on_spark
def test_a_delivery_that_changes_no_row_is_remembered(folder, table):
    """One commit, so that it is not parsed again."""
    (folder / "1.csv").write_text("id,x\na,1\n")
    (folder / "2.csv").write_text("id,x\na,1.0\n")
    take(folder, table)
    assert version(table) == 1
    assert set(taken_deliveries(table.resolve()).latest) == {"1.csv", "2.csv"}
    take(folder, table)
    assert version(table) == 1


@pytest.mark.slow
@pytest.mark.spark_sample
def test_what_was_taken_is_remembered_beyond_a_checkpoint(folder, table):
    """Transaction identifiers live in the table's state, not in its last commits."""
    for number in range(25):
        (folder / f"{number:02}.csv").write_text(f"id,x\nk{number},{number}\n")
    take(folder, table)
    assert version(table) == 24
    for number in range(15):
        os.remove(f"{table.location.uri}/_delta_log/{number:020d}.json")
    assert len(taken_deliveries(table.resolve()).latest) == 25
    take(folder, table)
    assert version(table) == 24


@pytest.mark.spark_sample
def test_an_optional_column_joins_when_it_first_appears(folder, table):
    """Old rows have no value there."""
    schema = {**SCHEMA, "y": {"type": "long", "optional": True}}
    (folder / "1.csv").write_text("id,x\na,1\n")
    take(folder, table, schema)
    assert table.load().collect().columns == ["id", "x"]
    (folder / "2.csv").write_text("id,x,y\nb,2,7\na,5,\n")
    take(folder, table, schema)
    frame = table.load().sort("id").collect()
    assert frame["y"].to_list() == [None, 7]
    assert frame["x"].to_list() == [5.0, 2.0]


@pytest.mark.slow_on_spark
def test_a_refused_delivery_leaves_the_table_as_it_was(folder, table):
    """Also when an earlier one of the same call was taken."""
    (folder / "1.csv").write_text("id,x\na,1\n")
    (folder / "2.csv").write_text("id,x\nb,2\nc,many\n")
    with pytest.raises(LakeproofError, match=r"2\.csv.*line 3"):
        take(folder, table)
    assert rows(table) == {"a": 1.0}
    (folder / "2.csv").write_text("id,x\nb,2\nb,3\n")
    with pytest.raises(LakeproofError, match="'b'"):
        take(folder, table)
    assert rows(table) == {"a": 1.0}
    assert version(table) == 0


@pytest.mark.slow_on_spark
def test_a_refused_first_delivery_makes_no_table(folder, table):
    """Not even an empty one."""
    (folder / "1.csv").write_text("id,x\na,1\n,2\n")
    with pytest.raises(LakeproofError, match=r"1\.csv"):
        take(folder, table)
    assert not table.exists()


@pytest.mark.spark_sample
def test_a_delivery_of_another_type_is_refused(folder, table):
    """When the declared schema was changed after the table was made."""
    (folder / "1.csv").write_text("id,x\na,1\n")
    take(folder, table)
    (folder / "2.csv").write_text("id,x\nb,2\n")
    with pytest.raises(SchemaError, match=r"is double.*have long"):
        take(folder, table, {**SCHEMA, "x": {"type": "long"}})


def test_deliveries_need_a_table_that_merges(folder, make_table):
    """An overwrite would lose all but the last."""
    (folder / "1.csv").write_text("id,x\na,1\n")
    with pytest.raises(LakeproofError, match="Set mode: merge"):
        take(folder, make_table(key="id"))


def test_a_stream_is_not_for_the_embedded_engine(folder, embedded_table):
    """It says so instead of taking what happens to be there."""
    (folder / "1.csv").write_text("id,x\na,1\n")
    with pytest.raises(LakeproofError, match="which needs Spark, and its engine is embedded"):
        embedded_table.save(DeliveryStream(path=str(folder), key="id", schema=SCHEMA).load())
    assert not embedded_table.exists()


@pytest.mark.spark_sample
def test_of_a_thousand_deliveries_only_the_new_one_is_parsed(folder, table, monkeypatch):
    """The others are told by name, size and time."""
    from lakeproof.deliveries.rows import checked

    for number in range(1_000):
        (folder / f"{number:04}.csv").write_text(f"id,x\nk{number},{number}\n")
    old = time.time() - 100
    for path in folder.glob("*.csv"):
        os.utime(path, (old, old))
    parsed = []
    scan = checked.scan
    monkeypatch.setattr(
        checked, "scan", lambda one, reader: parsed.append(one.name) or scan(one, reader)
    )
    # Taking a thousand is slow and not what this test is about: one commit stands for them.
    loaded = DeliveryFolder(path=str(folder), pattern="*.csv", key="id", schema=SCHEMA).load()
    import deltalake

    from lakeproof.delta.log.transactions import delivery_transaction

    take_first = [d for d in loaded if d.name == "0000.csv"]
    table.save(take_first)
    deltalake.write_deltalake(
        table.resolve().table,
        table.load().head(0).collect().to_arrow(),
        mode="append",
        commit_properties=deltalake.CommitProperties(
            app_transactions=[
                deltalake.Transaction(*delivery_transaction(d.name, d.sha256, 1))
                for d in loaded[1:]
            ]
        ),
    )
    parsed.clear()
    take(folder, table)
    assert parsed == []
    (folder / "1000.csv").write_text("id,x\nnew,1\n")
    take(folder, table)
    assert parsed == ["1000.csv"]


WRITER = """
    import sys
    from lakeproof.delta import DeltaTable
    from lakeproof.deliveries import DeliveryFolder
    table = DeltaTable(filepath=sys.argv[2], key="id", save_args={"mode": "merge"})
    schema = {"id": {"type": "string"}, "x": {"type": "double"}}
    deliveries = DeliveryFolder(path=sys.argv[1], pattern="*.csv", key="id", schema=schema).load()
    print("ready", flush=True)
    table.save(deliveries)
"""


def start_writer(folder: Path, table) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), table.location.uri],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def expected(count: int) -> dict:
    """The rows of an undisturbed run: each delivery has its own key and corrects a common one."""
    return {**{f"k{n}": float(n) for n in range(count)}, "common": float(count - 1)}


def write_deliveries(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"{number:03}.csv").write_text(f"id,x\nk{number},{number}\ncommon,{number}\n")


@pytest.mark.slow
def test_two_writers_at_once_take_each_delivery_once(folder, embedded_table):
    """The second waits for the lock and finds everything taken."""
    table = embedded_table
    write_deliveries(folder, 12)
    writers = [start_writer(folder, table) for _ in range(2)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors
    assert rows(table) == expected(12)
    assert version(table) == 11
    assert sorted(f.delivery for f in history(table.location)) == [f"{n:03}.csv" for n in range(12)]


@pytest.mark.parametrize(
    "delay",
    [0.05, pytest.param(0.15, marks=pytest.mark.slow), pytest.param(0.3, marks=pytest.mark.slow)]
    + [pytest.param(0.02 * n, marks=LONG) for n in range(1, 40, 3)],
)
def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(folder, embedded_table, delay):
    """The same command again gives the rows of an undisturbed run."""
    write_deliveries(folder, 12)
    writer = start_writer(folder, embedded_table)
    assert writer.stdout.readline() == "ready\n"
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    take(folder, embedded_table)
    assert rows(embedded_table) == expected(12)
    assert sorted(f.delivery for f in history(embedded_table.location)) == [
        f"{n:03}.csv" for n in range(12)
    ]


@pytest.mark.slow
def test_a_writer_that_waits_says_so(folder, embedded_table, caplog):
    """Whose lock it is waiting for is not a riddle."""
    from filelock import FileLock

    from lakeproof.delta.write.lock import lock_path

    table = embedded_table
    write_deliveries(folder, 1)
    lock = FileLock(lock_path(table.location.uri))
    lock.acquire()
    writer = start_writer(folder, table)
    watchdog = threading.Timer(60, writer.kill)
    watchdog.start()
    assert any("being written by another process: waiting" in line for line in writer.stderr)
    watchdog.cancel()
    lock.release()
    writer.communicate(timeout=60)
    assert writer.returncode == 0
    assert rows(table) == expected(1)
