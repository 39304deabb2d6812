"""`kedro pin`: look up, set and take away the pins of the catalog's tables."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lakeproof.commands.catalog import ProjectCatalog
from lakeproof.commands.catalog_edits.catalog_files import CatalogFiles, Place
from lakeproof.commands.catalog_edits.pins_report import Change, TablePin
from lakeproof.commands.command_errors import CatalogError
from lakeproof.commands.output import remark
from lakeproof.errors import LakeproofError, PinError
from lakeproof.record.places.environments import environments
from lakeproof.spelling import typed
from lakeproof.versioned.pins import LATEST

if TYPE_CHECKING:
    from lakeproof.versioned.contract import VersionedDataset


@dataclass(frozen=True)
class Request:
    """What one argument asks for.

    Args:
        table: The catalog name.
        version: The version to pin; `None` for the one that is the latest now.
        is_unpinned: Whether the pin is to go instead.
    """

    table: str
    version: int | None = None
    is_unpinned: bool = False


def parse_requests(arguments: Iterable[str]) -> list[Request]:
    """Read `TABLE`, `TABLE=VERSION` and `TABLE=latest`.

    Raises:
        PinError: If a version is not a number, or a table is named twice.
    """
    requests: dict[str, Request] = {}
    for argument in arguments:
        table, given, wanted = argument.partition("=")
        if not table or (given and wanted != LATEST and not _is_number(wanted)):
            raise PinError(
                f"'{argument}' does not say what to pin: '{wanted}' is neither a version number "
                f"nor {LATEST}. No pin was changed. Write for example: kedro pin "
                f"{table or 'samples'}=0"
            )
        if table in requests:
            raise PinError(f"Table '{table}' is named twice. No pin was changed.")
        requests[table] = Request(
            table,
            version=int(wanted) if _is_number(wanted) else None,
            is_unpinned=wanted == LATEST,
        )
    return list(requests.values())


def pin(catalog: ProjectCatalog, requests: Sequence[Request]) -> list[Change]:
    """Write pins into the catalog's files: all of them or, where one does not exist, none.

    Raises:
        CatalogError: If a table is not in the catalog, or its entry cannot be edited.
        PinError: If a version does not exist or was vacuumed.
    """
    wanted = {request.table: _wanted(catalog, request) for request in requests}
    files = CatalogFiles(catalog)
    changes = []
    for name, version in wanted.items():
        before = _pin_of(catalog, name)
        if before == version:
            place = files.find(name)
            changes.append(Change(name, catalog.relative(place.path), before, version, False))
        else:
            place = files.set_pin(name, version)
            changes.append(
                Change(
                    name,
                    catalog.relative(place.path),
                    before,
                    version,
                    is_changed=True,
                    remark=_remark(catalog, name, place),
                )
            )
    if any(change.is_changed for change in changes):
        files.write()
        try:
            _require_only(catalog, wanted)
        except LakeproofError:
            files.restore()
            raise
    return changes


def gather(catalog: ProjectCatalog, names: Iterable[str] | None = None) -> list[TablePin]:
    """Look up the pins of some tables, or of every table of the catalog.

    A table that cannot be opened is remarked upon, not refused: the others are wanted too.
    """
    files = CatalogFiles(catalog)
    found = []
    for name in catalog.table_names() if names is None else names:
        pinned = _pin_of(catalog, name)
        found.append(
            TablePin(
                table=name,
                version=pinned if isinstance(pinned, int) else None,
                timestamp=pinned if isinstance(pinned, str) else None,
                newest=_newest(catalog.table(name)),
                file=_file_of(catalog, files, name),
            )
        )
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _wanted(catalog: ProjectCatalog, request: Request) -> int | None:
    """Find the version that a request means, and check that it can be read."""
    from lakeproof.versioned.location import describe_versions

    table = _table(catalog, request.table)
    pattern = catalog.pattern_of(request.table)
    if pattern is not None:
        base = catalog.relative(catalog.conf_path / catalog.base_env / "catalog.yml")
        raise CatalogError(
            f"'{request.table}' has no catalog entry of its own: the dataset factory '{pattern}' "
            "makes it, and a pin there would be one for every table that it makes. No pin was "
            f"changed. Write an entry '{request.table}' in {base}, then pin it."
        )
    if request.is_unpinned:
        return None
    if request.version is not None and table.is_there():
        there = table.versions()
        if request.version not in there:
            raise PinError(
                f"Table '{request.table}' has no version {request.version}: there are "
                f"{describe_versions(there)}. No pin was changed. See who wrote them: kedro "
                f"history {request.table}"
            )
    try:
        opened = table.open(request.version)
        opened.require_files()
        return opened.version
    except LakeproofError as error:
        raise PinError(f"{error.message} No pin was changed.") from error


def _table(catalog: ProjectCatalog, name: str) -> "VersionedDataset":
    if name not in catalog.catalog and ":" in name:
        table, _, version = name.rpartition(":")
        if table in catalog.catalog:
            raise CatalogError(
                f"The catalog has no '{name}'. No pin was changed. Write: kedro pin "
                f"{table}={version}"
            )
    return catalog.table(name)


def _pin_of(catalog: ProjectCatalog, name: str) -> int | str | None:
    """Read the pin in an entry's configuration, whether or not its version can be read."""
    entry = catalog.entries.get(name)
    args = entry.get("load_args") if isinstance(entry, dict) else None
    if not isinstance(args, dict):
        return None
    version, timestamp = args.get("version"), args.get("timestamp")
    if timestamp is not None:
        shown = _iso(timestamp)
        return shown if version is None else f"{shown} and version {version}"
    if version is None or (isinstance(version, int) and not isinstance(version, bool)):
        return version
    return int(version) if _is_number(str(version)) else str(version)


def _iso(timestamp: Any) -> str:
    if not isinstance(timestamp, datetime):
        return str(timestamp)
    zoned = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _file_of(catalog: ProjectCatalog, files: CatalogFiles, name: str) -> str | None:
    try:
        return catalog.relative(files.find(name).path)
    except CatalogError:
        return None


def _newest(table: "VersionedDataset") -> int | None:
    try:
        return table.open().version if table.is_there() else None
    except LakeproofError as error:
        remark(error.message)
        return None


def _remark(catalog: ProjectCatalog, name: str, place: Place) -> str | None:
    """Say for which environments a pin holds, where that is not plain."""
    base = f"{catalog.relative(catalog.conf_path)}/{catalog.base_env}"
    if place.copied_from is not None:
        unpin = typed("kedro pin", f"{name}={LATEST}")
        return (
            f"The entry '{name}' of {catalog.relative(place.copied_from)} was copied there to be "
            "pinned: an environment's entry replaces the whole one, and a pin in "
            f"{base} would hold for every environment. Later changes of that entry do not reach "
            f"the copy; {unpin} --env {shlex.quote(catalog.env)} removes it."
        )
    if place.is_removed_copy:
        return f"The copy of the entry '{name}' was removed: that of {base} holds again."
    others = set(environments(catalog.conf_path)) - {catalog.base_env, catalog.env}
    if place.env == catalog.base_env and not catalog.is_env_given and others:
        return (
            f"What {base} says holds in every environment without an entry of its own; for one "
            f"alone use --env ({', '.join(sorted(others))})."
        )
    return None


def _require_only(catalog: ProjectCatalog, wanted: Mapping[str, int | None]) -> None:
    """Read the catalog anew: the pins are to be the ones wanted, the entries otherwise the same.

    That no other entry of the file has changed is known from its text; interpolations are not: an
    entry that was copied may name what only its old file has.
    """
    from lakeproof.commands.catalog_edits.entries import without_pin

    advice = "The files are as they were. Edit the entry's load_args by hand."
    try:
        now = catalog.reopened()
    except LakeproofError as error:
        raise CatalogError(
            f"With this pin the catalog could not be read any more: {error.message} {advice}"
        ) from error
    for name, version in wanted.items():
        is_same = without_pin(now.entries.get(name)) == without_pin(catalog.entries.get(name))
        if not is_same or _pin_of(now, name) != version:
            raise CatalogError(
                f"With this pin the entry '{name}' would not read as it should: {advice}"
            )
