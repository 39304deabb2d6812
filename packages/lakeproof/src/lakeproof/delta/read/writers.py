"""What the footers of data files say of who wrote them, and how: each is read once.

Not for what is in the files.
"""

import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeproof.delta.log.location import log_files

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.fs as pafs

    from lakeproof.delta.log.opened_table import OpenedTable

_LEGACY_KEYS = (b"org.apache.spark.legacyDateTime", b"org.apache.spark.legacyINT96")
_VERSION_KEY = b"org.apache.spark.version"
_FIRST_OF_ONE_CALENDAR = (3, 1)
_CONNECTIONS = 8
# 1900-01-01, and how many there are of a unit in a day.
_FIRST_DAY = -25_567
_PER_DAY = {
    "date32[day]": 1,
    "timestamp[ms]": 86_400_000,
    "timestamp[ms,": 86_400_000,
    "timestamp[us]": 86_400_000_000,
    "timestamp[us,": 86_400_000_000,
    "timestamp[ns]": 86_400_000_000_000,
    "timestamp[ns,": 86_400_000_000_000,
}


@dataclass(frozen=True)
class Footer:
    """How a file was written.

    Args:
        has_int96: Whether it has times in INT96.
        is_legacy: Whether it holds days of before 1900 in the calendar of Spark before 3.1.
        is_of_java: Whether Spark's own Parquet library wrote it, which tells no bound beside a NaN.
        rows: How many rows are in it, deleted ones too.
        schema: Its columns, as it calls and types them.
    """

    has_int96: bool
    is_legacy: bool
    is_of_java: bool
    rows: int
    schema: "pa.Schema"


_known: dict[tuple[str, str, int], Footer] = {}


def footers(opened: "OpenedTable", paths: Iterable[str]) -> list[Footer]:
    """Read the footers of files of a version.

    Args:
        opened: The version.
        paths: Below the table's folder, decoded.
    """
    wanted = list(paths)
    if not wanted:
        return []
    filesystem, _ = log_files(opened.location)
    root = opened.location.absolute_uri

    def ask(path: str) -> Footer:
        time = os.stat(f"{root}/{path}").st_mtime_ns if opened.location.is_local else 0
        key = root, path, time
        if key not in _known:
            _known[key] = _read(filesystem, path)
        return _known[key]

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return list(pool.map(ask, wanted))


def _read(filesystem: "pafs.FileSystem", path: str) -> Footer:
    import pyarrow.parquet as pq

    with filesystem.open_input_file(path) as source:
        footer = pq.read_metadata(source)
    kinds = {footer.schema.column(n).physical_type for n in range(footer.num_columns)}
    told = footer.metadata or {}
    version = re.match(rb"(\d+)\.(\d+)", told.get(_VERSION_KEY, b""))
    is_old = version is not None and tuple(map(int, version.groups())) < _FIRST_OF_ONE_CALENDAR
    is_legacy = is_old or any(key in told for key in _LEGACY_KEYS)
    return Footer(
        has_int96="INT96" in kinds,
        is_legacy=is_legacy and _holds_old_days(filesystem, path),
        is_of_java=footer.created_by.startswith("parquet-mr"),
        rows=footer.num_rows,
        schema=footer.schema.to_arrow_schema(),
    )


def _holds_old_days(filesystem: "pafs.FileSystem", path: str) -> bool:
    """Look for a day of before 1900, however deep it is nested: nobody tells of those."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with filesystem.open_input_file(path) as source:
        file = pq.ParquetFile(source, coerce_int96_timestamp_unit="us")
        for batch in file.iter_batches():
            for times in (part for column in batch.columns for part in _times(column)):
                least = pc.min(times)
                if least.is_valid and least.value < _FIRST_DAY * _PER_DAY[str(times.type)[:13]]:
                    return True
    return False


def _times(array: "pa.Array") -> "Iterator[pa.Array]":
    import pyarrow as pa

    kind = array.type
    if pa.types.is_date32(kind) or pa.types.is_timestamp(kind):
        yield array
    elif pa.types.is_map(kind):
        yield from _times(array.keys)
        yield from _times(array.items)
    elif pa.types.is_struct(kind) or pa.types.is_list(kind):
        parts = array.flatten() if pa.types.is_struct(kind) else [array.flatten()]
        for part in parts:
            yield from _times(part)
