"""Which versions of a table hold rows of some keys: of each file the key is read, and once.

A version is opened where files are to be read for it, or the log says more of it than files; all
others are followed from one commit to the next, since a table may have thousands.
"""

import json
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from lakeproof.delta.diff.own_files import is_plain, only_files
from lakeproof.delta.log.data_files import decoded
from lakeproof.delta.log.location import available_versions, filesystem_of
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_to_read
from lakeproof.delta.read.scan import scan
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.frames.batches import panics_as_errors
from lakeproof.leases.needed_files import files_of, folders_of, lying_files, tables_within
from lakeproof.stores import files as stores
from lakeproof.stores.files import StoredFile
from lakeproof.versioned.location import Location
from lakeproof.versioned.store_errors import explained_store

# A writer may be about to name a younger file in a commit.
_DAY = 86_400
_CONNECTIONS = 8
# What changed, row by row, beside the versions: of tables with a change data feed.
_CHANGES, _LOG = "_change_data", "_delta_log"
# After these, only a version that is opened tells what its files mean.
_OPENED_ANEW = ("protocol", "metaData")


@dataclass(frozen=True)
class FoundVersion:
    """A version that holds rows of the keys.

    Args:
        version: Its number.
        rows: How many.
        is_whole: Whether all of its files are there; else there may have been more.
        table_id: The id that the table had then, by which leases and records know the version.
    """

    version: int
    rows: int
    is_whole: bool
    table_id: str = field(default="", compare=False)


@dataclass(frozen=True)
class FoundVersions:
    """What was found in one table.

    Args:
        versions: Those that hold rows of the keys, oldest first.
        unreadable: Those of which it is not known: their files are gone, or the key is none there.
        files: The data files that hold some, also such that no version names.
        newest: The newest version of the table.
        recent: Those of the files that are not this table's to remove: no version names them, and
            they are too young to be left over, or lie in a folder of another table.
        unread_files: Files that no version names, and in which the key could not be read.
    """

    versions: tuple[FoundVersion, ...]
    unreadable: tuple[int, ...]
    files: tuple[str, ...]
    newest: int
    recent: tuple[str, ...] = ()
    unread_files: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Tell whether the newest version holds any."""
        return any(one.version == self.newest for one in self.versions)

    @property
    def has_rows(self) -> bool:
        """Tell whether a row was found."""
        return bool(self.versions or self.files)

    @property
    def is_clear(self) -> bool:
        """Tell whether all was looked at, and no row was there."""
        return not (self.has_rows or self.unreadable or self.unread_files)


def find_versions(
    location: Location, keys: Keys, only: Collection[int] | None = None
) -> FoundVersions:
    """Look for keys in every version that the log can rebuild, and in files that none names.

    Args:
        location: The table.
        keys: What to look for.
        only: The versions to look at; all where it is `None`.

    Raises:
        LakeproofError: If there is no table.
        ErasureError: If no version has the columns of the keys.
    """
    search = _Search(location, keys)
    there = available_versions(location)
    numbers = there if only is None else sorted(only)
    found, unreadable = [], []
    for version in numbers:
        try:
            one = search.follow(version) or search.look(version)
        except Exception:  # whatever it is, this version was not looked at
            unreadable.append(version)
            continue
        if one.rows:
            found.append(one)
        elif not one.is_whole:
            unreadable.append(version)
    if numbers and search.foreign == len(numbers):
        raise ErasureError(f"it has no column '{search.absent}'")
    if location.is_local:
        search.look_at_strays()
    else:
        search.look_in_store()
    files = [path for path, rows in search.rows_in.items() if rows]
    return FoundVersions(
        tuple(found),
        tuple(unreadable),
        (*files, *search.strays),
        max(there, default=-1),
        tuple(search.recent),
        tuple(search.unread),
    )


class _Search:
    def __init__(self, location: Location, keys: Keys) -> None:
        self._location, self._keys = location, keys
        # `None` for a file that is gone.
        self.rows_in: dict[str, int | None] = {}
        # Versions without the columns of the key.
        self.foreign, self.absent = 0, ""
        self._named: set[str] = set()
        # The version that was looked at last, with its files; `None` where none can follow it.
        self._last: tuple[FoundVersion, set[str]] | None = None
        self.strays: list[str] = []
        self.recent: list[str] = []
        self.unread: list[str] = []

    def follow(self, version: int) -> FoundVersion | None:
        """Look at a version by its commit alone; `None` where it is to be opened."""
        last, self._last = self._last, None
        if last is None or last[0].version != version - 1:
            return None
        commit = Path(self._location.uri, _LOG, f"{version:020d}.json")
        try:
            actions = list(map(json.loads, commit.read_bytes().splitlines()))
        except (OSError, ValueError):
            return None
        if any(kind in action for action in actions for kind in _OPENED_ANEW):
            return None
        paths = last[1]
        removed = {action["remove"]["path"] for action in actions if "remove" in action}
        added = {action["add"]["path"] for action in actions if "add" in action}
        if not removed <= paths or not added.isdisjoint(removed):
            return None
        if any(self._is_there(path) for path in added if path not in self.rows_in):
            return None
        self.rows_in |= {path: None for path in added if path not in self.rows_in}
        return self._found(version, (paths - removed) | added, last[0].table_id)

    def _is_there(self, path: str) -> bool:
        return (Path(self._location.uri) / decoded(path)).exists()

    def _found(self, version: int, paths: set[str], table_id: str) -> FoundVersion:
        counts = [self.rows_in[path] for path in paths]
        total = sum(one or 0 for one in counts)
        found = FoundVersion(version, total, None not in counts, table_id)
        self._last = found, paths
        return found

    def look(self, version: int) -> FoundVersion:
        """Open a version and look at it."""
        opened = open_to_read(self._location, version)
        if absent := [one for one in self._keys.columns if one not in opened.columns]:
            self.foreign, self.absent = self.foreign + 1, absent[0]
            raise ErasureError(f"it has no column '{absent[0]}'")
        rows = scan(opened)
        keys = self._keys.rows(rows.collect_schema(), self._location.name)
        if not (opened.location.is_local and is_plain(opened)):
            count = count_keys(rows, keys)
            self._name(opened)
            return FoundVersion(version, count, is_whole=True, table_id=opened.table_id)
        paths = opened.table.get_add_actions(flatten=False)["path"].to_pylist()
        self._read(opened, keys, [path for path in paths if path not in self.rows_in])
        self._name(opened)
        return self._found(version, set(paths), opened.table_id)

    def look_at_strays(self) -> None:
        """Read the files in the table's folder that none of the versions names."""
        root = Path(self._location.absolute_uri)
        lying = lying_files(self._location)
        others = {path for path, one in lying.items() if one.is_anothers}
        modified = {path: one.modified for path, one in lying.items()}
        for path in (root / _CHANGES).rglob("*.parquet"):
            modified[path.relative_to(root).as_posix()] = path.stat().st_mtime
        for name, written in modified.items():
            if name in self._named or not name.endswith(".parquet"):
                continue
            try:
                rows = pl.scan_parquet(root / name, glob=False)
                keys = self._keys.rows(rows.collect_schema(), self._location.name)
                count = count_keys(rows, keys)
            except Exception:  # whatever it is, this file was not looked at
                self.unread.append(name)
                continue
            if count:
                self.strays.append(name)
                if name in others or time.time() - written < _DAY:
                    self.recent.append(name)

    def look_in_store(self) -> None:
        """Read the key of each file in the table's folder, whichever version names it."""
        location = self._location
        below = filesystem_of(location)

        def one(file: StoredFile) -> int | None:
            try:
                with below.open_input_file(file.path) as source:
                    return self._count_in(source, file.path)
            except Exception:  # whatever it is, this file was not looked at
                return None

        with explained_store(location):
            listed = list(stores.listed(location.uri, location.storage_options))
        others = tables_within(one.path for one in listed)
        files = [one for one in listed if _may_hold_rows(one.path)]
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            for file, count in zip(files, pool.map(one, files), strict=True):
                if count is None:
                    self.unread.append(file.path)
                elif count:
                    self.rows_in[file.path] = count
                    is_young = time.time() - file.modified_ns / 1e9 < _DAY
                    is_left = is_young or not others.isdisjoint(folders_of(file.path))
                    if file.path not in self._named and is_left:
                        self.recent.append(file.path)

    def _count_in(self, source: Any, path: str) -> int:
        import pyarrow.parquet as pq

        # One file, not a data set: the folder is none.
        told = pq.ParquetFile(source)
        absent = set(self._keys.columns) - set(told.schema_arrow.names)
        if absent and path in self._named:
            return 0  # from before the table had it
        rows = pl.DataFrame(pl.from_arrow(told.read(columns=list(self._keys.columns))))
        return count_keys(rows.lazy(), self._keys.rows(rows.schema, self._location.name))

    def _name(self, opened: OpenedTable) -> None:
        """Count a version's files as looked at: not before, since what none looked at is read."""
        self._named |= files_of(opened).keys()

    def _read(self, opened: OpenedTable, keys: Any, paths: Sequence[str]) -> None:
        there = [path for path in paths if self._is_there(path)]
        self.rows_in |= dict.fromkeys(set(paths).difference(there))
        if there and not self._count(opened, keys, there):
            self.rows_in |= dict.fromkeys(there, 0)
            return
        for path in there:
            self.rows_in[path] = self._count(opened, keys, [path])

    def _count(self, opened: OpenedTable, keys: Any, paths: Iterable[str]) -> int:
        part = only_files(opened, set(paths))
        return count_keys(scan(part if part is not None else opened), keys)


def _may_hold_rows(path: str) -> bool:
    folder = path.partition("/")[0]
    return path.endswith(".parquet") and folder not in (_LOG, "_lakeproof")


def count_keys(rows: Any, keys: pl.DataFrame) -> int:
    """Count the rows of some keys, which have its types; the other columns are not read."""
    columns = keys.columns
    held = rows.select(columns).join(keys.lazy(), on=columns, how="semi")
    with panics_as_errors():
        return int(held.select(pl.len()).collect(engine="streaming").item())
