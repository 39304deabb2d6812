"""Rows that were parsed on this machine, as frames of Spark.

They come by a file beside the table. Who gets such a frame as it was given finds its rows in that
file, where Spark need not write them once more for somebody to look at them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import polars as pl

from lakeproof.delta.spark.java_errors import explained
from lakeproof.delta.spark.spark_store import literal
from lakeproof.delta.write.temporary_folders import folder_beside
from lakeproof.spark.session import spark
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_files: "WeakKeyDictionary[DataFrame, Path]" = WeakKeyDictionary()


def file_of(frame: "DataFrame") -> Path | None:
    """Give the file that has the rows of a frame, all of them and nothing else, while it is there.

    `None` where there is none, and for a frame that was made of such a one.
    """
    return _files.get(frame)


@contextmanager
def parsed_file(parsed: pl.LazyFrame, location: Location) -> Iterator["DataFrame"]:
    """Give rows that were parsed on this machine as a frame of Spark, by a file beside the table.

    Raises:
        LakeproofError: The one that the rows raised while they streamed.
    """
    import pyarrow.parquet as pq

    from lakeproof.delta.embedded.staging import StagedRows

    if not location.is_local:
        with StagedRows(parsed, location) as staged:
            frame = frame_of(staged.reader().read_all())
        yield frame
        return
    with folder_beside(location, "parsed") as folder:
        with StagedRows(parsed, location) as staged:
            reader = staged.reader()
            with pq.ParquetWriter(folder / "rows.parquet", reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
        with explained(location.name):
            frame = spark().read.parquet(literal(os.path.abspath(folder)))
            _ = frame.columns
        _files[frame] = folder / "rows.parquet"
        try:
            yield frame
        finally:
            del _files[frame]


def frame_of(rows: "pa.Table") -> "DataFrame":
    """Make a frame of Spark of rows in memory; times without a zone stay without one."""
    import pyarrow as pa

    frame = spark().createDataFrame(rows)
    plain = {
        field.name: frame[f"`{field.name}`"].cast("timestamp_ntz")
        for field in rows.schema
        if pa.types.is_timestamp(field.type) and field.type.tz is None
    }
    return frame.withColumns(plain) if plain else frame
