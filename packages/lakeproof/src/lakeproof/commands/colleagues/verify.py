"""`kedro verify`: does the code that is checked out change the results of a recorded run?"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from lakeproof.commands.catalog import open_catalog
from lakeproof.commands.reproduce import finished
from lakeproof.determinism import RecipeError, tolerance_in
from lakeproof.errors import LakeproofError
from lakeproof.record.code import git
from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.tracking import open_loader
from lakeproof.record.places.project_paths import relative_to_project
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.setup.configuration import credential_values, gather_configuration
from lakeproof.record.setup.environment import gather_environment
from lakeproof.record.setup.parameters import plain, resolved_parameters
from lakeproof.reproduce.comparison.meant.other_code import metric_differences, with_tolerance
from lakeproof.reproduce.needed_tables import NeededTable
from lakeproof.reproduce.other_code_plan import on_inputs_of, unused_parameters
from lakeproof.reproduce.outcomes import Comparison, Factor, Verification
from lakeproof.reproduce.plan import Plan, make_plan
from lakeproof.reproduce.stages.execute import execute
from lakeproof.reproduce.stages.scratch import Scratch, sweep
from lakeproof.reproduce.stages.stage_results import Context, StageError
from lakeproof.reproduce.stages.stage_types import Compare, Register, Stage, stages_of
from lakeproof.reproduce.verdict_report import document, headline
from lakeproof.reproduce.verdict_sections import RECORDED, metrics, sections_of
from lakeproof.spelling import first_of
from lakeproof.views import text

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import CodeFacts, ConfigurationFacts, Record

_MOST_NAMED = 5


class DirtyError(LakeproofError):
    """The working tree has changes, and a commit was asked for."""


@dataclass(frozen=True)
class Wish:
    """How to verify.

    Args:
        run: An id, a prefix of one, or `last`.
        is_dirty: Whether changes of the working tree are part of the code under test.
        is_here: Take today's interpreter and libraries.
        keeps_scratch: Leave the scratch project and say where it is.
    """

    run: str
    is_dirty: bool = False
    is_here: bool = False
    keeps_scratch: bool = False


def verify(project: "RunProject", wish: Wish, say: Callable[[str], None]) -> Verification:
    """Run today's commit on the inputs of a recorded run, in isolation, and compare; store nothing.

    Args:
        project: The user's project, of which nothing is changed.
        wish: What, and how.
        say: Gets progress, a line at a time.

    Raises:
        LakeproofError: If there is no such run, it has no result, or the tree has changes.
    """
    sweep(project.path)
    run_id = project.records.resolve(wish.run)
    code = gather_code(project.path, _secrets(open_loader(project.path, None)))
    _require_commit(project, code, wish.is_dirty)
    found = Verification(_inconclusive(run_id, ()), code.commit, code.is_dirty)
    try:
        record = finished(project, run_id)
    except RecordError as error:
        return replace(found, comparison=_inconclusive(run_id, (error.message,)))
    say(f"Verifying commit {str(code.commit)[:8]} on run {run_id[:8]} of {record.run.started_at}")
    plan = None
    try:
        tested = _under_test(project, record, code)
        plan = _plan(project, tested.record, wish)
        if plan.missing:
            comparison = _inconclusive(run_id, plan.missing, plan.factors)
            return replace(found, comparison=comparison, record=record)
        name = f"{run_id[:8]}-{token_hex(4)}"
        with Scratch(project.path, name, keep=wish.keeps_scratch) as scratch:
            if wish.keeps_scratch:
                say(f"The scratch project stays in {scratch.path}")
            records = project.records.of(run_id)
            context = Context(scratch.path, project.path, project.find_artifact, records, say)
            result = execute(_stages(plan, record), context)
    except LakeproofError as error:
        missing = error.missing if isinstance(error, StageError) else (error.message,)
        factors = plan.factors if plan is not None else ()
        return replace(found, comparison=_inconclusive(run_id, missing, factors), record=record)
    assert result.comparison is not None, "no stage compares"
    metrics = metric_differences(result.comparison, tested.tolerance)
    comparison = with_tolerance(result.comparison, metrics)
    return replace(
        found,
        comparison=replace(comparison, notes=(*comparison.notes, *tested.notes)),
        metrics=metrics,
        record=record,
        rerun=result.rerun,
    )


def to_document(found: Verification) -> dict[str, Any]:
    """Make the JSON document: that of a re-run, with what was verified and each metric."""
    return {
        **document(found.comparison),
        "commit": found.commit,
        "is_dirty": found.is_dirty,
        "metrics": [asdict(one) for one in found.metrics],
    }


def render(found: Verification) -> str:
    """Write it for people: the verdict, then each metric, then what stands behind."""
    changes = ", with changes that were not committed" if found.is_dirty else ""
    told = [
        headline(found.comparison),
        f"Code under test: {found.commit}{changes}",
        text.write([metrics(found.metrics), *sections_of(found.comparison, RECORDED)]),
    ]
    return "\n\n".join(filter(None, told))


def write_page(project: "RunProject", found: Verification, target: Path) -> None:
    """Write the page about it.

    Raises:
        OutputError: If the file cannot be written.
    """
    from lakeproof.commands.report_page import write_verification

    write_verification(project, found, target)


@dataclass(frozen=True)
class _UnderTest:
    record: "Record"
    tolerance: Mapping[str, float]
    notes: tuple[str, ...]


def _require_commit(project: "RunProject", code: "CodeFacts", is_dirty: bool) -> None:
    if code.commit is None:
        raise DirtyError(
            f"{project.path} is not in a git repository with a commit, and a commit is verified. "
            "Nothing was run. Commit the project."
        )
    if not code.is_dirty or is_dirty:
        return
    lines = os.fsdecode(git.ask(project.path, "status", "--porcelain")).splitlines()
    names = first_of([line[3:] for line in lines], _MOST_NAMED)
    raise DirtyError(
        f"The working tree has changes that are in no commit: {names}. Nothing was run. "
        "Commit them, or let them be part of what is verified: add --dirty"
    )


def _under_test(project: "RunProject", record: "Record", code: "CodeFacts") -> _UnderTest:
    loader = open_loader(project.path, record.run.kedro_env)
    today, secrets = plain(resolved_parameters(loader)), _secrets(loader)
    configuration = record.configuration
    if not record.run.options.get("conf_source"):
        gathered = gather_configuration(project.path, loader, secrets)
        configuration = _with_ignored(project, gathered, record.configuration)
    mixed = on_inputs_of(record, code, configuration, today)
    before, after = _declared(project, record.code), _declared(project, code)
    notes = list(unused_parameters(today, mixed.parameters))
    if before != after:
        notes.append(
            f"The code under test declares the tolerances {after or 'none'}; those of the recorded "
            f"run count: {before or 'none'}."
        )
    return _UnderTest(mixed, before, tuple(notes))


def _secrets(loader: Any) -> Secrets:
    return Secrets.of(credential_values(loader)).joined_by(resolved_parameters(loader))


def _with_ignored(
    project: "RunProject", today: "ConfigurationFacts", recorded: "ConfigurationFacts"
) -> "ConfigurationFacts":
    """Take what git holds from today's tree, and what it ignores from the recorded run.

    `conf/local` is nobody's change.
    """
    names = {f"{one.source}/{file.path}" for one in (today, recorded) for file in one.files}
    ignored = _ignored(project, sorted(names))

    def is_ignored(facts: "ConfigurationFacts", path: str) -> bool:
        return f"{facts.source}/{path}" in ignored

    kept = [file for file in today.files if not is_ignored(today, file.path)]
    kept += [file for file in recorded.files if is_ignored(recorded, file.path)]
    return replace(
        today,
        files=tuple(sorted(kept, key=lambda file: file.path)),
        catalog_values=recorded.catalog_values,
    )


def _ignored(project: "RunProject", names: list[str]) -> set[str]:
    given = b"\0".join(map(os.fsencode, names))
    try:
        told = git.ask(project.path, "check-ignore", "--stdin", "-z", given=given)
    except git.GitError:
        return set()  # it ignores none of them
    return {os.fsdecode(name) for name in told.split(b"\0") if name}


def _declared(project: "RunProject", code: "CodeFacts") -> dict[str, float]:
    """Read the tolerances that a commit declares; none where the repository does not have it."""
    path = PurePosixPath(code.prefix, "pyproject.toml")
    try:
        content = git.ask(project.path, "cat-file", "blob", f"{code.kept_commit}:{path}")
        tables = tomllib.loads(content.decode()).get("tool", {})
    except (git.GitError, ValueError):
        return {}
    try:
        return tolerance_in(tables.get("lakeproof", {}))
    except RecipeError as error:
        raise LakeproofError(f"Of commit {str(code.commit)[:8]}: {error}") from error


def _plan(project: "RunProject", mixed: "Record", wish: Wish) -> Plan:
    plan = make_plan(
        mixed,
        project.path,
        project.locate_in(mixed.run.kedro_env),
        project.has_artifact,
        gather_environment(project.path),
        wish.is_here,
        find_artifact=project.records.artifact,
    )
    return replace(plan, tables=(*plan.tables, *_new_tables(project, mixed, plan)))


def _new_tables(project: "RunProject", mixed: "Record", plan: Plan) -> Iterator[NeededTable]:
    """Give a place in scratch to each table that the code under test alone has, for it to write."""
    catalog = open_catalog(project.metadata, mixed.run.kedro_env)
    known = {name for table in plan.tables for name in table.datasets}
    places = {table.table.location.uri for table in plan.tables}
    for name in catalog.table_names():
        table = None if name in known else catalog.table(name)
        if table is not None and table.location.uri not in places:
            place = relative_to_project(table.location.uri, project.path)
            yield NeededTable((name,), place, "", table, (), is_written=True, start=None)


def _stages(plan: Plan, record: "Record") -> tuple[Stage, ...]:
    """Compare with what was recorded, and make no run of it: that would be no re-run of the run."""
    return tuple(
        replace(one, record=record, tested=plan.record.code) if isinstance(one, Compare) else one
        for one in stages_of(plan)
        if not isinstance(one, Register)
    )


def _inconclusive(
    run_id: str, missing: tuple[str, ...], factors: tuple[Factor, ...] = ()
) -> Comparison:
    return Comparison("INCONCLUSIVE", run_id, None, (), None, factors, missing)
