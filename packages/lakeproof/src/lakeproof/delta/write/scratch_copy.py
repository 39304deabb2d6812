"""A copy of a table in scratch, at a version that it had: what a re-run writes to.

The log and the data files of that version are linked where they can be, so that version number,
table id and transactions are as they were and a re-run costs no second copy. Both are immutable: a
writer adds files and changes none, so nothing that happens in scratch reaches the source. Not for
tables that are only read: those are read where they are.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lakeproof.delta.log.checkpoints import SIDECARS, newest_whole, sidecars
from lakeproof.delta.log.data_files import vector_files
from lakeproof.delta.log.location import CHECKPOINT_FILE, COMMIT_FILE, log_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.errors import PinError, TableError, UnsupportedError
from lakeproof.inside import inside
from lakeproof.spelling import typed
from lakeproof.versioned.contract import Say
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import pyarrow.fs

_LOG = "_delta_log"
_LAST_CHECKPOINT = f"{_LOG}/_last_checkpoint"
_STORE_CONNECTIONS = 8


@dataclass(frozen=True)
class _File:
    """A file of a table: its path below it, decoded, and its size where the log tells it."""

    path: str
    size: int | None = None


def start_table(
    source: Location,
    version: int | None,
    target: Path,
    say: Say,
    also: Collection[int] = (),
    *,
    has_data: bool = True,
) -> None:
    """Build a table in scratch that is the source as of one version; its next commit is the next.

    The log begins with the newest checkpoint that all wanted versions follow, which holds the
    transaction identifiers of the commits before it: a table of 10,000 commits then needs a few
    links instead of 10,000.

    Args:
        source: The user's table, which is only read.
        version: Where the run found it; `None` where there was none, and nothing is made.
        target: Its folder in scratch, which is not there yet.
        say: Gets a sentence before anything is copied.
        also: Older versions that the re-run reads of the same table.
        has_data: Whether its rows come along; not, where all of them are about to be replaced.

    Raises:
        PinError: If the log of a version, or one of its data files, is gone.
        UnsupportedError: If the source is no table of its own (a shallow clone).
        TableError: If the copy does not come out as it.
    """
    if version is None:
        return
    opened = open_table(source, version)
    older = [open_table(source, number) for number in also]
    filesystem, names = log_files(source)
    start, _ = newest_whole(names, min([version, *also]))
    log = _log_of(names, start, version)
    log += _sidecars_of(filesystem, log)
    files = log + (_data_of([opened, *older]) if has_data else [])
    _make_room(target)
    for folder in {PurePosixPath(file.path).parent for file in files}:
        inside(target, folder / "any").parent.mkdir(parents=True, exist_ok=True)
    if source.is_local:
        _link(opened, files, target, say)
    else:
        _fetch(opened, filesystem, files, target, say)
    _point_to_checkpoint(filesystem, names, start, target)
    _require_same(opened, target)


def _make_room(target: Path) -> None:
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        raise TableError(
            f"There is something at {target} already, where a table should start. It is as it was."
        ) from error


def _log_of(names: Iterable[str], start: int, newest: int) -> list[_File]:
    """List the log from its first checkpoint on; what Spark leaves beside it is not needed."""
    found = []
    for name in names:
        match = COMMIT_FILE.fullmatch(name) or CHECKPOINT_FILE.fullmatch(name)
        # The commit of the checkpoint itself, too: it says who wrote that version.
        if match and start <= int(match[1]) <= newest:
            found.append(_File(f"{_LOG}/{name}"))
    return found


def _sidecars_of(filesystem: "pyarrow.fs.FileSystem", log: Sequence[_File]) -> list[_File]:
    names = (PurePosixPath(file.path).name for file in log)
    checkpoints = [name for name in names if CHECKPOINT_FILE.fullmatch(name)]
    return [_File(f"{_LOG}/{SIDECARS}/{name}") for name in sidecars(filesystem, checkpoints)]


def _data_of(versions: Sequence[OpenedTable]) -> list[_File]:
    """List the live data files.

    Raises:
        TableError: If one lies outside of the table.
    """
    found: dict[str, int] = {}
    for opened in versions:
        actions = opened.table.get_add_actions(flatten=False)
        for path, size in zip(
            actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True
        ):
            # The log holds paths encoded once.
            decoded = unquote(path) if "%" in path else path
            pure = PurePosixPath(decoded)
            if pure.is_absolute() or ".." in pure.parts or "://" in decoded:
                raise UnsupportedError(
                    f"Table '{opened.location.name}' has data files outside of its folder at "
                    f"version {opened.version} (it is a shallow clone), the first is {decoded}. A "
                    "re-run cannot start from it; the table is as it was. Write its rows to a "
                    "table of their own."
                )
            found[decoded] = size
    vectors = {path for opened in versions for path in vector_files(opened)}
    return [_File(path, size) for path, size in found.items()] + [_File(path) for path in vectors]


def _link(opened: OpenedTable, files: Sequence[_File], target: Path, say: Say) -> None:
    """Link every file; copy those that the file system does not link."""
    root = Path(opened.location.uri)
    lost, to_copy = [], []
    for file in files:
        # A link to a symbolic link would keep its relative goal.
        origin = os.path.realpath(root / file.path)
        try:
            size = os.stat(origin).st_size
            if file.size not in (None, size):
                lost.append(f"{file.path} ({size} bytes instead of {file.size})")
                continue
            os.link(origin, target / file.path)
        except FileNotFoundError:
            lost.append(file.path)
        except OSError:
            to_copy.append((origin, file.path, size))
    _require_none(opened, lost)
    if to_copy:
        _say_size(opened, sum(size for _, _, size in to_copy), say)
    for origin, path, _ in to_copy:
        # With its times: Spark dates a version by its file in the log.
        shutil.copy2(origin, target / path)


def _fetch(
    opened: OpenedTable,
    filesystem: "pyarrow.fs.FileSystem",
    files: Sequence[_File],
    target: Path,
    say: Say,
) -> None:
    """Copy every file from an object store."""
    infos = filesystem.get_file_info([file.path for file in files])
    lost = [
        file.path
        for file, info in zip(files, infos, strict=True)
        if not info.is_file or file.size not in (None, info.size)
    ]
    _require_none(opened, lost)
    _say_size(opened, sum(info.size for info in infos), say)

    def copy(info: "pyarrow.fs.FileInfo") -> None:
        place = target / info.path
        with filesystem.open_input_file(info.path) as origin, place.open("wb") as file:
            shutil.copyfileobj(origin, file, 1024 * 1024)
        if info.mtime_ns:
            os.utime(place, ns=(info.mtime_ns, info.mtime_ns))

    with ThreadPoolExecutor(_STORE_CONNECTIONS) as pool:
        for _ in pool.map(copy, infos):
            pass


def _point_to_checkpoint(
    filesystem: "pyarrow.fs.FileSystem", names: Collection[str], start: int, target: Path
) -> None:
    """Copy the pointer to the newest checkpoint if it leads to one that is there.

    Readers search the log without it. A copy always: this is the one file that writers replace.
    """
    if PurePosixPath(_LAST_CHECKPOINT).name not in names:
        return
    with filesystem.open_input_file(_LAST_CHECKPOINT) as file:
        content = file.read()
    try:
        is_ours = json.loads(content)["version"] == start
    except (ValueError, KeyError, TypeError):
        return
    if is_ours:
        (target / _LAST_CHECKPOINT).write_bytes(content)


def _require_none(opened: OpenedTable, lost: Sequence[str]) -> None:
    if lost:
        name = opened.location.name
        raise PinError(
            f"Table '{name}' cannot be read at version {opened.version}: {len(lost)} file(s) of it "
            f"are missing or damaged, the first is {lost[0]}. Nothing was run; the table is as it "
            f"was. See which versions are whole: {typed('kedro history', name)}"
        )


def _require_same(opened: OpenedTable, target: Path) -> None:
    started = open_table(Location(opened.location.name, str(target)))
    if (started.version, started.table_id) != (opened.version, opened.table_id):
        raise TableError(
            f"Table '{opened.location.name}' came out of the copy to {target} as version "
            f"{started.version} of table {started.table_id}, but it is version {opened.version} of "
            f"table {opened.table_id}. Nothing was run; the table is as it was."
        )


def _say_size(opened: OpenedTable, size: int, say: Say) -> None:
    say(
        f"Copying table '{opened.location.name}' at version {opened.version} to scratch: "
        f"{size / 1024**2:,.1f} MiB"
    )
