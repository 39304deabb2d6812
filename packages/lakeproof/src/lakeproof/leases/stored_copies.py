"""Versions that are held in the object store of their table, by copies that the store itself makes.

No byte of rows comes to this machine but the log, which is written anew as that of any copy is
(`clean_log`). A copy lies outside of the table's folder and is a table of its own; that it is there
says a file in the project, which is the way to it and is written before the first object is. Where
a command was killed, the same one goes on with the copy, and the next sweep removes it otherwise.
"""

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lakeproof.delta.log.data_files import require_files
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.write.scratch_copy import start_table
from lakeproof.errors import LakeproofError
from lakeproof.inside import by_no_link
from lakeproof.leases.clean_log import clean_log
from lakeproof.leases.facts import Lease, LeaseError, held_together
from lakeproof.leases.held import PLACE, copy_of, name_of, room_for
from lakeproof.leases.needed_files import files_of
from lakeproof.stores import files as stores
from lakeproof.stores.addresses import bucket_of, kind_of
from lakeproof.versioned.contract import Say
from lakeproof.versioned.location import Location
from lakeproof.versioned.store_errors import explained_store
from lakeproof.views.values import readable_size
from lakeproof.vouching.codes import is_vouched, vouch
from lakeproof.whole_file import replace_text

GIB = 1024**3
# What is copied unasked: a store bills what lies in it.
MOST_GIB = 100

_FOLDER = "_lakeproof_held"
_PURPOSE = "stored copy"
_PLACE = re.compile(rf"[a-z0-9]+://.+/{_FOLDER}/(?P<table_id>[0-9a-fA-F-]{{36}})/[0-9a-f]{{32}}")
# S3 copies no larger object in one request.
_MOST_OF_S3 = 5 * GIB

Options = Mapping[str, str] | None


@dataclass(frozen=True)
class StoredCopy:
    """A copy in a store.

    Args:
        table_id: Of the table.
        versions: What it holds.
        table: What the catalog called the table.
        uri: Where the copy is.
        size: Of its data files, in bytes.
        is_whole: Whether all of it had been put there.
    """

    table_id: str
    versions: tuple[int, ...]
    table: str
    uri: str
    size: int
    is_whole: bool

    def location(self, options: Options) -> Location:
        """Give it as a table."""
        return Location(self.table, self.uri, options)


def can_hold(location: Location) -> bool:
    """Tell whether there is a place for copies beside a table, outside of its folder.

    There is none beside a bucket. What Unity Catalog gives access to is the table's folder alone.
    """
    is_below_bucket = "/" in location.uri.partition("://")[2].strip("/")
    return not location.is_local and location.catalog_name is None and is_below_bucket


def hold_in_store(
    project_path: Path,
    table_id: str,
    versions: Iterable[int],
    location: Location,
    say: Say,
    most: int = MOST_GIB * GIB,
) -> StoredCopy:
    """Let a store copy what some versions need, whole or not at all.

    Args:
        project_path: The project.
        table_id: Of the table; it has been held against the table.
        versions: What one run needs of it.
        location: The table, of which `can_hold` says so.
        say: Gets a sentence before anything is copied.
        most: How many bytes may be copied.

    Raises:
        LeaseError: If it would be more, or a file is too large for the store; nothing is copied.
        LakeproofError: If a version is not whole, or the store does not do it. What has been copied
            then stays for the next command.
    """
    *older, newest = sorted(set(versions))
    marker = _marker(project_path, table_id, [*older, newest])
    known = _read(marker)
    if known is not None and known.is_whole and is_whole(known, location.storage_options):
        return known
    if known is not None and bucket_of(known.uri) != bucket_of(location.uri):
        where = f"in another bucket, at {known.uri}, and that copy cannot be read from here"
        raise LeaseError(f"Table '{location.name}' is held {where}. See: kedro release")
    files = _files(location, [*older, newest])
    size = sum(files.values())
    where = location.uri.rstrip("/").rpartition("/")[0]
    uri = known.uri if known is not None else f"{where}/{_FOLDER}/{table_id}/{uuid.uuid4().hex}"
    _require_room(location, files, most)
    say(
        f"Holding table '{location.name}' at version {newest} in its store, at {uri}: "
        f"{readable_size(size)}, which the store copies itself"
    )
    copy = StoredCopy(table_id, (*older, newest), location.name, uri, size, is_whole=False)
    _write(marker, copy)
    with explained_store(location, "Version and lease are as they were."):
        _copy_data(copy, location, files)
        _put_log(project_path, copy, location)
    for version in copy.versions:
        opened = open_table(copy.location(location.storage_options), version)
        require_files(opened)
        if opened.table_id != table_id:
            raise LeaseError(
                f"Table '{location.name}' is another one by now: {opened.table_id}, not {table_id}."
                " Nothing is held of it. See: kedro leases"
            )
    whole = replace(copy, is_whole=True)
    _write(marker, whole)
    return whole


def stored_copies(project_path: Path, table_id: str | None = None) -> Iterator[StoredCopy]:
    """Yield the copies in stores that this user has made here, also those that are half made."""
    for marker in sorted((project_path / PLACE).glob("*/*.json")):
        found = _read(marker)
        if found is not None and table_id in (None, found.table_id):
            yield found


def stored_copy_of(project_path: Path, table_id: str, versions: Iterable[int]) -> StoredCopy | None:
    """Give a copy in a store that holds all of some versions, if there is one."""
    wanted = set(versions)
    for one in stored_copies(project_path, table_id) if wanted else ():
        if one.is_whole and wanted <= set(one.versions):
            return one
    return None


def held_at(project_path: Path, table_id: str, versions: Iterable[int]) -> str | None:
    """Say where all of some versions are held, on this disk or in a store."""
    wanted = set(versions)
    place = copy_of(project_path, table_id, wanted)
    if place is not None:
        return str(place)
    stored = stored_copy_of(project_path, table_id, wanted)
    return stored.uri if stored is not None else None


def is_whole(copy: StoredCopy, options: Options) -> bool:
    """Tell whether a copy can be read, by asking its store."""
    try:
        for version in copy.versions:
            require_files(open_table(copy.location(options), version))
    except LakeproofError:
        return False
    return True


def remove(project_path: Path, copy: StoredCopy, options: Options) -> None:
    """Remove a copy from its store, and then what leads to it.

    Raises:
        LakeproofError: If the store does not do it; the same is tried again then.
    """
    location = copy.location(options)
    with explained_store(location, "What it holds is still there."):
        found = [file.path for file in stores.listed(copy.uri, options)]
        stores.delete(copy.uri, options, found)
    _marker(project_path, copy.table_id, copy.versions).unlink(missing_ok=True)


def sweep_stored(
    project_path: Path,
    leases: Iterable[Lease],
    options_of: Callable[[str], Options],
    say: Say,
) -> None:
    """Remove from stores what no held lease needs any more, and what killed commands have left.

    Args:
        project_path: The project.
        leases: All leases of the project.
        options_of: Gives the settings of the store at an address.
        say: Is told of a store that cannot be asked: the next sweep tries again.
    """
    needed = held_together(leases)
    for copy in list(stored_copies(project_path)):
        runs = needed.get(copy.table_id, ())
        if copy.is_whole and any(has <= set(copy.versions) for has in runs):
            continue
        try:
            remove(project_path, copy, options_of(copy.uri))
        except (LakeproofError, OSError) as error:
            why = copy.location(options_of(copy.uri)).without_secrets(str(error))
            say(f"{why[:300]} Nobody needs {copy.uri}; the next kedro vacuum removes it.")


def _files(location: Location, versions: Iterable[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for version in versions:
        opened = open_table(location, version)
        require_files(opened)
        found |= files_of(opened)
    return found


def _require_room(location: Location, files: Mapping[str, int], most: int) -> None:
    size = sum(files.values())
    if size > most:
        raise LeaseError(
            f"Table '{location.name}' is not held: {readable_size(size)} would be copied in its "
            f"store, more than {readable_size(most)}. No file was copied. If that is meant, say "
            f"how much: --up-to {-(-size // GIB)}"
        )
    longest = max(files, key=files.__getitem__, default=None)
    if longest is not None and kind_of(location.uri) == "s3" and files[longest] > _MOST_OF_S3:
        raise LeaseError(
            f"Table '{location.name}' is not held: {longest} has {readable_size(files[longest])}, "
            f"and S3 copies {readable_size(_MOST_OF_S3)} at most in one request. No file was "
            "copied. Hold it on this machine: --here; or write smaller files"
        )


def _copy_data(copy: StoredCopy, location: Location, files: Mapping[str, int]) -> None:
    options = location.storage_options
    there = {file.path: file.size for file in stores.listed(copy.uri, options)}
    lacking = [path for path, size in files.items() if there.get(path, -1) < size]
    scheme, _, place = location.uri.rstrip("/").partition("://")
    bucket, _, table = place.partition("/")
    top = f"{scheme}://{bucket}"
    target = copy.uri[len(top) + 1 :]
    pairs = [(f"{table}/{path}", f"{target}/{path}") for path in lacking]
    for _ in stores.copy(top, options, pairs):
        pass


def _put_log(project_path: Path, copy: StoredCopy, location: Location) -> None:
    """Put the log there, in the end: without it there is no table."""
    *older, newest = copy.versions
    room = room_for(project_path, copy.table_id)
    try:
        start_table(location, newest, room, lambda _: None, older, has_data=False)
        clean_log(room)
        for path in sorted(one for one in room.rglob("*") if one.is_file()):
            address = f"{copy.uri}/{path.relative_to(room).as_posix()}"
            stores.put(path, address, location.storage_options)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _marker(project_path: Path, table_id: str, versions: Iterable[int]) -> Path:
    return by_no_link(project_path, PLACE / table_id / f"{name_of(versions)}.json")


def _write(marker: Path, copy: StoredCopy) -> None:
    content = json.dumps({"schema": 1, **asdict(copy)}, sort_keys=True)
    marker.parent.mkdir(parents=True, exist_ok=True)
    told = {"copy": content, "code": vouch(_PURPOSE, content.encode())}
    replace_text(marker, f"{json.dumps(told, indent=1)}\n", 0o600)


def _read(marker: Path) -> StoredCopy | None:
    """Read what leads to a copy; one that came along with a clone leads nowhere."""
    try:
        told = json.loads(marker.read_bytes())
        content = told["copy"]
        if not is_vouched(_PURPOSE, content.encode(), told["code"]):
            return None
        fields = json.loads(content)
        if fields.pop("schema") != 1:
            return None
        found = StoredCopy(**{**fields, "versions": tuple(fields["versions"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    place = _PLACE.fullmatch(found.uri)
    is_right = place is not None and place["table_id"] == found.table_id == marker.parent.name
    return found if is_right else None
