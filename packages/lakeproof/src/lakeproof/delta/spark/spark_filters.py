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
from lakeproof.delta.log.features import features_of
from lakeproof.delta.read.writers import footers
from lakeproof.delta.write.file_statistics import has_floats
from lakeproof.errors import TableError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakeproof.delta.log.opened_table import OpenedTable

logger = logging.getLogger(__name__)

_BY_THE_LOG = "spark.databricks.delta.stats.skipping"
_BY_FOOTERS = "spark.sql.parquet.filterPushdown"
# Ours: the table with deletion vectors that the session has been handed.
_HAS_VECTORS = "spark.lakeproof.deletionVectors"
SET_FOR_TABLES = (_BY_THE_LOG, _BY_FOOTERS, _HAS_VECTORS)


def have_filters_look(session: "SparkSession", opened: "OpenedTable") -> None:
    """Have the session's filters look into every file, if a file of a version needs it.

    A setting of the session, for Spark knows it of no single table; it costs time and no row. With
    it Delta 4.2 reads no table with deletion vectors: a session has one kind or the other.

    Raises:
        TableError: If the session would need both.
    """
    name = opened.location.name
    actions = pl.DataFrame(deltalake.DeltaTable.get_add_actions(opened.table, flatten=False))
    is_cut = any(_told(actions, column) for column in untold(opened.table.schema()))
    floats = (column for column, kind in opened.columns.items() if has_floats(kind))
    told = {path for column in floats for path in _told(actions, column)}
    has_nan = not all(footer.is_of_java for footer in footers(opened, sorted(told)))
    vectors = session.conf.get(_HAS_VECTORS, "")
    if "deletionVectors" in features_of(opened.table):
        vectors = name
        session.conf.set(_HAS_VECTORS, name)
    if vectors and (is_cut or has_nan or session.conf.get(_BY_THE_LOG, "true") == "false"):
        raise TableError(
            f"Table '{name}' was not read: table '{vectors}' has deletion vectors, and Delta on "
            f"Spark reads them only with {_BY_THE_LOG}, by which rows are missed in a table of "
            "this session whose bounds of decimals or floats are not true. Run it on the embedded "
            "engine, or rewrite one of the two: REORG TABLE … APPLY (PURGE), or OPTIMIZE."
        )
    for key, is_needed in ((_BY_THE_LOG, is_cut or has_nan), (_BY_FOOTERS, has_nan)):
        if is_needed and session.conf.get(key, "true") != "false":
            session.conf.set(key, "false")
            logger.info(
                "Table '%s' tells bounds of decimals or floats that filters cannot trust: %s is "
                "false from now on",
                name,
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
