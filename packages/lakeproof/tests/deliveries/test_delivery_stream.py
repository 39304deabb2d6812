"""The catalog's dataset for deliveries that arrive one after the other; nothing of Spark."""

import os
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog

from lakeproof.deliveries import DeliveryError, DeliveryFolder, DeliveryStream

SCHEMA = {"id": {"type": "string"}, "x": {"type": "double"}}


@pytest.fixture
def stream(tmp_path: Path) -> DeliveryStream:
    """Two deliveries, and what is none."""
    for name in ("b.csv", "a.csv", "c.csv.part", ".d.csv", "README.md"):
        (tmp_path / name).write_text("id,x\nk,1\n")
    return DeliveryStream(path=str(tmp_path), key="id", schema=SCHEMA)


def names(deliveries: list[Any]) -> list[str]:
    return [delivery.name for delivery in deliveries]


def test_what_has_come_is_noted_in_the_order_of_batches_and_names(stream, tmp_path):
    """Of each batch only what is a delivery; also one that was not there at the start."""
    arrivals = stream.load()
    assert arrivals.overdue() == ["a.csv", "b.csv"]
    assert names(arrivals.batch(["b.csv", "README.md", ".d.csv", "c.csv.part"])) == ["b.csv"]
    (tmp_path / "0.csv").write_text("id,x\nk,0\n")
    assert names(arrivals.batch(["a.csv", "0.csv", "gone.csv"])) == ["0.csv", "a.csv"]
    assert names(arrivals.deliveries) == ["b.csv", "0.csv", "a.csv"]
    assert arrivals.overdue() == []


def test_a_step_reaches_every_delivery_and_what_came_is_known_to_whoever_gave_it(stream):
    """The record asks the stream that was loaded, the table took from the one that was mapped."""
    loaded = stream.load()
    mapped = loaded.map(lambda rows: rows.with_columns(y="x"))
    (delivery,) = mapped.batch(["a.csv"])
    assert delivery.rows().collect().columns == ["id", "x", "y"]
    assert names(loaded.deliveries) == ["a.csv"]
    assert loaded.steps == ()


def test_the_size_of_what_came_is_known_when_it_has_been_moved_away(stream, tmp_path):
    """A file that was taken may go into an archive while the run goes on."""
    arrivals = stream.load()
    arrivals.batch(["a.csv"])
    size = (tmp_path / "a.csv").stat().st_size
    (tmp_path / "a.csv").unlink()
    assert arrivals.sizes == {"a.csv": size}


def test_deliveries_are_those_of_a_folder(stream, tmp_path):
    """The same names with the same digests, so that a table knows them whoever brings them."""
    arrivals = stream.load()
    came = arrivals.batch(os.listdir(tmp_path))
    folder = DeliveryFolder(path=str(tmp_path), key="id", schema=SCHEMA).load()
    assert [(d.name, d.sha256) for d in came] == [(d.name, d.sha256) for d in folder]


def test_a_rerun_has_everything_in_the_order_it_is_told_or_in_that_of_names(stream):
    """And only what the recorded run took."""
    assert not stream.is_replayed
    stream.replay(None)
    assert stream.is_replayed
    assert names(stream.load().in_recorded_order()) == ["a.csv", "b.csv"]
    stream.replay(["b.csv"])
    assert names(stream.load().in_recorded_order()) == ["b.csv"]
    stream.replay(["b.csv", "z.csv"])
    with pytest.raises(DeliveryError, match=r"'z\.csv', which the recorded run took, is not in"):
        stream.load().in_recorded_order()


@pytest.mark.parametrize("given", [0, -1, 1.5, True, "10"])
def test_a_number_of_files_that_is_none_is_refused(tmp_path, given):
    """When the catalog is read, not when files come."""
    with pytest.raises(DeliveryError, match=f"max_files_per_batch` must be .* is '{given}'"):
        DeliveryStream(path=str(tmp_path), key="id", schema=SCHEMA, max_files_per_batch=given)


def test_it_is_made_of_a_catalog_entry(tmp_path):
    """Its own setting beside those of a folder; an unknown one is an error of Kedro's."""
    entry = {"type": "lakeproof.deliveries.DeliveryStream", "path": str(tmp_path), "key": "id"}
    entry |= {"schema": SCHEMA, "pattern": "*.txt", "max_files_per_batch": 7}
    (tmp_path / "a.txt").write_text("id,x\nk,1\n")
    catalog = DataCatalog.from_config({"stream": entry})
    arrivals = catalog.load("stream")
    assert (list(arrivals.listed), arrivals.files_per_batch) == (["a.txt"], 7)
    with pytest.raises(Exception, match="max_files"):
        DataCatalog.from_config({"stream": {**entry, "max_files": 7}})["stream"].load()


def test_a_folder_without_a_delivery_is_refused_as_in_a_batch(tmp_path):
    """A misspelt path would otherwise be a stream in which nothing ever comes."""
    with pytest.raises(DeliveryError, match="There is no file"):
        DeliveryStream(path=str(tmp_path), key="id", schema=SCHEMA).load()
