"""What a re-run needs, and which of it is here: the room that `kedro check` shares.

Looks at logs, ids, presence and sizes, and runs nothing. Contents are verified when they are about
to be used (`verify`), not here.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lakeproof.delta.log.data_files import require_files
from lakeproof.delta.log.location import Location
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.pins import LATEST
from lakeproof.errors import LakeproofError
from lakeproof.record.facts import EnvironmentFacts, FileFacts, Record, TableRead, TableWritten
from lakeproof.reproduce.code.bundled import FindArtifact, no_artifact
from lakeproof.reproduce.code.older_code import diff_of
from lakeproof.reproduce.code.raw_files import lacking
from lakeproof.reproduce.code.repository import CodeError, git, repository_of
from lakeproof.reproduce.code.worktree import ARCHIVES, require_code, withheld_of
from lakeproof.reproduce.environment.other_engine import environment_on
from lakeproof.reproduce.environment.rebuild import EnvironmentMissingError
from lakeproof.reproduce.environment.same_environment import differences, is_same, patched
from lakeproof.reproduce.outcomes import Factor

# The place of a dataset in today's catalog, where it has one.
Locate = Callable[[str], Location | None]


@dataclass(frozen=True)
class NeededVersion:
    """One version of a table that must be there as it was.

    Args:
        version: The Delta version.
        digest: Of its content, as recorded; `None` where nothing depends on it.
    """

    version: int
    digest: str | None


@dataclass(frozen=True)
class NeededTable:
    """A table of the run, and where it is today.

    Args:
        datasets: The catalog names under which the run knew it.
        recorded_uri: Its place in the record.
        table_id: In the record.
        location: Its place today.
        versions: All that are needed, the one that a write starts from among them.
        is_written: Whether the run wrote it, so that the re-run needs a copy of its own.
        start: The version that a write starts from; `None` where there was no table, or what was
            there does not matter and is gone.
    """

    datasets: tuple[str, ...]
    recorded_uri: str
    table_id: str
    location: Location
    versions: tuple[NeededVersion, ...]
    is_written: bool
    start: int | None


@dataclass(frozen=True)
class Plan:
    """What is needed and what is not to be had.

    Args:
        record: Of the run.
        tables: Where each is.
        load_versions: What the re-run pins: versions from before the run of tables that it only
            reads, and what the run's own command pinned.
        environment: In which it is to be had: the recorded one, with Spark where that is asked for.
        has_environment: Whether the current interpreter and libraries are those, or are to be
            taken as they are. Where the run had packages whose files are not theirs, it is to be
            had as anybody else would: without.
        factors: What is known already to be another: of the environment, and of table ids.
        missing: Sentences with the cure.
    """

    record: Record
    tables: tuple[NeededTable, ...]
    load_versions: Mapping[str, str]
    environment: EnvironmentFacts
    has_environment: bool
    factors: tuple[Factor, ...]
    missing: tuple[str, ...]


def make_plan(
    record: Record,
    project_path: Path,
    locate: Locate,
    has_artifact: Callable[[FileFacts], bool],
    here: EnvironmentFacts,
    is_here: bool = False,
    engine: str | None = None,
    find_artifact: FindArtifact = no_artifact,
) -> Plan:
    """Hold what the record needs against what is here.

    Args:
        record: Of a run that finished.
        project_path: The user's project, which is only read.
        locate: Looks a table up in today's catalog.
        has_artifact: Tells whether MLflow has a copy of a file.
        here: The current environment.
        is_here: Take the current environment as it is.
        engine: Instead of the recorded one.
        find_artifact: Brings an artifact of MLflow by its place.
    """
    missing = list(record.problems)
    missing += _missing_code(record, project_path, find_artifact)
    missing += _missing_files(record, project_path, has_artifact)
    tables, of_tables, factors = _tables(record, project_path, locate)
    missing += of_tables
    environment = record.environment
    try:
        environment = environment_on(engine, record, project_path)
    except EnvironmentMissingError as error:
        missing += [] if is_here else [error.message]
    return Plan(
        record=record,
        tables=tables,
        load_versions=_load_versions(record),
        environment=environment,
        has_environment=is_here or (is_same(environment, here) and not patched(environment)),
        factors=(*factors, *differences(record.environment, here)),
        missing=tuple(dict.fromkeys(missing)),
    )


def _missing_code(record: Record, project_path: Path, find_artifact: FindArtifact) -> list[str]:
    if record.code.commit is None:
        return []  # said by the record's own problems
    code = record.code
    try:
        bundle = require_code(project_path, code, find_artifact)
        if code.kept_tree is None and code.diff is not None and code.diff.withheld is not None:
            diff_of(project_path, code)
        top = project_path if bundle is not None else repository_of(project_path)
    except CodeError as error:
        return [error.message]
    conf = project_path / record.configuration.source
    present = conf.parent if conf.name.endswith(ARCHIVES) else conf
    # What has no digest (a nested repository, a dead link) is left out of a worktree, and said.
    withheld = [lacking(file, top) for file in withheld_of(code) if file.sha256]
    withheld += [lacking(file, present) for file in record.configuration.files]
    return [sentence for sentence in withheld if sentence is not None]


def _missing_files(
    record: Record, project_path: Path, has_artifact: Callable[[FileFacts], bool]
) -> list[str]:
    """Look for each raw file by presence and size: here, in the commit, among the artifacts."""
    untracked = {content.path for content in record.code.untracked}
    missing = []
    for file in record.inputs.files:
        if file.is_own or file.text is not None:
            continue
        place = project_path / file.path
        if place.is_file() and place.stat().st_size == file.size:
            continue
        in_repository = str(PurePosixPath(record.code.prefix, file.path))
        if in_repository in untracked or _is_in_commit(record, project_path, in_repository):
            continue
        if has_artifact(file):
            continue
        found = f"has {place.stat().st_size} bytes" if place.is_file() else "is not there"
        missing.append(
            f"File {file.path} ({file.dataset}) {found}; the run read {file.size} bytes with "
            f"sha256 {file.sha256}. Put that file back."
        )
    missing += [
        f"Input '{value.dataset}' ({value.type}) cannot be restored, and was not digested: "
        f"{value.note}"
        for value in record.inputs.values
        if value.digest is None and value.type != "MemoryDataset"
    ]
    return missing


def _is_in_commit(record: Record, project_path: Path, path: str) -> bool:
    try:
        git(project_path, "cat-file", "-e", f"{record.code.kept_commit}:{path}")
    except CodeError:
        return False
    return True


def _tables(
    record: Record, project_path: Path, locate: Locate
) -> tuple[tuple[NeededTable, ...], list[str], list[Factor]]:
    reads: dict[str, list[TableRead]] = defaultdict(list)
    writes: dict[str, list[TableWritten]] = defaultdict(list)
    for read in record.inputs.tables:
        reads[read.uri].append(read)
    for write in record.outputs.tables:
        writes[write.uri].append(write)
    tables, missing, factors = [], [], []
    for uri in dict.fromkeys([*reads, *writes]):
        read_here = [read for read in reads[uri] if not read.is_own]
        needed: dict[int, str | None] = {read.version: read.digest for read in read_here}
        first = writes[uri][0] if writes[uri] else None
        start = first.started_at if first is not None else None
        if first is not None and start is not None:
            # What is overwritten as a whole decides nothing.
            digest = first.started_digest if first.mode != "overwrite" else None
            needed.setdefault(start, digest)
        names = tuple(
            dict.fromkeys([*(r.dataset for r in reads[uri]), *(w.dataset for w in writes[uri])])
        )
        table_id = read_here[0].table_id if read_here else first.table_id if first else ""
        location = _location(names, uri, project_path, locate, table_id if needed else None)
        opened, troubles = _open_all(location, needed)
        if first is not None and first.mode == "overwrite" and not read_here and troubles:
            # All of it is replaced: what was there decides nothing but version numbers.
            start, needed, troubles = None, {}, []
        missing += troubles
        for found in opened[:1]:
            if found.table_id != table_id:
                factors.append(
                    Factor(f"table id:{names[0]}", table_id, found.table_id, is_setup=True)
                )
        tables.append(
            NeededTable(
                datasets=names,
                recorded_uri=uri,
                table_id=table_id,
                location=location,
                versions=tuple(NeededVersion(v, needed[v]) for v in sorted(needed)),
                is_written=first is not None,
                start=start,
            )
        )
    return tuple(tables), missing, factors


def _location(
    names: tuple[str, ...], uri: str, project_path: Path, locate: Locate, table_id: str | None
) -> Location:
    """Choose the place of a table: today's catalog first, then the recorded one.

    The one that has the recorded table's id wins, as a catalog may have moved on to another table.
    """
    recorded = uri if "://" in uri else str(project_path / uri)
    places = [found for name in names if (found := locate(name)) is not None]
    options = places[0].storage_options if places else None
    places.append(Location(names[0], recorded, options if "://" in recorded else None))
    if table_id is not None:
        for place in places:
            try:
                if open_table(place).table_id == table_id:
                    return place
            except LakeproofError:
                continue
    for place in places:
        try:
            open_table(place)
        except LakeproofError:
            continue
        return place
    return places[-1] if "://" in recorded or Path(recorded).is_dir() else places[0]


def _open_all(
    location: Location, needed: Mapping[int, str | None]
) -> tuple[list[OpenedTable], list[str]]:
    opened, troubles = [], []
    for version in sorted(needed):
        try:
            found = open_table(location, version)
            require_files(found)
        except LakeproofError as error:
            troubles.append(error.message)
        else:
            opened.append(found)
    return opened, troubles


def _load_versions(record: Record) -> dict[str, str]:
    """Choose what the re-run pins: never what the run itself wrote, which it is to write again."""
    written = {table.uri for table in record.outputs.tables}
    pins = {
        table.dataset: str(table.version)
        for table in record.inputs.tables
        if not table.is_own and table.uri not in written
    }
    given = record.run.options.get("load_versions")
    if isinstance(given, str) and given:
        asked = dict(item.split(":", 1) for item in given.split(","))
        # What was the latest then need not be the latest now.
        pins |= {name: version for name, version in asked.items() if version != LATEST}
    return pins
