"""Where the rows of some keys are, as facts, as a document, and for people. None holds a key."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from lakeproof.deliveries import Delivery
from lakeproof.deliveries.stored_folder import StoredFolder
from lakeproof.erasure.affected_runs import AffectedRun
from lakeproof.erasure.anew.beside import Beside
from lakeproof.erasure.found_versions import FoundVersion, FoundVersions
from lakeproof.erasure.traces import SHORTEST
from lakeproof.terminal import layout

_ID_CHARACTERS = 8


@dataclass(frozen=True)
class FoundTable:
    """A table that holds rows of the keys, or of which that is not known of all versions.

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
        sha256: Of its bytes.
        delivery: It, to be read again.
        beside: Where it is kept beside a table in a store, if it is one of those.
        is_fetched: Whether the catalog says where it is fetched from, and its sha256.
        stored: The place in a store that it was delivered to, if it was.
    """

    path: str
    rows: int | None
    is_in_git: bool
    sha256: str
    delivery: Delivery
    beside: Beside | None = None
    is_fetched: bool = False
    stored: StoredFolder | None = None


@dataclass(frozen=True)
class Candidate:
    """What has rows with such a key, which may be another thing: it is told, and stays.

    Args:
        name: Of the catalog's entry, by which it can be included.
        kind: What it is.
        place: Where it is.
        reason: Why they may be another thing.
    """

    name: str
    kind: Literal["table", "copy", "raw files"]
    place: str
    reason: str


@dataclass
class Found:
    """Where the rows of some keys are.

    Args:
        keys: How many keys were asked for.
        tables: The tables that hold some.
        copies: The held copies that do, which are tables of their own: also of tables that the
            catalog does not name any more.
        not_searched: Tables that could not be looked through, with the reason.
        runs: The recorded runs that read or wrote such versions, newest first.
        unknown_runs: Those whose record cannot be read.
        deliveries: The raw files.
        candidates: What has such rows, too, and may be about other things.
        names: The tables of the catalog that rows are erased from, with or without some.
        traces: Other files in which a key stands as text, or that have such a row.
        own: Files of Lakeproof's own that hold some: they are removed.
        files_read: Those that were looked through as raw files.
        are_traces_searched: Whether files were looked through: not for very short keys.
        in_service: Of the runs, those whose models have an alias or a stage; `None` where a
            registry does not answer.
    """

    keys: int
    tables: list[FoundTable] = field(default_factory=list)
    copies: list[FoundTable] = field(default_factory=list)
    not_searched: dict[str, str] = field(default_factory=dict)
    runs: list[AffectedRun] = field(default_factory=list)
    unknown_runs: list[str] = field(default_factory=list)
    deliveries: list[FoundDelivery] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    traces: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    files_read: set[Path] = field(default_factory=set)
    are_traces_searched: bool = True
    in_service: list[str] | None = field(default_factory=list)

    @property
    def places(self) -> tuple[FoundTable, ...]:
        """Tables and held copies alike."""
        return (*self.tables, *self.copies)

    @property
    def held(self) -> set[tuple[str, int]]:
        """The versions that hold rows, by table id."""
        return {(table_id, one.version) for _, table_id, one in self.found_versions}

    @property
    def found_versions(self) -> Iterator[tuple[str, str, FoundVersion]]:
        """Yield each with the catalog name and the id under which leases and records know it.

        A table may have had another id then; a copy lies under the one of its lease.
        """
        for one in self.tables:
            yield from ((one.table, found.table_id, found) for found in one.found.versions)
        for one in self.copies:
            yield from ((one.table, one.table_id, found) for found in one.found.versions)

    @property
    def is_nothing(self) -> bool:
        """Tell whether no row and no text was found: not that there is none."""
        has_rows = any(place.found.has_rows for place in self.places)
        has_deliveries = any(one.rows for one in self.deliveries)
        return not (has_deliveries or self.traces or self.own or has_rows)


def not_known(found: Found, but: Iterable[tuple[str, int]] = ()) -> Iterator[str]:
    """Name what was not looked at, a line each.

    Args:
        found: What was.
        but: Versions, by table id, whose files an erasure has removed itself.
    """
    removed = set(but)
    for one in found.places:
        gone = [v for v in one.found.unreadable if (one.table_id, v) not in removed]
        if gone:
            yield f"{one.table}: not known of versions {_ranges(gone)}, which cannot be read"
        for path in one.found.unread_files:
            yield f"{one.uri}/{path}: not read; no version names it"
    for table, reason in found.not_searched.items():
        yield f"{table}: not looked through: {reason}"
    if found.unknown_runs:
        ids = ", ".join(one[:_ID_CHARACTERS] for one in found.unknown_runs)
        yield f"Not known of runs whose records cannot be read: {ids}"
    if not found.are_traces_searched:
        yield f"Other files were not looked through: a key has fewer than {SHORTEST} signs."


def told_of(candidates: Iterable[Candidate]) -> Iterator[str]:
    """Name what may hold rows of somebody else, a line each."""
    for one in candidates:
        yield (
            f"{one.place}: rows with such a key stay, since {one.reason}. If they are the same "
            f"person's: --also {one.name}"
        )


def document(found: Found) -> dict[str, Any]:
    """Make the JSON document. It holds no key."""
    return {
        "is_dry_run": True,
        "keys": found.keys,
        "tables": [_table(one) for one in found.tables],
        "copies": [_table(one) for one in found.copies],
        "not_searched": found.not_searched,
        "runs": [asdict(one) for one in found.runs],
        "unknown_runs": found.unknown_runs,
        "deliveries": [
            {
                "path": one.path,
                "rows": one.rows,
                "is_in_git": one.is_in_git,
                "sha256": one.sha256,
            }
            for one in found.deliveries
        ],
        "candidates": [asdict(one) for one in found.candidates],
        "traces": found.traces,
        "own_files": found.own,
        "are_traces_searched": found.are_traces_searched,
        "in_service": found.in_service,
    }


def _table(one: FoundTable) -> dict[str, Any]:
    return {
        "table": one.table,
        "uri": one.uri,
        "table_id": one.table_id,
        "is_live": one.found.is_live,
        "versions": [asdict(version) for version in one.found.versions],
        "unreadable": list(one.found.unreadable),
        "files": list(one.found.files),
        "unread_files": list(one.found.unread_files),
    }


def render(found: Found) -> str:
    """Write it for people. It holds no key."""
    sides = [one.side for one in found.runs]
    trained, tested = sides.count("training"), sides.count("test")
    files = sum(len(one.found.files) for one in found.tables)
    having = sum(one.found.has_rows for one in found.tables)
    lines = [
        f"Nothing was found of {found.keys} key(s). Nothing was changed."
        if found.is_nothing
        else f"Rows of {found.keys} key(s): in {having} table(s), {files} data file(s), "
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
    if found.in_service is None:
        lines.append(
            "Whether a model of these runs is in service is not known: no registry answers."
        )
    elif found.in_service:
        short = ", ".join(one[:_ID_CHARACTERS] for one in found.in_service)
        lines.append(f"A model is in service of: {short}")
    if found.deliveries:
        lines += ["", "Raw files:"]
        for one in found.deliveries:
            rows_ = "unreadable" if one.rows is None else f"{one.rows} row(s)"
            git = ", and in git's history" if one.is_in_git else ""
            lines.append(f"  {one.path}: {rows_}{git}")
    if found.candidates:
        lines += ["", *told_of(found.candidates)]
    if found.own:
        lines += ["", "Files that Lakeproof made, and removes:", *(f"  {one}" for one in found.own)]
    if found.traces:
        lines += ["", "A key stands, or may stand, in:", *(f"  {one}" for one in found.traces)]
    if unknown := list(not_known(found)):
        lines += ["", "Not looked at:", *(f"  {one}" for one in unknown)]
    return "\n".join(lines)


def _of_tables(found: Found) -> Iterator[str]:
    for one in found.tables:
        if one.found.has_rows:
            numbers = _ranges([version.version for version in one.found.versions]) or "none"
            state = "still in the newest" if one.found.is_live else "not in the newest"
            count = len(one.found.files)
            yield f"  {one.table}: versions {numbers} ({state}), {count} data file(s)"
    for one in found.copies:
        if one.found.has_rows:
            numbers = _ranges([version.version for version in one.found.versions])
            yield f"  {one.uri}, a held copy of {one.table}: versions {numbers}"


def _ranges(numbers: list[int]) -> str:
    """Write numbers in order, those that follow one another from the first to the last."""
    runs: list[str] = []
    for _, group in groupby(enumerate(numbers), lambda one: one[1] - one[0]):
        run = [number for _, number in group]
        runs += map(str, run) if len(run) < 4 else [f"{run[0]} to {run[-1]}"]
    return ", ".join(runs)


def _listed(versions: Any) -> str:
    return ", ".join(f"{table}@{version}" for table, version in versions.items()) or "-"
