"""Read the rows of a version with Polars as its log describes them, whoever wrote the table.

Polars takes the values of partitions from the names of folders, which the log need not agree with,
and INT96 times for nanoseconds. Where that would give other rows than the log says, the files are
read by PyArrow, with the log's own values: in memory, and without leaving out a file.
"""

from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from lakeproof.delta.log.location import log_files
from lakeproof.delta.read.old_times import has_wide_times
from lakeproof.delta.read.partition_values import (
    PATH,
    as_texts,
    folders_of,
    partition_values,
    require_one_meaning,
)

if TYPE_CHECKING:
    import pyarrow.dataset as ds

    from lakeproof.delta.log.opened_table import OpenedTable

_MISSING = "__HIVE_DEFAULT_PARTITION__"


def scan(opened: "OpenedTable") -> pl.LazyFrame:
    """Scan one version lazily; row order is not promised.

    Raises:
        TableError: If no reader here would give what the log says.
    """
    if _are_in_folders(opened) and not has_wide_times(opened):
        return pl.scan_delta(opened.table)
    return pl.scan_pyarrow_dataset(_by_the_log(opened), allow_pyarrow_filter=False)


def _are_in_folders(opened: "OpenedTable") -> bool:
    """Tell whether folders are called by the values that the log has for their files."""
    columns = list(opened.table.metadata().partition_columns)
    if not columns:
        return True
    values = partition_values(opened)
    require_one_meaning(opened, values)
    if "=" in opened.location.absolute_uri:
        # Polars takes the folders above the table for partitions as well.
        return False
    folders = [folders_of(path) for path in values[PATH]]
    for column in columns:
        expected = as_texts(values[column])
        if expected is None:
            return False
        for folder, text in zip(folders, expected, strict=True):
            found = unquote(folder.get(column, ""))
            if _is_another(found, text, isinstance(values[column].dtype, pl.Datetime)):
                return False
    return all(folder.keys() == set(columns) for folder in folders)


def _is_another(found: str, expected: str | None, is_moment: bool) -> bool:
    if expected is None or found == _MISSING:
        return expected is not None or found != _MISSING
    if is_moment and "." in found:
        # Spark leaves the noughts of a fraction out.
        found = found.rstrip("0").rstrip(".")
    return found != (expected.rstrip("0").rstrip(".") if is_moment else expected)


def _by_the_log(opened: "OpenedTable") -> "ds.Dataset":
    import pyarrow as pa
    import pyarrow.dataset as ds

    schema = pa.schema(opened.table.schema().to_arrow())
    values = partition_values(opened)
    columns = [column for column in opened.table.metadata().partition_columns if values.height]
    arrays = {
        column: values[column].to_arrow().cast(schema.field(column).type) for column in columns
    }
    held = []
    for row in range(values.height):
        holds = ds.scalar(value=True)
        for column, array in arrays.items():
            field, value = ds.field(column), array[row]
            holds &= (field == value) if value.is_valid else field.is_null()
        held.append(holds)
    times = ds.ParquetReadOptions(coerce_int96_timestamp_unit="us")
    return ds.FileSystemDataset.from_paths(
        values[PATH].to_list(),
        schema=schema,
        format=ds.ParquetFileFormat(read_options=times),
        filesystem=log_files(opened.location)[0],
        partitions=held,
    )
