"""Read the rows of a version with Polars as its log describes them, whoever wrote the table.

Polars takes the values of partitions from the names of folders, which the log need not agree with,
and INT96 times for nanoseconds. Where that would give other rows than the log says, the files are
read by PyArrow, with the log's own values: in memory, and without leaving out a file.
"""

from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from lakeproof.delta.data_files import decoded
from lakeproof.delta.location import log_files
from lakeproof.delta.old_times import has_wide_times

if TYPE_CHECKING:
    import pyarrow.dataset as ds

    from lakeproof.delta.log import OpenedTable

_MISSING = "__HIVE_DEFAULT_PARTITION__"
# A value of these has one text, which is what folders are called by; of others it is not relied on.
_PLAIN = (pl.String, pl.Boolean, pl.Date, pl.Int8, pl.Int16, pl.Int32, pl.Int64)
_MOMENT = "%Y-%m-%d %H:%M:%S%.6f"


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
    values = _partition_values(opened)
    if "=" in opened.location.absolute_uri:
        # Polars takes the folders above the table for partitions as well.
        return False
    folders = [_folders(path) for path in values["path"]]
    for column in columns:
        expected = _as_texts(values[column])
        if expected is None:
            return False
        for folder, text in zip(folders, expected, strict=True):
            found = unquote(folder.get(column, ""))
            if _is_another(found, text, isinstance(values[column].dtype, pl.Datetime)):
                return False
    return all(folder.keys() == set(columns) for folder in folders)


def _partition_values(opened: "OpenedTable") -> pl.DataFrame:
    """Give the path of each file, decoded, and the values of partitions that the log has for it."""
    actions = pl.DataFrame(opened.table.get_add_actions(flatten=False))
    paths = pl.Series("path", [decoded(path) for path in actions["path"]], dtype=pl.String)
    if "partition" not in actions.columns:
        return pl.DataFrame([paths])
    return pl.DataFrame([paths, *actions["partition"].struct.unnest().get_columns()])


def _folders(path: str) -> dict[str, str]:
    """Read the names of folders as Polars does."""
    parts = (part.partition("=") for part in path.split("/")[:-1] if "=" in part)
    return {unquote(name, errors="strict"): text for name, _, text in parts}


def _as_texts(values: pl.Series) -> list[str | None] | None:
    """Write values as the names of folders have them; `None` where that is not certain."""
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.to_string(_MOMENT).to_list()
    if values.dtype in _PLAIN:
        return values.cast(pl.String).to_list()
    return None


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
    values = _partition_values(opened)
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
        values["path"].to_list(),
        schema=schema,
        format=ds.ParquetFileFormat(read_options=times),
        filesystem=log_files(opened.location)[0],
        partitions=held,
    )
