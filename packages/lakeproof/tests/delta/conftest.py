"""A table to write to and read from, on each engine in turn.

The suite is one: what it says of a table holds whichever engine moves the rows. Frames are written
in tests as Polars frames; for Spark they become frames of Spark first, and come back as Polars.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.delta import DeltaTable

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
    from lakeproof.delta.spark.spark_staging import frame_of

    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pd.DataFrame):
        data = pl.from_pandas(data)
    if isinstance(data, pl.DataFrame):
        data = data.to_arrow(compat_level=pl.CompatLevel.oldest())
    return frame_of(data) if isinstance(data, pa.Table) else data


@pytest.fixture(params=["embedded", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that moves the rows."""
    if request.param == "spark":
        request.getfixturevalue("spark_session")
    return request.param


@pytest.fixture
def make_table(tmp_path: Path, engine: str) -> MakeTable:
    """Make catalog entries of one table; keyword arguments are those of the entry."""

    def make(folder: str = "samples", **entry: Any) -> DeltaTable:
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
def folder(tmp_path: Path) -> Path:
    """A folder that deliveries come into."""
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"
