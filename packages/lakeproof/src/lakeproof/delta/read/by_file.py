"""Read the files of a version kind by kind, each as it was written, lazily and in bounded memory.

For versions that Polars' own `scan_delta` refuses or would read otherwise than the log says: with
deletion vectors, mapped columns, widened types, or folders that are not called by the values of
partitions. Files that are written alike are one scan; a filter by a column reaches them, one by a
partition leaves out no file. No caller hands a filter down to here (each lays it over the lazy
frame), so that the log's statistics are not asked: every footer of the version is read.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from lakeproof.delta.log.data_files import decoded
from lakeproof.delta.log.deletion_vectors import deleted_rows
from lakeproof.delta.log.location import log_files
from lakeproof.delta.read.conform import conformed
from lakeproof.delta.read.partition_values import PATH
from lakeproof.delta.read.writers import Footer, footers
from lakeproof.errors import TableError

if TYPE_CHECKING:
    import pyarrow as pa

    from lakeproof.delta.log.opened_table import OpenedTable

# No column of a file is called so on both engines: they hold a slash.
_FILE, _ROW = "/file", "/row"


def scan_by_file(
    opened: "OpenedTable", values: pl.DataFrame, *, has_wide_times: bool
) -> pl.LazyFrame:
    """Scan one version.

    Args:
        opened: The version.
        values: Its files and the values of their partitions.
        has_wide_times: Whether files hold INT96 times that Polars does not read.

    Raises:
        TableError: If a deletion vector is damaged, or stands beside such times.
    """
    schema = pl.Schema(opened.table.schema())
    paths = values[PATH].to_list()
    kinds: dict[str, list[int]] = {}
    told = footers(opened, paths)
    for number, footer in enumerate(told):
        kinds.setdefault(footer.schema.to_string(show_schema_metadata=False), []).append(number)
    scans = []
    for numbers in kinds.values():
        files = values[numbers]
        of_kind = [told[number] for number in numbers]
        if has_wide_times and of_kind[0].has_int96:
            rows = _wide(opened, files, of_kind[0].schema)
        else:
            rows = _parquet(opened, files, of_kind)
        scans.append(rows.select(_columns(opened, schema, files, of_kind[0].schema)))
    return pl.concat(scans) if scans else pl.LazyFrame(schema=schema)


def _columns(
    opened: "OpenedTable", schema: pl.Schema, files: pl.DataFrame, have: "pa.Schema"
) -> list[pl.Expr]:
    mode = opened.table.metadata().configuration.get("delta.columnMapping.mode", "none")
    columns = []
    for field in opened.table.schema().fields:
        if field.name in files.columns:
            columns.append(_partition(opened, files, field.name, schema[field.name]))
        else:
            columns.append(conformed(field, schema[field.name], have, mode))
    return columns


def _partition(opened: "OpenedTable", files: pl.DataFrame, column: str, dtype: Any) -> pl.Expr:
    """Give the log's value for the file that a row is in."""
    values = files[column].cast(dtype)
    if values.n_unique() == 1:
        return pl.lit(values[0], dtype=dtype).alias(column)
    uris = pl.Series(_uris(opened, files), dtype=pl.String)
    return pl.col(_FILE).replace_strict(uris, values, return_dtype=dtype).alias(column)


def _parquet(opened: "OpenedTable", files: pl.DataFrame, of_kind: Sequence[Footer]) -> pl.LazyFrame:
    dead = _deleted(opened, files, of_kind)
    rows = pl.scan_parquet(
        _uris(opened, files),
        glob=False,
        hive_partitioning=False,
        include_file_paths=_FILE,
        row_index_name=_ROW if dead is not None else None,
        storage_options=opened.location.polars_options,
    )
    return rows if dead is None else rows.filter(~pl.col(_ROW).is_in(dead.implode()))


def _uris(opened: "OpenedTable", files: pl.DataFrame) -> list[str]:
    return [f"{opened.location.absolute_uri}/{path}" for path in files[PATH]]


def _deleted(
    opened: "OpenedTable", files: pl.DataFrame, of_kind: Sequence[Footer]
) -> pl.Series | None:
    """Give the places, counted through all files of a scan, of the rows that are gone."""
    vectors = {decoded(path): vector for path, vector in opened.deletion_vectors.items()}
    found, before = [], 0
    for path, footer in zip(files[PATH], of_kind, strict=True):
        if path in vectors:
            found.append(
                deleted_rows(opened.location, opened.version, vectors[path]) + np.uint64(before)
            )
        before += footer.rows
    return pl.Series(np.concatenate(found)).cast(pl.get_index_type()) if found else None


def _wide(opened: "OpenedTable", files: pl.DataFrame, have: "pa.Schema") -> pl.LazyFrame:
    """Have PyArrow read files whose INT96 times Polars takes for others: in memory."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    if opened.deletion_vectors:
        raise TableError(
            f"Table '{opened.location.name}' was not read at version {opened.version}: it has "
            "times of before 1900 or after 2261 in Spark's INT96 beside deletion vectors, which "
            "the embedded engine does not read together. Have Spark write it anew: REORG TABLE … "
            "APPLY (PURGE)"
        )
    uris = _uris(opened, files)
    schema = pa.schema([pa.field(field.name, _micro(field.type)) for field in have])
    times = ds.ParquetReadOptions(coerce_int96_timestamp_unit="us")
    dataset = ds.FileSystemDataset.from_paths(
        files[PATH].to_list(),
        schema=schema.append(pa.field(_FILE, pa.string())),
        format=ds.ParquetFileFormat(read_options=times),
        filesystem=log_files(opened.location)[0],
        partitions=[ds.field(_FILE) == uri for uri in uris],
    )
    return pl.scan_pyarrow_dataset(dataset, allow_pyarrow_filter=False)


def _micro(kind: "pa.DataType") -> "pa.DataType":
    """Give the type as PyArrow reads it when INT96 is to be microseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _micro(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_micro(kind.key_type), _micro(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_micro(kind.value_type))
    return kind
