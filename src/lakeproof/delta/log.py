"""The table's log, read with delta-rs whichever engine wrote it: versions, pins, commits.

Not for rows: those are the engines'.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lakeproof.delta.commit import CommitNote, CommitNotFoundError
from lakeproof.delta.guard import require_both_engines
from lakeproof.delta.pins import Pin
from lakeproof.errors import PinError, TableError

if TYPE_CHECKING:
    import deltalake
    import pyarrow.fs

COMMIT_FILE = re.compile(r"(\d{20})\.json$")
CHECKPOINT_FILE = re.compile(r"(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$")


@dataclass(frozen=True)
class Location:
    """Where a table is and what it is called: all that is needed to open it.

    Args:
        name: The catalog name.
        uri: A local path or an object-store URI.
        storage_options: Credentials and settings of the store; never shown.
    """

    name: str
    uri: str
    storage_options: Mapping[str, str] | None = None

    @property
    def is_local(self) -> bool:
        """Tell whether the table is a folder of this machine."""
        return "://" not in self.uri

    def __repr__(self) -> str:
        """Leave the credentials out."""
        return f"Location(name={self.name!r}, uri={self.uri!r})"


@dataclass(frozen=True)
class OpenedTable:
    """One version of a table, opened.

    Args:
        location: Where it is.
        table: The delta-rs handle at that version; never moved to another.
    """

    location: Location
    table: "deltalake.DeltaTable"

    @cached_property
    def version(self) -> int:
        """The version that is open."""
        return int(self.table.version())

    @cached_property
    def table_id(self) -> str:
        """The id that tells this table from another one made later at the same place."""
        return str(self.table.metadata().id)

    @cached_property
    def columns(self) -> dict[str, str]:
        """Delta type name by column, in the table's order."""
        return {field.name: type_name(field.type) for field in self.table.schema().fields}

    def rows(self) -> int:
        """Count the rows from the statistics of the log, without reading a file."""
        import pyarrow as pa

        actions = pa.table(self.table.get_add_actions(flatten=True))
        return int(sum(count or 0 for count in actions["num_records"].to_pylist()))


def type_name(delta_type: Any) -> str:
    """Write a Delta type as the content digest does: `array<string>`, `struct<"x":long>`."""
    kind = type(delta_type).__name__
    if kind == "PrimitiveType":
        return str(delta_type.type)
    if kind == "ArrayType":
        return f"array<{type_name(delta_type.element_type)}>"
    if kind == "MapType":
        return f"map<{type_name(delta_type.key_type)},{type_name(delta_type.value_type)}>"
    inner = ",".join(f'"{field.name}":{type_name(field.type)}' for field in delta_type.fields)
    return f"struct<{inner}>"


def exists(location: Location) -> bool:
    """Tell whether there is a Delta table."""
    import deltalake

    options = dict(location.storage_options) if location.storage_options else None
    return bool(deltalake.DeltaTable.is_deltatable(location.uri, storage_options=options))


def open_table(location: Location, version: int | None = None) -> OpenedTable:
    """Open one version, the latest where none is given.

    Raises:
        TableError: If there is no table or neither engine should touch it.
        PinError: If there is a table but not this version.
    """
    import deltalake

    options = dict(location.storage_options) if location.storage_options else None
    try:
        table = deltalake.DeltaTable(location.uri, version=version, storage_options=options)
    except Exception as error:
        raise _explain(location, version, error) from error
    require_both_engines(location.name, table)
    return OpenedTable(location, table)


def resolve(location: Location, pin: Pin | None) -> OpenedTable:
    """Open the version that a pin means, or the latest.

    Raises:
        PinError: If the pinned version cannot be had, with the versions that can.
        TableError: If there is no such table, or data files of the version are gone.
    """
    try:
        if pin is None:
            opened = open_table(location)
        elif pin.timestamp is not None:
            opened = open_table(location, _version_as_of(location, pin))
        else:
            opened = open_table(location, pin.version)
    except TableError as error:
        if pin is None:
            raise
        raise PinError(f"{error.message} It was asked for at {pin}.") from error
    _require_files(opened)
    return opened


def _version_as_of(location: Location, pin: Pin) -> int:
    assert pin.timestamp is not None
    wanted = int(pin.timestamp.timestamp() * 1000)
    history = open_table(location).table.history()
    by_then = [int(entry["version"]) for entry in history if entry["timestamp"] <= wanted]
    if not by_then:
        first = min(history, key=lambda entry: int(entry["version"]))
        raise PinError(
            f"Table '{location.name}' has no {pin}: its first commit that is still known, version "
            f"{first['version']}, is of {iso_time(first['timestamp'])}. Nothing was run. List its "
            f"versions: kedro history {location.name}"
        )
    return max(by_then)


def iso_time(milliseconds: int) -> str:
    """Write a commit's time as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _explain(location: Location, version: int | None, error: Exception) -> TableError | PinError:
    """Turn the four ways in which delta-rs refuses to open a table into a sentence of ours."""
    name = location.name
    if location.is_local and not os.path.isdir(location.uri):
        return TableError(
            f"Table '{name}' does not exist: there is no folder {location.uri}. Run the pipeline "
            "that writes it first, or correct filepath in the catalog."
        )
    if not exists(location):
        return TableError(
            f"'{name}' is not a Delta table: {location.uri} has no _delta_log. Nothing was changed."
        )
    versions = available_versions(location)
    if version is not None and version not in versions:
        newest = versions[-1] if versions else None
        if newest is not None and version > newest:
            reason = f"the newest is {newest}"
        else:
            reason = f"its log was cleaned; there are {describe_versions(versions)}"
        return PinError(
            f"Table '{name}' has no version {version}: {reason}. Nothing was run. List its "
            f"versions: kedro history {name}"
        )
    return TableError(
        f"Table '{name}' cannot be opened"
        + (f" at version {version}" if version is not None else "")
        + f": {_without_secrets(location, str(error))[:500]}"
    )


def _without_secrets(location: Location, text: str) -> str:
    for value in (location.storage_options or {}).values():
        if len(value) > 3:  # a shorter value ("us", "1") is a setting that would tear the text
            text = text.replace(value, "***")
    return text


def _require_files(opened: OpenedTable) -> None:
    """Refuse a version whose data files are gone or cut short.

    Looks at presence and size; content is verified by digest. Only on a local path: a store would
    be asked once per file.
    """
    location = opened.location
    if not location.is_local:
        return
    import pyarrow as pa

    actions = pa.table(opened.table.get_add_actions(flatten=False))
    damaged = []
    for path, size in zip(
        actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True
    ):
        # The log holds paths encoded once.
        file = os.path.join(location.uri, unquote(path))
        try:
            if os.stat(file).st_size != size:
                damaged.append(f"{os.path.basename(file)} (another size than the log says)")
        except OSError:
            damaged.append(os.path.basename(file))
    if damaged:
        raise PinError(
            f"Table '{location.name}' cannot be read at version {opened.version}: {len(damaged)} "
            f"data file(s) are missing or damaged, the first is {damaged[0]}. Nothing was run; its "
            f"other versions may be whole. List them: kedro history {location.name}"
        )


def log_files(location: Location) -> "tuple[pyarrow.fs.FileSystem, list[str]]":
    """List the names in `_delta_log`, with the file system to read them from."""
    import pyarrow.fs as pafs

    if location.is_local:
        filesystem = pafs.SubTreeFileSystem(location.uri, pafs.LocalFileSystem())
    else:
        from deltalake.fs import DeltaStorageHandler

        handler = DeltaStorageHandler(location.uri, dict(location.storage_options or {}))
        filesystem = pafs.PyFileSystem(handler)
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


def describe_versions(versions: list[int]) -> str:
    """Write a list of versions the way a person would."""
    if not versions:
        return "none"
    if versions == list(range(versions[0], versions[-1] + 1)) and len(versions) > 1:
        return f"versions {versions[0]} to {versions[-1]}"
    return "versions " + ", ".join(map(str, versions))


def find_commit(location: Location, after: int, commit_id: str) -> OpenedTable:
    """Find the version that our own commit became, however many others came beside it.

    Args:
        location: The table.
        after: The version that was read before writing; -1 for none.
        commit_id: What the commit's note calls itself.

    Raises:
        CommitNotFoundError: If it is not there.
    """
    latest = open_table(location)
    for entry in latest.table.history(max(latest.version - after, 1)):
        note = CommitNote.from_json(entry.get("userMetadata"))
        if note is not None and note.commit_id == commit_id:
            version = int(entry["version"])
            return latest if version == latest.version else open_table(location, version)
    raise CommitNotFoundError(
        f"The commit just made to table '{location.name}' is not in its log: another writer has "
        "overwritten it. The rows are not in the table. Let one engine write at a time, then run "
        "again."
    )
