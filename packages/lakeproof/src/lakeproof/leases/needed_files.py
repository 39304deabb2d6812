"""The files that a version needs, and those that lie in the folder of a table.

Deletion vectors count as files: a version without them has other rows.
"""

import json
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakeproof.delta.log.data_files import data_files, decoded, vector_files
from lakeproof.delta.log.deletion_vectors import described
from lakeproof.delta.log.location import available_versions, filesystem_of
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.leases.facts import LeaseError
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location
from lakeproof.versioned.store_errors import explained_store

# What Delta calls its own; whatever else lies there is somebody's.
_DATA, _VECTOR, _LOG = ".parquet", "deletion_vector_", "_delta_log"


@dataclass(frozen=True)
class LyingFile:
    """A file in a table's folder.

    Args:
        size: In bytes.
        modified: In seconds since 1970.
        is_anothers: Whether it lies in the folder of another table, which is within this one's.
    """

    size: int
    modified: float
    is_anothers: bool


def files_of(opened: OpenedTable) -> dict[str, int]:
    """Map the files of a version, below the table's folder, to their sizes as the log says."""
    root = root_of(opened.location)
    found = {
        path: file.size
        for file in data_files(opened)
        if (path := path_below(root, file.path)) is not None
    }
    for name, least in vector_files(opened).items():
        if (path := path_below(root, name)) is not None:
            found[path] = least
    return found


def lying_files(location: Location) -> dict[str, LyingFile]:
    """List the data files and deletion vectors that lie in a table's folder, by path below it."""
    return _on_disk(location) if location.is_local else _in_store(location)


def _in_store(location: Location) -> dict[str, LyingFile]:
    with explained_store(location):
        listed = list(stores.listed(location.uri, location.storage_options))
    others = tables_within(file.path for file in listed)
    return {
        file.path: LyingFile(
            file.size, file.modified_ns / 1e9, not others.isdisjoint(folders_of(file.path))
        )
        for file in listed
        if _is_deltas(posixpath.basename(file.path))
        and not any(map(_is_passed_over, file.path.split("/")[:-1]))
    }


def tables_within(paths: Iterable[str]) -> set[str]:
    """Name the folders of other tables that lie below a table's own.

    Args:
        paths: All files that lie below it.
    """
    logs = f"/{_LOG}/"
    return {path.partition(logs)[0] for path in paths if logs in path}


def folders_of(path: str) -> set[str]:
    """Name the folders that a file lies in, each below the same place as the file."""
    parts = path.split("/")[:-1]
    return {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}


def _is_deltas(name: str) -> bool:
    return name.endswith(_DATA) or (name.startswith(_VECTOR) and name.endswith(".bin"))


def _is_passed_over(folder: str) -> bool:
    # Delta's own, and those of others. A partition by a column named `_a` is passed over.
    return folder.startswith(("_", "."))


def _on_disk(location: Location) -> dict[str, LyingFile]:
    root = location.absolute_uri
    found = {}
    others: set[str] = set()
    for folder, folders, names in os.walk(root):
        if folder != root and (_LOG in folders or os.path.dirname(folder) in others):
            others.add(folder)
        folders[:] = [one for one in folders if not _is_passed_over(one)]
        for name in names:
            if _is_deltas(name):
                path = os.path.join(folder, name)
                try:
                    told = os.lstat(path)
                except FileNotFoundError:
                    continue
                below = os.path.relpath(path, root).replace(os.sep, "/")
                found[below] = LyingFile(told.st_size, told.st_mtime, folder in others)
    return found


def left_since(location: Location, newest: int, cutoff: datetime) -> set[str]:
    """Name the files that versions needed which were the newest after a moment.

    Args:
        location: The table.
        newest: Its newest version.
        cutoff: The moment.

    Raises:
        LeaseError: If the log does not reach back to it.
    """
    root = root_of(location)
    oldest = min(available_versions(location), default=0)
    found: set[str] = set()
    filesystem = filesystem_of(location)
    for version in range(newest, -1, -1):
        path = f"_delta_log/{version:020d}.json"
        try:
            with filesystem.open_input_file(path) as file:
                actions = list(map(json.loads, file.read().splitlines()))
            written = filesystem.get_file_info(path).mtime_ns / 1e9
        except FileNotFoundError as error:
            raise LeaseError(
                f"The log of table '{location.name}' begins with version {oldest} and is younger "
                f"than {cutoff:%Y-%m-%d}: which files versions of that time need is not known. "
                "Nothing was deleted. Give a shorter --min-age."
            ) from error
        if max(written, _said(actions)) < cutoff.timestamp():
            break
        for action in actions:
            if remove := action.get("remove"):
                found |= set(_named(root, remove))
    return found


def _named(root: str, action: Mapping[str, Any]) -> Iterator[str]:
    """Yield the data file and the deletion vector that an action names."""
    names: list[str | None] = [decoded(action["path"])]
    if vector := action.get("deletionVector"):
        names.append(described(vector).file)
    for name in names:
        if name is not None and (path := path_below(root, name)) is not None:
            yield path


def _said(actions: list[dict[str, Any]]) -> float:
    said = (action["commitInfo"].get("timestamp") for action in actions if "commitInfo" in action)
    return max((float(one) / 1000 for one in said if one is not None), default=0.0)


def root_of(location: Location) -> str:
    """Give the table's folder as absolute paths of the log begin with it."""
    return os.path.realpath(location.uri) if location.is_local else location.uri.rstrip("/")


def path_below(root: str, path: str) -> str | None:
    """Give a path of the log as one below the table's folder; `None` where it lies elsewhere.

    Args:
        root: The folder, as `root_of` gives it.
        path: Decoded.
    """
    if "://" in root and path.startswith(f"{root}/"):
        return posixpath.normpath(path[len(root) + 1 :])
    place = path.removeprefix("file://").removeprefix("file:")
    if "://" in place:
        return None
    if place.startswith("/"):
        place = os.path.realpath(place)
        if not place.startswith(f"{root}/"):
            return None
        place = place[len(root) + 1 :]
    return posixpath.normpath(place)
