"""What is resolved and refused before the first node."""

import logging

import polars as pl
import pytest
from kedro.io import DataCatalog, MemoryDataset, SharedMemoryDataCatalog
from kedro.pipeline import node, pipeline

from aging import age
from lakeproof.deliveries import DeliveryError, DeliveryStream
from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError, PinError, RunError, TableError
from lakeproof.record.run.pinning import pin_tables, warn_of_lifetimes
from lakeproof.versioned.run_tables import RunTables


@pytest.fixture
def tables(tmp_path):
    def make(name: str, rows: int | None = 1, **entry) -> DeltaTable:
        table = DeltaTable(filepath=str(tmp_path / name), **entry)
        if rows is not None:
            DeltaTable(filepath=str(tmp_path / name)).save(pl.DataFrame({"x": range(rows)}))
        return table

    return make


def copy(rows):
    return rows


ALL = pipeline([node(copy, "a", "b", name="first"), node(copy, "b", "c", name="second")])


def pin(catalog: dict, run_params: dict | None = None, of=ALL) -> RunTables:
    run = RunTables()
    pin_tables(run_params or {"load_versions": {}}, of, DataCatalog(catalog), run)
    return run


def test_what_is_only_read_is_resolved_and_what_is_written_may_be_missing(tables):
    """Nothing is made by looking."""
    a, b = tables("a"), tables("b", rows=None)
    run = pin({"a": a, "b": b, "c": MemoryDataset()})
    assert run.to_read(a.location.uri, None).version == 0
    assert run.to_read(b.location.uri, None) is None
    assert run.nodes == {"b": "first", "c": "second"}
    assert not b.exists()


def test_a_table_that_is_only_read_and_not_there_is_refused(tables):
    """Before the first node, not at it."""
    with pytest.raises(TableError, match="Table 'a' does not exist"):
        pin({"a": tables("a", rows=None), "b": MemoryDataset(), "c": MemoryDataset()})


def test_a_pin_on_what_the_run_writes_first_is_checked_too(tables):
    """A pin always wins, so it must be there."""
    b = tables("b", load_args={"version": 3})
    with pytest.raises(PinError, match="'b' has no version 3"):
        pin({"a": tables("a"), "b": b, "c": MemoryDataset()})


def test_a_bad_pin_on_an_entry_that_the_run_does_not_touch_breaks_nothing(tables):
    """It belongs to another pipeline."""
    unused = tables("z", rows=None, load_args={"version": 9})
    pin({"a": tables("a"), "b": MemoryDataset(), "c": MemoryDataset(), "z": unused})


def test_a_pin_that_kedro_would_ignore_is_refused(tables):
    """On something without versions, and on something that nobody reads."""
    catalog = {"a": tables("a"), "b": MemoryDataset(), "c": MemoryDataset(), "z": tables("z")}
    with pytest.raises(PinError, match=r"b:1 cannot be honoured: 'b' is a MemoryDataset"):
        pin(catalog, {"load_versions": {"b": "1"}})
    with pytest.raises(PinError, match="no node of this run reads 'z'"):
        pin(catalog, {"load_versions": {"z": "0"}})


def test_processes_are_refused_whatever_the_catalog_holds(tables):
    """With what to type instead; a class that is made of ParallelRunner is told by its catalog."""
    parallel = {"load_versions": {}, "runner": "<kedro.runner.ParallelRunner object at 0x1>"}
    memory = {"a": MemoryDataset(1), "b": MemoryDataset(), "c": MemoryDataset()}
    pin(memory)
    for catalog in (memory, {**memory, "a": tables("a")}):
        with pytest.raises(RunError, match="--runner ThreadRunner"):
            pin(catalog, parallel)
    with pytest.raises(RunError, match="can be recorded"):
        pin_tables({"load_versions": {}}, ALL, SharedMemoryDataCatalog(memory), RunTables())


def test_an_entry_that_could_not_be_saved_is_refused_before_the_first_node(tables):
    """Not after an hour of training."""
    b = tables("b", save_args={"mode": "upsert"})
    with pytest.raises(LakeproofError, match="'upsert'"):
        pin({"a": tables("a"), "b": b, "c": MemoryDataset()})


def test_a_damaged_table_that_will_be_written_anew_stops_nothing(tables, tmp_path):
    """It is not read."""
    b = tables("b")
    for file in (tmp_path / "b").glob("*.parquet"):
        file.unlink()
    pin({"a": tables("a"), "b": b, "c": MemoryDataset()})


def test_a_stream_into_a_table_that_is_not_on_spark_is_refused(tables, tmp_path):
    """Before a run of it begins; on Spark it is not, nor in a re-run, where nothing streams."""
    (tmp_path / "raw").mkdir()
    stream = DeliveryStream(path=str(tmp_path / "raw"), key="x", schema={"x": {"type": "long"}})
    follow = pipeline([node(copy, "stream", "b", name="follow")])
    with pytest.raises(RunError, match=r"Node 'follow' .* needs Spark, .* 'b' is embedded\. Noth"):
        pin({"stream": stream, "b": tables("b", rows=None)}, of=follow)
    pin({"stream": stream, "b": tables("b", rows=None, engine="spark")}, of=follow)
    stream.replay(None)
    pin({"stream": stream, "b": tables("b", rows=None)}, of=follow)
    stream = DeliveryStream(path=str(tmp_path / "raw"), key="x", table="/made/elsewhere")
    with pytest.raises(DeliveryError, match="nothing is delivered into it"):
        pin({"stream": stream, "b": tables("b", rows=None)}, of=follow)


@pytest.fixture
def made_elsewhere(tables, tmp_path):
    """Tables `a` and `b` that something else has made, with two versions of forty days."""
    for name in ("a", "b"):
        for number in (1, 2):
            pl.DataFrame({"x": range(number)}).write_delta(tmp_path / name, mode="overwrite")
        age(tmp_path / name)
    return tables


def test_each_table_that_does_not_keep_its_versions_is_warned_of_once(made_elsewhere, caplog):
    """By whatever names it is read; also one that the run writes; not one of ours."""
    copied = pipeline([node(copy, "a", "b", name="one"), node(copy, "also a", "c", name="two")])
    alias = made_elsewhere("a", rows=None, load_args={"version": 0})
    catalog = {
        "a": made_elsewhere("a", rows=None),
        "also a": alias,
        "b": made_elsewhere("b", rows=None),
        "c": made_elsewhere("c"),
    }
    run = pin(catalog, of=copied)
    warn_of_lifetimes(run, "wine_quality")
    told = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert [one.partition(" does not promise")[0] for one in told] == ["Table 'a'", "Table 'b'"]
    assert told[0].endswith("kedro pin a=latest --set-retention --env wine_quality")


def test_the_embedded_engine_may_read_what_is_past_its_time(made_elsewhere):
    """The files are there."""
    a = made_elsewhere("a", rows=None, load_args={"version": 0})
    pin({"a": a, "b": made_elsewhere("b", rows=None), "c": MemoryDataset()})


@pytest.mark.spark
def test_what_spark_refuses_for_its_age_is_refused_before_the_first_node(
    spark_session, made_elsewhere
):
    """Spark itself is asked: a session may be told to read it."""
    a = made_elsewhere("a", rows=None, engine="spark", load_args={"version": 0})
    catalog = {"a": a, "b": made_elsewhere("b", rows=None), "c": MemoryDataset()}
    with pytest.raises(PinError, match=r"Version 0 of table 'a' .* 7 days .*kedro pin a=0 --set"):
        pin(catalog)
    key = "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration"
    spark_session.conf.set(key, "false")
    try:
        pin(catalog)
    finally:
        spark_session.conf.unset(key)
