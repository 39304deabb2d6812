"""What Spark may not leave out: files of which somebody else has told a bound that is not true.

delta-rs cuts a decimal of more than 15 digits to those of a double, and passes over NaN, which is
the greatest number to Spark. By such bounds, in the log or in a file's own footer, a filter finds
nothing where there is something. Tables that are made here have none (`file_statistics`).
"""

import logging
from typing import TYPE_CHECKING

import deltalake
import polars as pl

from lakeproof.delta.log.column_types import untold
from lakeproof.delta.log.data_files import decoded
from lakeproof.delta.read.writers import footers
from lakeproof.delta.write.file_statistics import has_floats

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakeproof.delta.log.opened_table import OpenedTable

logger = logging.getLogger(__name__)

_BY_THE_LOG = "spark.databricks.delta.stats.skipping"
_BY_FOOTERS = "spark.sql.parquet.filterPushdown"


def have_filters_look(session: "SparkSession", opened: "OpenedTable") -> None:
    """Have the session's filters look into every file, if a file of a version needs it.

    A setting of the session, for Spark knows it of no single table; it costs time and no row.
    """
    actions = pl.DataFrame(deltalake.DeltaTable.get_add_actions(opened.table, flatten=False))
    is_cut = any(_told(actions, column) for column in untold(opened.table.schema()))
    floats = (column for column, kind in opened.columns.items() if has_floats(kind))
    told = {path for column in floats for path in _told(actions, column)}
    has_nan = not all(footer.is_of_java for footer in footers(opened, sorted(told)))
    for key, is_needed in ((_BY_THE_LOG, is_cut or has_nan), (_BY_FOOTERS, has_nan)):
        if is_needed and session.conf.get(key, "true") != "false":
            session.conf.set(key, "false")
            logger.info(
                "Table '%s' tells bounds of decimals or floats that filters cannot trust: %s is "
                "false from now on",
                opened.location.name,
                key,
            )


def _told(actions: pl.DataFrame, column: str) -> set[str]:
    """List the files of which the log tells a bound of a column."""
    found: set[str] = set()
    for group in ("min", "max"):
        dtype = actions.schema.get(group)
        if isinstance(dtype, pl.Struct) and column in {field.name for field in dtype.fields}:
            is_told = pl.col(group).struct.field(column).is_not_null()
            found.update(map(decoded, actions.filter(is_told)["path"]))
    return found
