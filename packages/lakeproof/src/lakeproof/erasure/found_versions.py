"""Which versions of a table hold rows of some keys: of each file the key is read, and once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from lakeproof.delta.diff.own_files import is_plain, only_files
from lakeproof.delta.log.data_files import decoded
from lakeproof.delta.log.location import available_versions
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_to_read
from lakeproof.delta.read.scan import scan
from lakeproof.errors import LakeproofError
from lakeproof.versioned.location import Location


@dataclass(frozen=True)
class FoundVersion:
    """A version that holds rows of the keys.

    Args:
        version: Its number.
        rows: How many.
        is_whole: Whether all of its files are there; else there may have been more.
    """

    version: int
    rows: int
    is_whole: bool


@dataclass(frozen=True)
class FoundVersions:
    """What was found in one table.

    Args:
        versions: Those that hold rows of the keys, oldest first.
        unreadable: Those that could not be looked at.
        files: The data files that hold some.
        newest: The newest version of the table.
    """

    versions: tuple[FoundVersion, ...]
    unreadable: tuple[int, ...]
    files: tuple[str, ...]
    newest: int

    @property
    def is_live(self) -> bool:
        """Tell whether the newest version holds any."""
        return any(one.version == self.newest for one in self.versions)


def find_versions(location: Location, keys: pl.DataFrame) -> FoundVersions:
    """Look for keys in every version that the log can rebuild.

    Raises:
        LakeproofError: If there is no table.
    """
    search = _Search(location, keys)
    numbers = available_versions(location)
    found, unreadable = [], []
    for version in numbers:
        try:
            one = search.look(version)
        except LakeproofError:
            unreadable.append(version)
            continue
        if one is not None and one.rows:
            found.append(one)
    files = tuple(path for path, rows in search.rows_in.items() if rows)
    return FoundVersions(tuple(found), tuple(unreadable), files, max(numbers, default=-1))


class _Search:
    def __init__(self, location: Location, keys: pl.DataFrame) -> None:
        self._location, self._keys = location, keys
        # `None` for a file that is gone.
        self.rows_in: dict[str, int | None] = {}

    def look(self, version: int) -> FoundVersion | None:
        opened = open_to_read(self._location, version)
        if not set(self._keys.columns) <= opened.columns.keys():
            return None
        if not (opened.location.is_local and is_plain(opened)):
            return FoundVersion(version, count_keys(scan(opened), self._keys), is_whole=True)
        paths = list(opened.rows_by_path())
        self._read(opened, [path for path in paths if path not in self.rows_in])
        counts = [self.rows_in[path] for path in paths]
        return FoundVersion(version, sum(one or 0 for one in counts), None not in counts)

    def _read(self, opened: OpenedTable, paths: Sequence[str]) -> None:
        root = Path(opened.location.uri)
        there = [path for path in paths if (root / decoded(path)).exists()]
        self.rows_in |= dict.fromkeys(set(paths).difference(there))
        if there and not self._count(opened, there):
            self.rows_in |= dict.fromkeys(there, 0)
            return
        for path in there:
            self.rows_in[path] = self._count(opened, [path])

    def _count(self, opened: OpenedTable, paths: Iterable[str]) -> int:
        part = only_files(opened, set(paths))
        return count_keys(scan(part if part is not None else opened), self._keys)


def count_keys(rows: Any, keys: pl.DataFrame) -> int:
    """Count the rows of some keys; the other columns are not read.

    Raises:
        ErasureError: Never; a type that does not fit is one of which there are no rows.
    """
    columns: Collection[str] = keys.columns
    schema = rows.collect_schema()
    if any(schema[name] != keys.schema[name] for name in columns):
        return 0
    held = rows.select(columns).join(keys.lazy(), on=list(columns), how="semi")
    return int(held.select(pl.len()).collect(engine="streaming").item())
