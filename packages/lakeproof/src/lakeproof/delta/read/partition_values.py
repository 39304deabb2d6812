"""The values of partitions that a log has for its files, and how they are written as text."""

from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from lakeproof.delta.log.data_files import decoded
from lakeproof.errors import TableError

if TYPE_CHECKING:
    from lakeproof.delta.log.opened_table import OpenedTable

# A value of these has one text, which is what folders are called by; of others it is not relied on.
_PLAIN = (pl.String, pl.Boolean, pl.Date, pl.Int8, pl.Int16, pl.Int32, pl.Int64)
# No name of a column holds a slash on both engines.
PATH = "/path"
_MOMENT = "%Y-%m-%d %H:%M:%S%.6f"


def partition_values(opened: "OpenedTable") -> pl.DataFrame:
    """Give the path of each file, decoded, and the values of partitions that the log has for it.

    In the order of the actions; a table without partitions has the paths alone, under `PATH`.
    """
    actions = pl.DataFrame(opened.table.get_add_actions(flatten=False))
    paths = pl.Series(PATH, [decoded(path) for path in actions["path"]], dtype=pl.String)
    if "partition" not in actions.columns:
        return pl.DataFrame([paths])
    values = actions["partition"].struct.unnest().get_columns()
    return pl.DataFrame([paths, *values])


def as_texts(values: pl.Series) -> list[str | None] | None:
    """Write values as the names of folders have them; `None` where that is not certain."""
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.to_string(_MOMENT).to_list()
    if values.dtype in _PLAIN:
        return values.cast(pl.String).to_list()
    return None


def folders_of(path: str) -> dict[str, str]:
    """Read the names of folders as Polars does."""
    parts = (part.partition("=") for part in path.split("/")[:-1] if "=" in part)
    return {unquote(name, errors="strict"): text for name, _, text in parts}


def require_one_meaning(opened: "OpenedTable", values: pl.DataFrame | None = None) -> None:
    """Refuse what lays out files and is read as something else by one of the engines.

    That is a text of no length, which Spark reads and delta-rs calls missing, and bytes.

    Args:
        opened: The version.
        values: Those of its partitions, where they are known already.

    Raises:
        TableError: Naming table and column.
    """
    columns = opened.table.metadata().partition_columns
    if not columns:
        return
    values = partition_values(opened) if values is None else values
    for column in columns:
        if values.schema.get(column) == pl.Binary:
            raise TableError(
                f"Table '{opened.location.name}' was not read at version {opened.version}: column "
                f"'{column}' lays out its files and is binary, of which delta-rs reads other bytes "
                "than were written. Write its rows to a new table instead, laid out otherwise."
            )
    texts = [column for column in columns if values.schema.get(column) == pl.String]
    for path in values[PATH] if texts else ():
        folders = folders_of(path)
        for column in texts:
            if folders.get(column) == "":
                raise TableError(
                    f"Table '{opened.location.name}' was not read at version {opened.version}: "
                    f"column '{column}' lays out its files and holds an empty text, which Spark "
                    "reads as a text and delta-rs as missing. Write its rows to a new table instead"
                    ", with another text."
                )
