"""Read the rows of a version with Polars as its log describes them, whoever wrote the table.

Polars takes the values of partitions from the names of folders, which the log need not agree with,
and INT96 times for nanoseconds; of the features of a table it knows few. Where it would give other
rows than the log says, or none, the files are read one kind after the other (`by_file`).
"""

import copy
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import polars as pl

from lakeproof.delta.read.by_file import scan_by_file
from lakeproof.delta.read.old_times import has_wide_times
from lakeproof.delta.read.partition_values import (
    PATH,
    as_texts,
    folders_of,
    partition_values,
    require_one_meaning,
)

if TYPE_CHECKING:
    import deltalake

    from lakeproof.delta.log.opened_table import OpenedTable

_MISSING = "__HIVE_DEFAULT_PARTITION__"


def scan(opened: "OpenedTable") -> pl.LazyFrame:
    """Scan one version lazily; row order is not promised.

    Raises:
        TableError: If no reader here would give what the log says.
    """
    values = partition_values(opened)
    is_wide = has_wide_times(opened)
    if _are_in_folders(opened, values) and _is_plain(opened) and not is_wide:
        return pl.scan_delta(_without_demands(opened))
    return scan_by_file(opened, values, has_wide_times=is_wide)


def _without_demands(opened: "OpenedTable") -> "deltalake.DeltaTable":
    """Keep from Polars the features that files have no trace of: it refuses all that it knows not.

    Also those about the log alone, which delta-rs has read.
    """
    asked: Any = copy.copy(opened.table)
    protocol = opened.table.protocol()._replace(min_reader_version=1, reader_features=None)
    asked.protocol = lambda: protocol
    # Of retries Polars has other settings than delta-rs.
    asked._storage_options = opened.location.polars_options
    return cast("deltalake.DeltaTable", asked)


def _is_plain(opened: "OpenedTable") -> bool:
    """Tell whether each file holds the columns of the table as they are, and all rows."""
    mode = opened.table.metadata().configuration.get("delta.columnMapping.mode", "none")
    return mode == "none" and not opened.deletion_vectors and not _is_widened(opened)


def _is_widened(opened: "OpenedTable") -> bool:
    # However deep, the change stands in the metadata of a field.
    return '"delta.typeChanges"' in opened.table.schema().to_json()


def _are_in_folders(opened: "OpenedTable", values: pl.DataFrame) -> bool:
    """Tell whether folders are called by the values that the log has for their files."""
    columns = list(opened.table.metadata().partition_columns)
    if not columns:
        return True
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
