"""Rows of Spark on their way into a table: evaluated once, into files that the table then takes.

Spark writes them as a Delta table of their own beside the real one. Whoever decides on the commit
(`writing`) looks at that table; when it is to be made, the files move into the real one and are not
written again. So a lazy plan runs once, and its content is known before the commit. Rows that were
parsed into a file are looked at there, and are written only where the table takes files.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from lakeproof.delta.log.location import log_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.protocol_support import NO_BOUNDS
from lakeproof.delta.read.scan import scan
from lakeproof.delta.spark.java_errors import explained
from lakeproof.delta.spark.parsed_rows import file_of
from lakeproof.delta.spark.spark_columns import refusing_lost_text, require_types
from lakeproof.delta.spark.spark_store import (
    delete_in_store,
    literal,
    place_of,
    rename_in_store,
)
from lakeproof.delta.write.column_contract import (
    require_names,
    require_partition_types,
)
from lakeproof.delta.write.footers import statistics_of
from lakeproof.delta.write.staged_rows import Staged
from lakeproof.delta.write.temporary_folders import sweep, uri_beside
from lakeproof.digest import delta_type
from lakeproof.errors import TableError
from lakeproof.spark.connect import is_connect
from lakeproof.spark.session import spark
from lakeproof.spark.spark_errors import SparkError
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import deltalake
    from pyspark.sql import DataFrame


class SparkStagedRows(Staged):
    """The rows of one write as a Delta table beside the one they go to; a context manager.

    Args:
        frame: What the node returned.
        location: The table they go to.
        partition_by: By whose values their files are laid out.
    """

    def __init__(self, frame: "DataFrame", location: Location, partition_by: list[str]) -> None:
        super().__init__(location)
        self._frame = frame
        self._partition_by = partition_by
        self._parsed = None if partition_by else file_of(frame)
        self._staged: OpenedTable | None = None
        uri = uri_beside(location, "staged")
        self.beside = Location(location.name, uri, location.storage_options)

    def __enter__(self) -> "SparkStagedRows":
        """Evaluate the plan.

        Raises:
            SchemaError: If a column has a type or a name that Delta has not.
            LakeproofError: If a task fails, with its reason.
        """
        require_names(self._location.name, self._frame.columns)
        require_types(self._location.name, self._frame)
        kinds = {field.name: field.dataType.typeName() for field in self._frame.schema.fields}
        require_partition_types(self._location.name, self._partition_by, kinds)
        self._require_movable()
        sweep(self._location, "staged")
        if self._parsed is not None:
            file = pq.ParquetFile(self._parsed)
            self.columns = {one.name: delta_type(one.type) for one in file.schema_arrow}
            self.rows = file.metadata.num_rows
            return self
        table = self._table
        self.columns, self.rows = table.columns, table.rows()
        return self

    @property
    def schema(self) -> "deltalake.Schema":
        """The columns as Delta has them."""
        return self._table.table.schema()

    def lazy(self) -> pl.LazyFrame:
        """Give the rows as a lazy frame of Polars."""
        return scan(self._table) if self._parsed is None else pl.scan_parquet(self._parsed)

    def pieces(self) -> Iterator[pl.LazyFrame]:
        """Give the rows file by file: Polars has many in memory at once when it is given many.

        Not where files are laid out by columns, which they do not hold themselves.
        """
        if self._parsed is not None or not self.is_plain_files:
            yield self.lazy()
            return
        for add in self._added():
            yield pl.scan_parquet(Path(self.beside.uri, unquote(add["path"])), glob=False)

    @property
    def is_plain_files(self) -> bool:
        """Tell whether files of this machine say all of the rows, without the log beside them."""
        return bool(self.rows) and not self._partition_by and self._location.is_local

    def frame(self) -> "DataFrame":
        """Give the rows as Spark has written them.

        By their files where those say all: to open the table beside takes Spark half a second.
        """
        if self._parsed is not None:
            return self._frame
        if not self.is_plain_files:
            return self.written()
        from pyspark.sql.types import StructField, StructType

        fields = [StructField(one.name, one.dataType) for one in self._frame.schema.fields]
        files = [os.path.join(self.beside.uri, unquote(add["path"])) for add in self._added()]
        reader = spark().read.schema(StructType(fields))
        return reader.parquet(*(literal(os.path.abspath(file)) for file in files))

    def written(self) -> "DataFrame":
        """Give the rows as the table that Spark has written beside the one they go to."""
        _ = self._table
        return spark().read.format("delta").load(place_of(self.beside))

    def moved_files(self, without: Collection[str] | None) -> list[AddAction]:
        """Move the files into the table's folder and say what a commit has to say of them.

        Args:
            without: The columns of whose values nothing is said; `None` for all of them.
        """
        added = list(self._added())
        filesystem, _ = log_files(self.beside)
        actions = []
        for add in added:
            path = unquote(add["path"])
            told = statistics_of(filesystem, path, without)
            self._move(path)
            actions.append(
                AddAction(
                    path=path,
                    size=add["size"],
                    partition_values=add["partitionValues"],
                    modification_time=add["modificationTime"],
                    data_change=True,
                    stats=told,
                )
            )
        return actions

    @property
    def _table(self) -> OpenedTable:
        """The table beside, which is written when it is first needed."""
        if self._staged is None:
            try:
                with explained(self._location.name):
                    self._write()
                self._require_in_sight()
                self._staged = open_table(self.beside)
            except BaseException:
                self.drop()
                raise
        return self._staged

    def _write(self) -> None:
        frame = self._frame
        for column in self._partition_by:
            frame = refusing_lost_text(frame, column)
        # Whatever a session has for new tables: the files are read, and taken, by their own names.
        writer = frame.write.format("delta").mode("error").option(NO_BOUNDS, "0")
        writer = writer.option("delta.columnMapping.mode", "none")
        if self._partition_by:
            writer = writer.partitionBy(*self._partition_by)
        writer.save(place_of(self.beside))

    def _require_movable(self) -> None:
        """Refuse a store in which only a Spark of this process moves files."""
        if not self._location.is_local and is_connect(spark()):
            raise SparkError(
                f"Table '{self._location.name}' is in an object store, into which rows do not come "
                "over Spark Connect. The table is as it was. Run with a spark.master, or keep the "
                "tables on a disk that the server sees too: docs/spark.md"
            )

    def _require_in_sight(self) -> None:
        """Refuse files that went to the disk of another machine: they can come into no table."""
        if not log_files(self.beside)[1]:
            raise SparkError(
                f"Spark wrote the rows for table '{self._location.name}' where this machine does "
                "not see them: it runs on another one, without a disk in common. The table is as "
                "it was. Put the tables on storage that both have: docs/spark.md"
            )

    def _added(self) -> Iterator[dict[str, Any]]:
        """Give the files of the staged table as it is now: it may have been compacted at once."""
        _ = self._table
        filesystem, names = log_files(self.beside)
        live: dict[str, dict[str, Any]] = {}
        for name in sorted(names):
            if name.endswith(".json"):
                with filesystem.open_input_file(f"_delta_log/{name}") as file:
                    actions = [json.loads(line) for line in file.read().splitlines()]
                for action in actions:
                    if remove := action.get("remove"):
                        live.pop(remove["path"], None)
                adds = [action["add"] for action in actions if "add" in action]
                live |= {add["path"]: add for add in adds}
        yield from live.values()

    def _move(self, path: str) -> None:
        if self._location.is_local:
            target = Path(self._location.uri, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            # Not a rename alone: the table's folder may be on another disk than the one beside it.
            shutil.move(Path(self.beside.uri, path), target)
            return
        if not rename_in_store(
            f"{place_of(self.beside)}/{path}", f"{place_of(self._location)}/{path}"
        ):
            raise TableError(
                f"Table '{self._location.name}' is as it was: the store did not move the new file "
                f"{path} into it. Run again."
            )

    def drop(self) -> None:
        """Remove what the table did not take."""
        if self._location.is_local:
            shutil.rmtree(self.beside.uri, ignore_errors=True)
        else:
            delete_in_store(place_of(self.beside))
