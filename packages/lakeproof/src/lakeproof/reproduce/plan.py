"""What a re-run needs, and which of it is here: the room that `kedro check` shares.

Looks at logs, ids, presence and sizes, and runs nothing. Contents are verified when they are about
to be used (`verify`), not here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lakeproof.erasure.erased_inputs import (
    ErasedInput,
    erased_file_sentence,
    erased_files,
    files_left,
)
from lakeproof.record.facts import CodeFacts, EnvironmentFacts, FileFacts, Record
from lakeproof.record.registry.loaded_models import found_model
from lakeproof.reproduce.code.bundled import FindArtifact, no_artifact
from lakeproof.reproduce.code.older_code import diff_of
from lakeproof.reproduce.code.recorded_contents import lacking
from lakeproof.reproduce.code.repository import CodeError, git, repository_of
from lakeproof.reproduce.code.required_code import require_code
from lakeproof.reproduce.code.worktree import ARCHIVES, withheld_of
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.other_engine import environment_on
from lakeproof.reproduce.environment.same_environment import differences, is_same, patched
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.needed_tables import NeededTable, find_tables, receipts_of
from lakeproof.reproduce.outcomes import Factor
from lakeproof.reproduce.todays_tables import Locate
from lakeproof.spelling import typed
from lakeproof.stores.addresses import is_remote
from lakeproof.versioned.pins import LATEST


@dataclass(frozen=True)
class Plan:
    """What is needed and what is missing.

    Args:
        record: Of the run.
        tables: Where each is.
        load_versions: What the re-run pins: versions from before the run of tables that it only
            reads, and what the run's own command pinned.
        environment: In which to run it: the recorded one, with Spark where that is asked for.
        has_environment: Whether the current interpreter and libraries are those, or are to be
            taken as they are. Where the run had packages whose files are not theirs, it is
            rebuilt as anybody else would: without.
        factors: What is known already to be another: of the environment, and of table ids.
        missing: Sentences with the cure.
        is_here: Whether they are to be taken as they are because somebody said so.
        erased: Inputs of which rows were erased, where what is left of them is to be taken.
        files: Those that the run read, as they are to be placed.
    """

    record: Record
    tables: tuple[NeededTable, ...]
    load_versions: Mapping[str, str]
    environment: EnvironmentFacts
    has_environment: bool
    factors: tuple[Factor, ...]
    missing: tuple[str, ...]
    is_here: bool = False
    erased: tuple[ErasedInput, ...] = ()
    files: tuple[FileFacts, ...] = ()


def make_plan(
    record: Record,
    project_path: Path,
    locate: Locate,
    has_artifact: Callable[[FileFacts], bool],
    here: EnvironmentFacts,
    is_here: bool = False,
    engine: str | None = None,
    find_artifact: FindArtifact = no_artifact,
    fetches: bool = False,
    looks: Looks | None = None,
    without_erased: bool = False,
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
        fetches: Whether code that a remote of the repository has is brought from there.
        looks: What was seen of tables for other runs, where many are looked at.
        without_erased: Whether what erasures have left of an input is taken in its place.
    """
    missing = list(record.problems)
    looks = looks or Looks()
    missing += _missing_code(record, project_path, find_artifact, fetches, looks)
    known = receipts_of(project_path, looks)
    receipts = known.own
    erased = erased_files(receipts, record.inputs.files)
    files = files_left(record.inputs.files, erased) if without_erased else record.inputs.files
    if not without_erased:
        run_id = record.run.run_id
        missing += [erased_file_sentence(receipts, one, run_id) for one in erased]
    missing += _missing_files(record, files, project_path, has_artifact)
    missing += [
        f"The model {model.uri} ('{model.dataset}') is gone from MLflow. Register it again."
        for model in record.inputs.models
        if found_model(model, find_artifact) is None
    ]
    found = find_tables(record, project_path, locate, looks, without_erased)
    missing += found.missing
    erased = [*erased, *found.erased] if without_erased else []
    if without_erased and not (erased or missing):
        again = typed("kedro reproduce", record.run.run_id[:8])
        missing.append(f"Of what the run read no row was erased. Reproduce it as it was: {again}")
    missing += known.unused(set(_inputs(record))) if missing else ()
    others = _differences(record.environment, here, looks)
    environment = record.environment
    try:
        environment = environment_on(engine, record, project_path)
    except EnvironmentMissingError as error:
        missing += [] if is_here else [error.message]
    return Plan(
        record=record,
        tables=found.tables,
        load_versions=_load_versions(record),
        environment=environment,
        has_environment=is_here
        or (_is_same(environment, here, looks) and not patched(environment)),
        factors=(*found.factors, *others),
        missing=tuple(dict.fromkeys(missing)),
        is_here=is_here,
        erased=tuple(erased),
        files=tuple(files),
    )


def _inputs(record: Record) -> Iterator[str | tuple[str, int]]:
    """Yield what receipts name: the sha256 of files, id and version of tables."""
    yield from (file.sha256 for file in record.inputs.files)
    yield from ((read.table_id, read.version) for read in record.inputs.tables)
    for write in record.outputs.tables:
        if write.started_at is not None:
            yield write.table_id, write.started_at


def _missing_code(
    record: Record, project_path: Path, find_artifact: FindArtifact, fetches: bool, looks: Looks
) -> list[str]:
    if record.code.commit is None:
        return []  # said by the record's own problems
    code = record.code

    def found_here() -> Path | None:
        bundle = require_code(project_path, code, find_artifact, fetches)
        if code.kept_tree is None and code.diff is not None and code.diff.withheld is not None:
            diff_of(project_path, code)
        # What one run's bundle has says nothing of the next run's.
        return repository_of(project_path) if bundle is None else None

    try:
        # What the repository has by itself, it has for every run of this code.
        top = looks.once(_without_bundle(code), found_here) or project_path
    except CodeError as error:
        return [error.message]
    conf = project_path / record.configuration.source
    present = conf.parent if conf.name.endswith(ARCHIVES) else conf
    # What has no digest (a nested repository, a dead link) is left out of a worktree, and said.
    withheld = [lacking(file, top) for file in withheld_of(code) if file.sha256]
    withheld += [lacking(file, present) for file in record.configuration.files]
    return [sentence for sentence in withheld if sentence is not None]


def _differences(
    environment: EnvironmentFacts, here: EnvironmentFacts, looks: Looks
) -> tuple[Factor, ...]:
    pair = looks.told(environment), looks.told(here)
    found: tuple[Factor, ...] = looks.once(
        ("differences", *pair), lambda: differences(environment, here)
    )
    return found


def _is_same(environment: EnvironmentFacts, here: EnvironmentFacts, looks: Looks) -> bool:
    pair = looks.told(environment), looks.told(here)
    same: bool = looks.once(("is same", *pair), lambda: is_same(environment, here))
    return same


def _without_bundle(code: CodeFacts) -> str:
    """Tell the codes of two runs apart by what a repository has of them."""
    kept = code.snapshot and replace(code.snapshot, bundle=None, not_bundled=None)
    return repr(replace(code, snapshot=kept))


def _missing_files(
    record: Record,
    files: Iterable[FileFacts],
    project_path: Path,
    has_artifact: Callable[[FileFacts], bool],
) -> list[str]:
    """Look for each raw file by presence and size: here, in the commit, among the artifacts."""
    untracked = {content.path for content in record.code.untracked}
    missing = []
    for file in files:
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
        if is_remote(file.path):
            found = "is neither there as it was nor kept beside a table"
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
