"""The names in a table's log: what can be told without opening it."""

import re
from typing import TYPE_CHECKING

from lakeproof.errors import TableError
from lakeproof.stores import files as stores
from lakeproof.stores.addresses import misleading
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import pyarrow.fs

COMMIT_FILE = re.compile(r"(\d{20})\.json$")
# A checkpoint of version 2 has a name of its own in the place of the number of parts.
CHECKPOINT_FILE = re.compile(
    r"(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?(?:\.[0-9a-f-]{36})?\.(?:parquet|json)$"
)


# delta-rs 1.6 takes none of these: it looks for another folder, or falls over (no issue is known).
# To go once it takes them.
_NOT_IN_PATHS = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]\\^|\x00-\x1f\x7f]")
# Of an address it makes a URL: what follows `#` or `?` is left out, so that two tables would be
# one, and what a URL has encoded is written and not found again.
_NOT_IN_ADDRESSES = re.compile(r"[^A-Za-z0-9/_.~+=@:!$&'(),;*-]")


def require_path(location: Location) -> None:
    """Refuse a folder that delta-rs would look for somewhere else, and what means no folder.

    Raises:
        TableError: Naming what is in its path.
    """
    if meant := misleading(location.uri, is_folder=True):
        raise TableError(
            f"Table '{location.name}' has the filepath {location.uri}, which looks like {meant} "
            "and would be taken for a folder of this machine. Nothing was opened or written. "
            "Correct it in catalog.yml."
        )
    key = "" if location.is_local else location.uri.partition("://")[2].partition("/")[2]
    if found := _NOT_IN_ADDRESSES.search(key):
        raise TableError(
            f"Table '{location.name}' is at {location.uri}, and delta-rs looks for another place "
            f"where an address has {found[0]!r} in it. Nothing was opened or written. Take letters "
            "from a to z, digits and - _ . alone."
        )
    if location.is_local and (found := _NOT_IN_PATHS.search(location.absolute_uri)):
        raise TableError(
            f"Table '{location.name}' is at {location.absolute_uri}, and delta-rs finds no table "
            f"below a folder with {found[0]!r} in its name. Nothing was opened or written. Rename "
            "the folder, or move the project."
        )


def filesystem_of(location: Location) -> "pyarrow.fs.FileSystem":
    """Give the file system below a table's folder, on a disk or in a store."""
    import pyarrow.fs as pafs

    if location.is_local:
        return pafs.SubTreeFileSystem(location.uri, pafs.LocalFileSystem())
    return stores.filesystem(location.uri, location.storage_options)


def log_files(location: Location) -> "tuple[pyarrow.fs.FileSystem, list[str]]":
    """List the names in `_delta_log`, with the file system to read them from."""
    import pyarrow.fs as pafs

    filesystem = filesystem_of(location)
    selector = pafs.FileSelector("_delta_log", allow_not_found=True)
    return filesystem, sorted(info.base_name for info in filesystem.get_file_info(selector))


def available_versions(location: Location) -> list[int]:
    """List the versions that the log can still rebuild, oldest first."""
    _, names = log_files(location)
    commits, checkpoints = set(), set()
    for name in names:
        if match := COMMIT_FILE.search(name):
            commits.add(int(match[1]))
        elif match := CHECKPOINT_FILE.search(name):
            checkpoints.add(int(match[1]))
    versions: list[int] = []
    is_reached = False
    for version in sorted(commits | checkpoints):
        follows = is_reached and version - 1 in versions[-1:] and version in commits
        is_reached = version == 0 or version in checkpoints or follows
        if is_reached:
            versions.append(version)
    return versions
