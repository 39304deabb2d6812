"""Delete rows from the newest version of a table, prove that no other went, remove files."""

import os
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.data_files import data_files, decoded
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import compute_digest
from lakeproof.delta.write.engine import Engine, SaveArgs, Write
from lakeproof.delta.write.lock import write_lock
from lakeproof.digest import digest_table
from lakeproof.erasure.key_rows import ErasureError
from lakeproof.erasure.receipts import Proven
from lakeproof.errors import LakeproofError
from lakeproof.inside import is_inside
from lakeproof.leases.needed_files import files_of
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location
from lakeproof.versioned.store_errors import explained_store

NODE = "kedro erase"


def delete_rows(
    location: Location,
    keys: Any,
    engine: Engine,
    personal: frozenset[str],
    announce: Callable[[Proven], None],
) -> Proven | None:
    """Delete the rows of keys in one commit that names none.

    Args:
        location: The table.
        keys: A frame of the columns that tell rows apart.
        engine: What writes.
        personal: The columns of which the log is told no value.
        announce: Is told, before the commit, what will be proven of it.

    Returns:
        What was proven; `None` where the newest version has no such row.

    Raises:
        LakeproofError: If it cannot be written.
        ErasureError: If what is left is not what was there less those rows.
    """
    columns = tuple(keys.columns)
    with write_lock(location.name, location.uri):
        current = open_table(location)
        going = digest_table(scan(current).join(keys.lazy(), on=list(columns), how="semi"))
        if not going.rows:
            return None
        before = digest_table(scan(current))
        version = current.version
        expected = Proven(
            *(location.name, current.table_id, version, before.digest, going.rows),
            *(version + 1, (before - going).digest),
        )
        announce(expected)
        args, note = SaveArgs(mode="delete"), CommitNote(node=NODE)
        write = Write(location, current, args, columns, note, personal=personal)
        written = engine.write(keys, write)
        after = compute_digest(written.opened)
    if written.opened.version == version + 1 and after != expected.digest_after:
        raise ErasureError(
            f"Table '{location.name}' holds other rows at version {written.opened.version} than "
            f"those before less {going.rows}. The erasure has not ended; report this."
        )
    return replace(expected, after=written.opened.version, digest_after=after)


def is_proven(location: Location, expected: Proven) -> bool:
    """Tell whether a commit that was announced has been made, and took what it was to take."""
    try:
        opened = open_table(location, expected.after)
        is_this = opened.table_id == expected.table_id
        return is_this and compute_digest(opened) == expected.digest_after
    except LakeproofError:
        return False


def remove_files(
    location: Location, paths: Iterable[str], needed: Callable[[], Collection[str]]
) -> list[str]:
    """Remove data files that held rows, and that nothing needs.

    Args:
        location: The table.
        paths: As the log spells them; of a store, as they lie there.
        needed: Asks, under the table's lock, which files are: by path below the table's folder.

    Returns:
        Those that stay because something needs them.
    """
    if not location.is_local:
        return _remove_in_store(location, paths, needed)
    root = Path(os.path.realpath(location.uri))
    with write_lock(location.name, location.uri):
        live = {file.path for file in data_files(open_table(location))}
        keep = {_place(root, path) for path in (*live, *needed())}
        stay = []
        for path in map(decoded, paths):
            place = _place(root, path)
            if place in keep:
                stay.append(path)
            elif is_inside(root, str(place)):
                with suppress(FileNotFoundError):
                    os.unlink(place)
    return stay


def _remove_in_store(
    location: Location, paths: Iterable[str], needed: Callable[[], Collection[str]]
) -> list[str]:
    keep = {*files_of(open_table(location)), *needed()}
    going, stay = list[str](), list[str]()
    for path in paths:
        (stay if path in keep else going).append(path)
    with explained_store(location, "The same command goes on."):
        stores.delete(location.uri, location.storage_options, going)
    return stay


def _place(root: Path, path: str) -> Path:
    """Say where a file lies, however a log spells that: all links but a last one followed."""
    place = root / path.removeprefix("file://").removeprefix("file:")
    return place.parent.resolve() / place.name
