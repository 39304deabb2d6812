"""The files that a version needs, and those that lie in the folder of a table.

Deletion vectors count as files: a version without them has other rows. Local tables alone.
"""

import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lakeproof.delta.log.data_files import data_files, decoded, vector_files
from lakeproof.delta.log.deletion_vectors import described
from lakeproof.delta.log.location import available_versions
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.leases.facts import LeaseError
from lakeproof.versioned.location import Location

# What Delta calls its own; whatever else lies there is somebody's.
_DATA, _VECTOR = ".parquet", "deletion_vector_"


@dataclass(frozen=True)
class LyingFile:
    """A file in a table's folder.

    Args:
        size: In bytes.
        modified: In seconds since 1970.
    """

    size: int
    modified: float


def files_of(opened: OpenedTable) -> dict[str, int]:
    """Map the files of a version, below the table's folder, to their sizes as the log says."""
    root = os.path.realpath(opened.location.uri)
    found = {
        path: file.size
        for file in data_files(opened)
        if (path := _below(root, file.path)) is not None
    }
    for name, least in vector_files(opened).items():
        if (path := _below(root, name)) is not None:
            found[path] = least
    return found


def lying_files(location: Location) -> dict[str, LyingFile]:
    """List the data files and deletion vectors that lie in a table's folder, by path below it."""
    root = location.absolute_uri
    found = {}
    for folder, folders, names in os.walk(root):
        # Delta's own, and those of others. A partition by a column named `_a` is passed over.
        folders[:] = [one for one in folders if not one.startswith(("_", "."))]
        for name in names:
            if name.endswith(_DATA) or (name.startswith(_VECTOR) and name.endswith(".bin")):
                path = os.path.join(folder, name)
                try:
                    told = os.lstat(path)
                except FileNotFoundError:
                    continue
                below = os.path.relpath(path, root).replace(os.sep, "/")
                found[below] = LyingFile(told.st_size, told.st_mtime)
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
    root = os.path.realpath(location.uri)
    oldest = min(available_versions(location), default=0)
    found: set[str] = set()
    for version in range(newest, -1, -1):
        path = Path(location.uri, "_delta_log", f"{version:020d}.json")
        try:
            actions = list(map(json.loads, path.read_bytes().splitlines()))
            written = path.stat().st_mtime
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
        if name is not None and (path := _below(root, name)) is not None:
            yield path


def _said(actions: list[dict[str, Any]]) -> float:
    said = (action["commitInfo"].get("timestamp") for action in actions if "commitInfo" in action)
    return max((float(one) / 1000 for one in said if one is not None), default=0.0)


def _below(root: str, path: str) -> str | None:
    """Give a path of the log as one below the table's folder; `None` where it lies elsewhere."""
    place = path.removeprefix("file://").removeprefix("file:")
    if "://" in place:
        return None
    if place.startswith("/"):
        place = os.path.realpath(place)
        if not place.startswith(f"{root}/"):
            return None
        place = place[len(root) + 1 :]
    return posixpath.normpath(place)
