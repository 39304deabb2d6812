"""`kedro erase --dry-run`: where the rows of a person are, without naming the person again."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.deliveries import DeliveryFolder
from lakeproof.delta import DeltaTable
from lakeproof.erasure.affected_runs import AffectedRun, affected
from lakeproof.erasure.found_versions import FoundVersions, count_keys, find_versions
from lakeproof.erasure.key_rows import ErasureError, key_rows
from lakeproof.erasure.traces import SHORTEST, files_below, traces
from lakeproof.errors import LakeproofError
from lakeproof.leases.held import copies_with
from lakeproof.state_folder import state_of
from lakeproof.terminal import layout

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.commands.project import RunProject

_ID_CHARACTERS = 8
# Rebuilt from an index; no row of a project's is in them.
_NOT_OURS = ("environments", "held")


@dataclass(frozen=True)
class FoundTable:
    """A table that holds rows of the keys.

    Args:
        table: The catalog name.
        uri: Where it is.
        table_id: Its id.
        found: Its versions and files.
    """

    table: str
    uri: str
    table_id: str
    found: FoundVersions


@dataclass(frozen=True)
class FoundDelivery:
    """A raw file that holds rows of the keys.

    Args:
        path: The file.
        rows: How many; `None` where its rows could not be read.
        is_in_git: Whether git has it, and with it every state it was committed in.
    """

    path: str
    rows: int | None
    is_in_git: bool


@dataclass
class Found:
    """Where the rows of some keys are.

    Args:
        keys: How many keys were asked for.
        tables: The tables that hold some.
        not_searched: Tables that could not be looked through, with the reason.
        runs: The recorded runs that read or wrote such versions, newest first.
        unknown_runs: Those whose record cannot be read.
        deliveries: The raw files.
        traces: Other files in which a key stands as text.
        are_traces_searched: Whether files were looked through: not for very short keys.
    """

    keys: int
    tables: list[FoundTable] = field(default_factory=list)
    not_searched: dict[str, str] = field(default_factory=dict)
    runs: list[AffectedRun] = field(default_factory=list)
    unknown_runs: list[str] = field(default_factory=list)
    deliveries: list[FoundDelivery] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    are_traces_searched: bool = True


def find(
    project: "RunProject", catalog: "ProjectCatalog", name: str, texts: Sequence[str]
) -> Found:
    """Look for keys in all that the project knows of.

    Args:
        project: The project.
        catalog: Which names the tables.
        name: The table whose key it is.
        texts: The keys.

    Raises:
        LakeproofError: If there is no such table, it has no key, or a key is none of its type.
    """
    table = catalog.table(name)
    if not isinstance(table, DeltaTable) or not table.key:
        raise ErasureError(
            f"Table '{name}' is no Delta table with a `key` in the catalog, by which rows are told "
            "apart. Nothing was looked for."
        )
    keys = _keys_of(table, name, table.key, texts)
    found = Found(len(keys))
    _tables(found, catalog, name, table.key, texts)
    held = {(one.table_id, v.version) for one in found.tables for v in one.found.versions}
    for run in project.stored_runs:
        if run.record is None:
            found.unknown_runs += [run.run_id] if "lakeproof.record" in run.tags else []
        elif (one := affected(run.record, held, keys)) is not None:
            found.runs.append(one)
    found.deliveries = list(_deliveries(project.path, catalog, table.key, texts))
    copies = [
        place
        for one in found.tables
        for place in copies_with(
            project.path, one.table_id, (v.version for v in one.found.versions)
        )
    ]
    found.are_traces_searched = all(len(text) >= SHORTEST for text in texts)
    known = {one.path for one in found.deliveries}
    found.traces = [
        path
        for path in map(catalog.relative, [*copies, *_traces(project.path, texts)])
        if path not in known
    ]
    return found


def _keys_of(table: DeltaTable, name: str, key: Sequence[str], texts: Sequence[str]) -> Any:
    from lakeproof.delta.read.scan import scan

    schema = scan(table.open()).collect_schema()
    absent = [column for column in key if column not in schema]
    if absent:
        raise ErasureError(f"it has no column '{absent[0]}'")
    return key_rows(texts, key, schema, name)


def _tables(
    found: Found,
    catalog: "ProjectCatalog",
    name: str,
    key: Sequence[str],
    texts: Sequence[str],
) -> None:
    """Look through the table and all others that have its key's columns."""
    for other in dict.fromkeys([name, *catalog.table_names()]):
        try:
            table = catalog.table(other)
            if not isinstance(table, DeltaTable):
                raise ErasureError(f"it is a {type(table).__name__}")
            if other != name and not table.is_there():
                continue
            keys = _keys_of(table, other, key, texts)
            versions = find_versions(table.location, keys)
        except LakeproofError as error:
            if other == name:
                raise
            found.not_searched[other] = error.message
            continue
        if versions.versions or versions.unreadable:
            place = catalog.relative(table.location.absolute_uri)
            found.tables.append(FoundTable(other, place, table.open().table_id, versions))


def _deliveries(
    project_path: Path, catalog: "ProjectCatalog", key: Sequence[str], texts: Sequence[str]
) -> Iterator[FoundDelivery]:
    """Look through the raw files of the folders whose rows have this key."""
    seen: set[Path] = set()
    for name, entry in catalog.entries.items():
        if not isinstance(entry, dict) or "DeliveryFolder" not in str(entry.get("type")):
            continue
        folder = catalog.catalog.get(name)
        if not isinstance(folder, DeliveryFolder):
            continue
        try:
            if set(folder.schema.key) != set(key):
                continue
            deliveries = folder.load()
        except LakeproofError:
            continue  # nothing is delivered there
        for one in deliveries:
            if one.path in seen:
                continue
            seen.add(one.path)
            rows: int | None
            try:
                frame = one.rows().collect()
                rows = count_keys(frame.lazy(), key_rows(texts, key, frame.schema, name))
            except LakeproofError:
                rows = None
            if rows != 0:
                path = catalog.relative(one.path)
                yield FoundDelivery(path, rows, _is_in_git(project_path, one.path))


def _is_in_git(project_path: Path, path: Path) -> bool:
    command = ["git", "-C", str(project_path), "ls-files", "--error-unmatch", "--", str(path)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False  # no git


def _traces(project_path: Path, texts: Sequence[str]) -> Iterator[Path]:
    """Look through what Lakeproof and MLflow keep beside the tables: examples, copies, records."""
    state = state_of(project_path)
    places = [state, project_path / "mlartifacts", *project_path.glob("data/*/*/.*.staged.arrow")]
    but = [state / one for one in _NOT_OURS]
    yield from traces(files_below(places, but), texts)


def document(found: Found) -> dict[str, Any]:
    """Make the JSON document. It holds no key."""
    return {
        "is_dry_run": True,
        "keys": found.keys,
        "tables": [
            {
                "table": one.table,
                "uri": one.uri,
                "table_id": one.table_id,
                "is_live": one.found.is_live,
                "versions": [asdict(version) for version in one.found.versions],
                "unreadable": list(one.found.unreadable),
                "files": list(one.found.files),
            }
            for one in found.tables
        ],
        "not_searched": found.not_searched,
        "runs": [asdict(one) for one in found.runs],
        "unknown_runs": found.unknown_runs,
        "deliveries": [asdict(one) for one in found.deliveries],
        "traces": found.traces,
        "are_traces_searched": found.are_traces_searched,
    }


def render(found: Found) -> str:
    """Write it for people. It holds no key."""
    sides = [one.side for one in found.runs]
    trained, tested = sides.count("training"), sides.count("test")
    files = sum(len(one.found.files) for one in found.tables)
    lines = [
        f"Rows of {found.keys} key(s): in {len(found.tables)} table(s), {files} data file(s), "
        f"{len(found.deliveries)} raw file(s); of {len(found.runs)} run(s) {trained} trained on "
        f"them, {tested} tested on them. Nothing was changed."
    ]
    lines += _of_tables(found)
    if found.runs:
        rows = [
            [
                one.run_id[:_ID_CHARACTERS],
                one.started_at[:10],
                _listed(one.reads),
                _listed(one.writes),
                one.side or "not known",
                ", ".join(one.models) or "-",
            ]
            for one in found.runs
        ]
        heads = ("run", "began", "read", "wrote", "side", "models")
        lines += ["", layout(dict.fromkeys(heads, "left"), rows)]
    if found.deliveries:
        lines += ["", "Raw files:"]
        for one in found.deliveries:
            rows_ = "unreadable" if one.rows is None else f"{one.rows} row(s)"
            git = ", and in git's history" if one.is_in_git else ""
            lines.append(f"  {one.path}: {rows_}{git}")
    if found.traces:
        lines += ["", "A key stands, or may stand, in:", *(f"  {one}" for one in found.traces)]
    if not found.are_traces_searched:
        lines += [
            "",
            f"Other files were not looked through: a key has fewer than {SHORTEST} signs.",
        ]
    if found.unknown_runs:
        ids = ", ".join(one[:_ID_CHARACTERS] for one in found.unknown_runs)
        lines += ["", f"Not known of runs whose records cannot be read: {ids}"]
    return "\n".join(lines)


def _of_tables(found: Found) -> Iterator[str]:
    for one in found.tables:
        numbers = ", ".join(str(version.version) for version in one.found.versions) or "none"
        state = "still in the newest" if one.found.is_live else "not in the newest"
        yield f"  {one.table}: versions {numbers} ({state}), {len(one.found.files)} data file(s)"
        if one.found.unreadable:
            gone = ", ".join(map(str, one.found.unreadable))
            yield f"    not readable, so not known of: versions {gone}"
    for table, reason in found.not_searched.items():
        yield f"  {table}: not looked through: {reason}"


def _listed(versions: Any) -> str:
    return ", ".join(f"{table}@{version}" for table, version in versions.items()) or "-"
