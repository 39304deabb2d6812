"""What a file of Spark's holds at the least and at the most, from its own footer.

Spark's Parquet writer keeps that anyway; to have Delta's writer reckon it a second time costs more
than the digest. What is said must be true, since filters leave files out by it; where that is not
certain (NaN, infinities, wide decimals, years that have no four digits, nested fields) nothing is
said, which is always right.
"""

import json
import math
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lakeproof.delta.log.column_types import SAFE_DIGITS

if TYPE_CHECKING:
    import pyarrow.fs as pafs
    import pyarrow.parquet as pq

# As Delta's own writers have it.
_MOST_COLUMNS = 32
_LONGEST_TEXT = 32
_GREATEST_CHARACTER = "\U0010ffff"
_ONE_MILLISECOND = timedelta(milliseconds=1)


def statistics_of(
    filesystem: "pafs.FileSystem", path: str, without: Collection[str] | None = ()
) -> str:
    """Give the statistics of a file as a Delta log has them, reading its footer alone.

    Args:
        filesystem: Where the file is.
        path: The file.
        without: The columns of which nothing is said; `None` for all of them.
    """
    import pyarrow.parquet as pq

    with filesystem.open_input_file(path) as source:
        footer = pq.read_metadata(source)
    if without is None:
        return json.dumps({"numRecords": footer.num_rows})
    least: dict[str, Any] = {}
    greatest: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for position in range(min(footer.num_columns, _MOST_COLUMNS)):
        column = footer.schema.column(position)
        if column.name in without:
            continue
        if column.path != column.name or column.max_repetition_level:
            continue
        chunks = [footer.row_group(n).column(position) for n in range(footer.num_row_groups)]
        missing = _nulls(chunks)
        if missing is None:
            continue
        nulls[column.name] = missing
        if column.precision > SAFE_DIGITS:
            continue
        if (bounds := _bounds(chunks)) is not None:
            least[column.name], greatest[column.name] = bounds
    told = {
        "numRecords": footer.num_rows,
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _nulls(chunks: "Iterable[pq.ColumnChunkMetaData]") -> int | None:
    counts = [
        chunk.statistics.null_count
        if chunk.statistics is not None and chunk.statistics.has_null_count
        else None
        for chunk in chunks
    ]
    return None if None in counts else sum(count for count in counts if count is not None)


def _bounds(chunks: "Iterable[pq.ColumnChunkMetaData]") -> tuple[Any, Any] | None:
    """Join the bounds of row groups; none where one of them says nothing of its values."""
    known = []
    for chunk in chunks:
        statistics = chunk.statistics
        if statistics.null_count == chunk.num_values:
            continue
        if not statistics.has_min_max:
            return None
        try:
            known.append((statistics.min, statistics.max))
        except (ValueError, OverflowError):
            # A day or a moment that Python has not.
            return None
    if not known:
        return None
    least = _told(min(low for low, _ in known), is_most=False)
    greatest = _told(max(high for _, high in known), is_most=True)
    return None if least is None or greatest is None else (least, greatest)


def _told(value: Any, *, is_most: bool) -> Any:
    """Write a bound as Delta's readers take it; `None` where it cannot be told truly."""
    match value:
        case bool() | bytes():
            return None
        case int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return _text(value, is_most=is_most)
        case datetime():
            return _moment(value, is_most=is_most)
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
    return None


def _text(value: str, *, is_most: bool) -> str:
    if len(value) <= _LONGEST_TEXT:
        return value
    if not is_most:
        return value[:_LONGEST_TEXT]
    # One character greater than what is cut off, where there is a greater one.
    end = _LONGEST_TEXT
    while end < len(value) and value[end] == _GREATEST_CHARACTER:
        end += 1
    return value[:end] + (_GREATEST_CHARACTER if end < len(value) else "")


def _moment(value: datetime, *, is_most: bool) -> str | None:
    """Write a moment in whole milliseconds, which is all that readers keep of it."""
    whole = value.replace(microsecond=value.microsecond // 1000 * 1000)
    if is_most and whole != value:
        try:
            whole += _ONE_MILLISECOND
        except OverflowError:
            return None
    zone = "" if value.tzinfo is None else "Z"
    return whole.replace(tzinfo=None).isoformat(timespec="milliseconds") + zone
