"""Open a version of a table with delta-rs, whichever engine wrote it: by number, pin or commit.

Not for rows: those are the engines'.
"""

import os
import re
from contextlib import suppress

from lakeproof.delta.log.commit_metadata import CommitNotFoundError
from lakeproof.delta.log.commits import entries, iso_time
from lakeproof.delta.log.data_files import require_files
from lakeproof.delta.log.location import (
    CHECKPOINT_FILE,
    COMMIT_FILE,
    available_versions,
    require_path,
)
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.protocol_support import require_readable
from lakeproof.errors import PinError, TableError
from lakeproof.spelling import typed
from lakeproof.stores.patience import waiting
from lakeproof.versioned.location import Location, describe_versions
from lakeproof.versioned.pins import Pin
from lakeproof.versioned.store_errors import StoreError, explained_store

# What delta-rs knows in a log beside commits and checkpoints.
_OF_A_LOG = re.compile(r"\d{20}\.(?:crc|\d{20}\.compacted\.json)")
# More than a commit a second makes in thirty years.
_MOST_VERSIONS = 10**9


class NoTableError(TableError):
    """There is no table at a place that can be asked."""


def exists(location: Location) -> bool:
    """Tell whether there is a Delta table.

    Raises:
        TableError: If its store cannot be asked.
    """
    import deltalake

    require_path(location)
    options = location.delta_options
    try:
        if location.is_local:
            return _has_log(location)
        with explained_store(location):
            # `is_deltatable` keeps Python from saying that it waits, so it comes second.
            if _opens(location):
                return True
            return bool(deltalake.DeltaTable.is_deltatable(location.uri, storage_options=options))
    except TableError:
        raise
    except Exception as error:
        raise TableError(
            f"The store of table '{location.name}' cannot be reached at {location.uri}: "
            f"{location.without_secrets(str(error))[:500]}"
        ) from None


def _has_log(location: Location) -> bool:
    # As delta-rs tells it, which lists the whole log and sorts it first.
    log = os.path.join(location.uri, "_delta_log")
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(log) as names:
        kinds = COMMIT_FILE, CHECKPOINT_FILE, _OF_A_LOG
        return any(kind.fullmatch(one.name) for one in names for kind in kinds)
    return False


def latest(location: Location) -> OpenedTable | None:
    """Open the latest version; `None` where there is no table.

    Raises:
        TableError: If there is one and it cannot be opened, or its store cannot be asked.
    """
    if location.is_local:
        return open_table(location) if exists(location) else None
    try:
        return open_table(location)
    except NoTableError:
        return None


def _opens(location: Location) -> bool:
    import deltalake

    try:
        with waiting(f"table '{location.name}'", location.uri):
            deltalake.DeltaTable(location.uri, storage_options=location.delta_options)
    except deltalake.exceptions.TableNotFoundError:
        return False
    return True


def open_table(location: Location, version: int | None = None) -> OpenedTable:
    """Open one version, the latest where none is given.

    Raises:
        TableError: If there is no table or neither engine should touch it.
        PinError: If there is a table but not this version.
    """
    from lakeproof.delta.log.handle import Handle, LocalTable

    require_path(location)
    kind = LocalTable if location.is_local else Handle
    if version is not None and _is_to_come(location, version):
        raise _explain(location, version, ValueError("there is no such version"))
    try:
        with explained_store(location), waiting(f"table '{location.name}'", location.uri):
            table = kind(location.uri, version=version, storage_options=location.delta_options)
    except StoreError:
        raise
    except Exception as error:
        raise _explain(location, version, error) from error
    require_readable(location.name, table)
    return OpenedTable(location, int(table.version()), table)


def _is_to_come(location: Location, version: int) -> bool:
    """Tell a version beyond the newest, up to which delta-rs would count one by one.

    Leases, pins and names of folders may say any number.
    """
    if not location.is_local:
        return version > _MOST_VERSIONS
    if os.path.exists(os.path.join(location.uri, "_delta_log", f"{version:020d}.json")):
        return False
    return version > max(available_versions(location), default=_MOST_VERSIONS)


def resolve(location: Location, pin: Pin | None) -> OpenedTable:
    """Open the version that a pin means, or the latest.

    Raises:
        PinError: If the pinned version cannot be read, with the versions that can.
        TableError: If there is no such table, or data files of the version are gone.
    """
    try:
        if pin is None:
            opened = open_table(location)
        elif pin.timestamp is not None:
            opened = open_to_read(location, version_as_of(location, pin))
        else:
            opened = open_to_read(location, pin.version)
    except TableError as error:
        if pin is None:
            raise
        raise PinError(f"{error.message} It was asked for at {pin}.") from error
    require_files(opened)
    return opened


def open_to_read(location: Location, version: int | None) -> OpenedTable:
    """Open an old version, by its own part of the log where that will do."""
    from lakeproof.delta.log.log_view import open_view

    view = None if version is None else open_view(location, version)
    if view is None:
        return open_table(location, version)
    require_readable(location.name, view)
    return OpenedTable(location, int(view.version()), view)


def version_as_of(location: Location, pin: Pin) -> int:
    """Give the version that a table had at the moment of a pin.

    Raises:
        PinError: If it had none that is still known.
        TableError: If the table cannot be opened.
    """
    assert pin.timestamp is not None
    wanted = int(pin.timestamp.timestamp() * 1000)
    known = list(entries(location, open_table(location).version))
    by_then = [entry.version for entry in known if entry.timestamp <= wanted]
    if not by_then:
        if not known:
            raise TableError(f"The log of table '{location.name}' has no commit left to date.")
        first = known[-1]
        raise PinError(
            f"Table '{location.name}' has no {pin}: its first commit that is still known, version "
            f"{first.version}, is of {iso_time(first.timestamp)}. Nothing was run. List its "
            f"versions: {typed('kedro history', location.name)}"
        )
    return max(by_then)


def _explain(location: Location, version: int | None, error: Exception) -> TableError | PinError:
    """Turn the four ways in which delta-rs refuses to open a table into a sentence of ours."""
    name = location.name
    if location.is_local and not os.path.isdir(location.uri):
        return TableError(
            f"Table '{name}' does not exist: there is no folder {location.uri}. Run the pipeline "
            "that writes it first, or correct filepath in the catalog."
        )
    if not exists(location):
        if not location.is_local:
            return NoTableError(
                f"Table '{name}' does not exist: there is no _delta_log at {location.uri}. Run the "
                "pipeline that writes it first, or correct filepath in the catalog."
            )
        return NoTableError(
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
            f"versions: {typed('kedro history', name)}"
        )
    return TableError(
        f"Table '{name}' cannot be opened"
        + (f" at version {version}" if version is not None else "")
        # What follows the first line is where in delta-rs it was.
        + f": {location.without_secrets(str(error).partition(chr(10))[0])[:500]}"
    )


def find_commit(location: Location, after: int, commit_id: str) -> OpenedTable:
    """Find the version that our own commit became, however many others came beside it.

    Args:
        location: The table.
        after: The version that was read before writing; -1 for none.
        commit_id: What the commit's note calls itself.

    Raises:
        CommitNotFoundError: If it is not there.
    """
    latest = latest_after_commit(location)
    if latest is None:
        raise _overwritten(location)
    for entry in entries(location, latest.version, after + 1):
        if entry.note is not None and entry.note.commit_id == commit_id:
            same = entry.version == latest.version
            return latest if same else open_table(location, entry.version)
    raise _overwritten(location)


def latest_after_commit(location: Location) -> OpenedTable | None:
    """Open the latest version when a commit has been sent; `None` where there is no table.

    Raises:
        CommitNotFoundError: If the store is gone, so that nobody knows whether it took the commit.
    """
    try:
        return latest(location)
    except StoreError as error:
        raise CommitNotFoundError(
            f"A commit was sent to table '{location.name}' at {location.uri}, and then its store "
            f"was gone. {error.trouble.what} Whether the rows are in the table is not known. See: "
            f"{typed('kedro history', location.name)}"
        ) from error


def _overwritten(location: Location) -> CommitNotFoundError:
    return CommitNotFoundError(
        f"The commit just made to table '{location.name}' is not in its log: another writer has "
        "overwritten it. The rows are not in the table. Let one engine write at a time, then run "
        "again."
    )
