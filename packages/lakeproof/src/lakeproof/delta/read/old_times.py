"""Which files of a version hold times that Polars and delta-rs do not read as Spark wrote them.

Spark's default for times, INT96, is nanoseconds to everybody else: Polars reads one instant for all
times outside of 1677 to 2262 (issue 29184), delta-rs wraps them around, and neither says so. Files
of before Spark 3 count the days of before 1582 by another calendar, which Spark alone takes into
account.
"""

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from lakeproof.delta.log.data_files import decoded, other_times
from lakeproof.delta.read.writers import footers
from lakeproof.errors import TableError

if TYPE_CHECKING:
    from lakeproof.delta.log.opened_table import OpenedTable

# Between these every writer and reader means the same.
_FIRST, _LAST = date(1900, 1, 1), date(2261, 12, 31)
_TIMES = re.compile(r"\b(?:timestamp|date)")
_NAMES_IN_TYPE = re.compile(r'"[^"]*"')


def has_wide_times(opened: "OpenedTable") -> bool:
    """Tell whether a file of a version may hold INT96 times of before 1900 or after 2261.

    Raises:
        TableError: If a file holds days of before 1900 in a calendar that Spark alone reads.
    """
    found = footers(opened, _doubtful(opened))
    if any(footer.is_legacy for footer in found):
        raise TableError(
            f"Table '{opened.location.name}' was not read at version {opened.version}: a file of "
            "it was written by a Spark before 3.1, or in its calendar, and holds days of before "
            "1900, which the two engines (delta-rs, Spark) read as different days. Write its rows "
            "to a new table with Spark instead."
        )
    return any(footer.has_int96 for footer in found)


def refuse_rewriting(opened: "OpenedTable") -> None:
    """Refuse a write that would have delta-rs copy times which it reads as others.

    Raises:
        TableError: Naming the table.
    """
    if has_wide_times(opened):
        raise TableError(
            f"Table '{opened.location.name}' holds times of before 1900 or after 2261 in Spark's "
            "INT96, which delta-rs would write anew as other times. The table is as it was. Have "
            "Spark merge and delete (engine: spark), or overwrite the table once."
        )


def _doubtful(opened: "OpenedTable") -> list[str]:
    """List the files of which the log does not say that all is well."""
    partitions = opened.table.metadata().partition_columns
    columns = {
        name: kind
        for name, kind in opened.columns.items()
        if name not in partitions and _TIMES.search(_NAMES_IN_TYPE.sub("", kind))
    }
    return _not_vouched_for(opened, columns) if columns else []


def _not_vouched_for(opened: "OpenedTable", columns: dict[str, str]) -> list[str]:
    """List the files whose least and greatest times the log does not tell, or tells as wide."""
    import polars as pl

    actions = pl.DataFrame(opened.table.get_add_actions(flatten=False))
    is_known = pl.lit(value=True)
    for name, kind in columns.items():
        is_known &= _is_between(actions, name, kind)
    known = actions.select(pl.col("path"), is_known.fill_null(value=False).alias("is_known"))
    changed = {path for path, _ in other_times(opened)}
    paths = ((decoded(path), is_fine) for path, is_fine in known.iter_rows())
    return [path for path, is_fine in paths if not is_fine or path in changed]


def _is_between(actions: Any, name: str, kind: str) -> Any:
    import polars as pl

    def told(group: str) -> Any:
        dtype = actions.schema.get(group)
        if not isinstance(dtype, pl.Struct) or name not in {f.name for f in dtype.fields}:
            return None
        return pl.col(group).struct.field(name)

    least, greatest, nulls = told("min"), told("max"), told("null_count")
    if "<" in kind or nulls is None:
        return pl.lit(value=False)
    is_empty = nulls == pl.col("num_records")
    if least is None or greatest is None:
        return is_empty
    first: Any = _FIRST
    last: Any = _LAST
    if kind != "date":
        zone = UTC if kind == "timestamp" else None
        first = datetime(first.year, first.month, first.day, tzinfo=zone)
        last = datetime(last.year, last.month, last.day, tzinfo=zone)
    return is_empty | ((least >= first) & (greatest <= last)).fill_null(value=False)
