"""A table to write to and read from, on each engine in turn.

The suite is one: what it says of a table holds whichever engine moves the rows. Frames are written
in tests as Polars frames; for Spark they become frames of Spark first, and come back as Polars.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from conftest import LONG
from lakeproof.delta import DeltaTable
from lakeproof.delta.spark.spark_filters import SET_FOR_TABLES

MakeTable = Callable[..., DeltaTable]

# Of the deliveries that these tests take.
SCHEMA = {"id": {"type": "string"}, "x": {"type": "double", "nullable": True}}


class SparkTable(DeltaTable):
    """A table whose nodes hand over, and get, frames of Spark."""

    def save(self, data: Any) -> None:
        """Hand rows over as a frame of Spark; what is no frame goes as it is."""
        super().save(_as_spark(data))

    def load(self) -> pl.LazyFrame:
        """Collect what Spark reads, to be looked at."""
        return pl.from_arrow(super().load().toArrow()).lazy()


def _as_spark(data: Any) -> Any:
    from lakeproof.delta.spark.parsed_rows import frame_of

    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pd.DataFrame):
        data = pl.from_pandas(data)
    if isinstance(data, pl.DataFrame):
        data = data.to_arrow(compat_level=pl.CompatLevel.oldest())
    return frame_of(data) if isinstance(data, pa.Table) else data


# Those of the suite that each run asks of a store, too; the others are LONG there.
ON_A_STORE = {
    "test_a_new_table_is_one_commit_with_the_properties_both_engines_honour",
    "test_overwrite_replaces_all_rows_and_keeps_the_old_version",
    "test_merge_updates_known_keys_and_inserts_new_ones",
    "test_delete_removes_rows_by_key_and_leaves_old_versions",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to slower tests what Spark would say once more (see the markers that name it)."""
    for item in items:
        if item.get_closest_marker("spark") is None:
            continue
        if item.get_closest_marker("slow_on_spark") is not None:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.beyond_ci)
        sample = item.get_closest_marker("spark_sample")
        if sample is not None:
            ids = item.callspec.id.split("-", 1)
            for mark in LONG if not set(ids[1:]) & set(sample.args) else ():
                item.add_marker(mark)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask of both engines on a disk what holds of a table, and of one in an object store."""
    # A file about Spark alone has an engine of its own.
    is_about_one = metafunc.definition.get_closest_marker("spark") is not None
    if "engine" not in metafunc.fixturenames or is_about_one:
        return
    places = ["embedded", pytest.param("spark", marks=pytest.mark.spark)]
    # What a test does to a folder itself, it cannot do to a bucket.
    asked = inspect.signature(metafunc.function).parameters
    if "make_table" in asked and not {"tmp_path", "folder", "engine"} & asked.keys():
        is_sample = metafunc.function.__name__ in ON_A_STORE
        places.append(pytest.param("store", marks=() if is_sample else LONG))
    metafunc.parametrize("engine", places, indirect=True)


@pytest.fixture(autouse=True)
def _settings_stay() -> Iterator[None]:
    """Take back what a table had the one session of Spark set: no run has all these tables."""
    yield
    if "pyspark" in sys.modules:
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession()
        for key in SET_FOR_TABLES if session is not None else ():
            session.conf.unset(key)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that moves the rows; `store` is the embedded one in an object store."""
    if request.param == "spark":
        request.getfixturevalue("spark_session")
    return request.param


@pytest.fixture
def make_table(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> MakeTable:
    """Make catalog entries of one table; keyword arguments are those of the entry."""

    def make(folder: str = "samples", **entry: Any) -> DeltaTable:
        if engine == "store":
            there = request.getfixturevalue("store")
            place = f"{there.uri}/{tmp_path.name}/{folder}"
            return DeltaTable(filepath=place, credentials=there.options, **entry)
        kind = SparkTable if engine == "spark" else DeltaTable
        return kind(filepath=str(tmp_path / folder), **{"engine": engine, **entry})

    return make


@pytest.fixture
def make_embedded_table(tmp_path: Path) -> MakeTable:
    """Make catalog entries for what only the embedded engine does."""

    def make(folder: str = "samples", **entry: Any) -> DeltaTable:
        return DeltaTable(filepath=str(tmp_path / folder), **entry)

    return make


@pytest.fixture
def make_other(make_table: MakeTable, make_embedded_table: MakeTable, engine: str) -> MakeTable:
    """Make entries of the same table on delta-rs, for what is there before and looked at after.

    What one engine has written, the other goes on with; and Spark takes seconds for a row.
    """
    return make_embedded_table if engine == "spark" else make_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that deliveries come into."""
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"
