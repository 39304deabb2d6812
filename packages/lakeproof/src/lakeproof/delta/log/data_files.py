"""The data files of a version as they lie on the disk, beside what the log says of them.

Not for what is in them: that is read (`scan`), and digested (`versions`).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lakeproof.delta.log.location import COMMIT_FILE
from lakeproof.errors import PinError
from lakeproof.spelling import typed
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location
from lakeproof.versioned.store_errors import explained_store

if TYPE_CHECKING:
    from lakeproof.delta.log.opened_table import OpenedTable

_LOG = "_delta_log/"
# A writer dates a file when it has closed it, and a disk keeps whole seconds at the worst. What is
# written into a file afterwards always dates it later.
_EARLIER_MS = 10_000
_LATER_MS = 2
# A commit dates itself before its file is written, a checkpoint is made after its commit.
_WRITING_MS = 1_000
_CHECKPOINT_MS = 60_000


@dataclass(frozen=True)
class DataFile:
    """A data file of a version.

    Args:
        path: Below the table's folder, decoded.
        size: In bytes, as the log says.
        modified: In milliseconds since 1970, as the log says.
    """

    path: str
    size: int
    modified: int

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether it lies in no folder of the table, as in a shallow clone."""
        return self.path.startswith(("/", "file:")) or "://" in self.path


def data_files(opened: "OpenedTable") -> Iterator[DataFile]:
    """List the files of a version."""
    # As it comes: PyArrow would import pandas to make a table of it.
    actions = opened.table.get_add_actions(flatten=False)
    for path, size, modified in zip(
        *(actions[name].to_pylist() for name in ("path", "size_bytes", "modification_time")),
        strict=True,
    ):
        yield DataFile(decoded(path), size, modified)


def vector_files(opened: "OpenedTable") -> dict[str, int]:
    """Map the files in which deletion vectors are written to the least size that they have."""
    found: dict[str, int] = {}
    for vector in opened.deletion_vectors.values():
        if vector.file is not None:
            # Its length is before it, its checksum after it, and others may follow.
            found[vector.file] = max(found.get(vector.file, 0), vector.offset + vector.size + 8)
    return found


def decoded(path: str) -> str:
    """Give the name on the disk of a path in the log, which is encoded once."""
    return unquote(path) if "%" in path else path


def require_files(opened: "OpenedTable") -> None:
    """Refuse a version whose data files are gone or cut short.

    Looks at presence and size; content is verified by digest. A store is asked for a listing of the
    table, one request per thousand files.
    """
    location = opened.location
    size_of = _on_disk(location.uri) if location.is_local else _in_store(location)
    damaged = []
    for file in data_files(opened):
        name = os.path.basename(file.path)
        if file.is_elsewhere:
            damaged.append(f"{name} (outside of the table's folder: it is a shallow clone)")
            continue
        size = size_of(file.path)
        if size is None:
            damaged.append(name)
        elif size != file.size:
            damaged.append(f"{name} (another size than the log says)")
    for path, least in vector_files(opened).items():
        size = size_of(path)
        if size is None:
            damaged.append(path)
        elif size < least:
            damaged.append(f"{path} (shorter than the log says)")
    if damaged:
        raise PinError(
            f"Table '{location.name}' cannot be read at version {opened.version}: {len(damaged)} "
            f"data file(s) are missing or damaged, the first is {damaged[0]}. Nothing was run; its "
            f"other versions may be whole. List them: {typed('kedro history', location.name)}"
        )


def _on_disk(root: str) -> Callable[[str], int | None]:
    def size_of(path: str) -> int | None:
        try:
            return os.stat(os.path.join(root, path)).st_size
        except OSError:
            return None

    return size_of


def _in_store(location: Location) -> Callable[[str], int | None]:
    with explained_store(location):
        return stores.sizes(location.uri, location.storage_options).get


def other_times(opened: "OpenedTable") -> tuple[tuple[str, int], ...]:
    """List the files that were written at another time than the log says, with the time.

    Copies have honest other times, and what was changed in place has one too: the content alone
    tells. Files of the log are held against the commit's own time and against one another. In an
    object store a name is written once, and nothing is asked.
    """
    location = opened.location
    if not location.is_local:
        return ()
    found = []
    for file in data_files(opened):
        try:
            time = os.stat(f"{location.uri}/{file.path}").st_mtime_ns
        except OSError:
            time = 0
        if not -_EARLIER_MS <= time // 1_000_000 - file.modified <= _LATER_MS:
            found.append((file.path, time))
    return (*found, *_vectors_of_other_times(opened), *_log_of_other_times(opened))


def is_of_log(path: str) -> bool:
    """Tell a file of the log from one that holds rows."""
    return path.startswith(_LOG)


def _vectors_of_other_times(opened: "OpenedTable") -> Iterator[tuple[str, int]]:
    """Yield the deletion vectors that were written after the commit that is the version."""
    from lakeproof.delta.log.commits import entries

    location, version = opened.location, opened.version
    paths = vector_files(opened)
    for said in entries(location, version, version) if paths else ():
        for path in paths:
            with suppress(FileNotFoundError):
                time = os.stat(os.path.join(location.uri, path)).st_mtime_ns
                if time // 1_000_000 > said.timestamp + _WRITING_MS:
                    yield path, time


def _log_of_other_times(opened: "OpenedTable") -> Iterator[tuple[str, int]]:
    """Yield the files of the log that make a version and were written after a later one."""
    from lakeproof.delta.log.commits import entries
    from lakeproof.delta.log.log_view import needed_names

    location, version = opened.location, opened.version
    log = f"{location.uri}/_delta_log"
    last = f"{version:020d}.json"
    times: dict[str, int] = {}
    for name in (*needed_names(os.listdir(log), version), last):
        # A commit that was cleaned away is in its checkpoint.
        with suppress(FileNotFoundError):
            times[name] = os.stat(f"{log}/{name}").st_mtime_ns
    said = next(entries(location, version, version), None)
    latest = (said.timestamp + _WRITING_MS) * 1_000_000 if said is not None else None
    for name in sorted(times, reverse=True):
        is_checkpoint = not COMMIT_FILE.fullmatch(name)
        allowed = _CHECKPOINT_MS * 1_000_000 if is_checkpoint else 0
        if latest is not None and times[name] > latest + allowed:
            yield f"{_LOG}{name}", times[name]
        elif not is_checkpoint:
            latest = times[name] if latest is None else min(latest, times[name])
