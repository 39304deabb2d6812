"""What the footers of data files say of who wrote them, and how: each is read once.

Not for what is in the files.
"""

import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeproof.delta.location import log_files

if TYPE_CHECKING:
    import pyarrow.fs as pafs

    from lakeproof.delta.log import OpenedTable

_LEGACY_KEYS = (b"org.apache.spark.legacyDateTime", b"org.apache.spark.legacyINT96")
_VERSION_KEY = b"org.apache.spark.version"
_FIRST_OF_ONE_CALENDAR = (3, 1)
_CONNECTIONS = 8


@dataclass(frozen=True)
class Footer:
    """How a file was written.

    Args:
        has_int96: Whether it has times in INT96.
        is_legacy: Whether days of long ago are in the calendar of Spark before 3.1.
        is_of_java: Whether Spark's own Parquet library wrote it, which tells no bound beside a NaN.
    """

    has_int96: bool
    is_legacy: bool
    is_of_java: bool


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
    return Footer(
        has_int96="INT96" in kinds,
        is_legacy=is_old or any(key in told for key in _LEGACY_KEYS),
        is_of_java=footer.created_by.startswith("parquet-mr"),
    )
