"""`kedro reproduce`: re-run a recorded run in isolation and give the verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from lakeproof.errors import LakeproofError
from lakeproof.record.documents.document import RecordError
from lakeproof.record.setup.environment import gather_environment
from lakeproof.reproduce.environment.other_engine import AskedEngine
from lakeproof.reproduce.environment.rebuild import missing_interpreter
from lakeproof.reproduce.outcomes import Comparison, Factor
from lakeproof.reproduce.plan import Plan, make_plan
from lakeproof.reproduce.stages.dry_run import DryRun
from lakeproof.reproduce.stages.execute import execute
from lakeproof.reproduce.stages.fork import early_fork
from lakeproof.reproduce.stages.scratch import Scratch, sweep
from lakeproof.reproduce.stages.stage_results import Context, StageError
from lakeproof.reproduce.stages.stage_types import stages_of

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record


class NotReproducibleError(LakeproofError):
    """The run is not one that can be asked for again."""

    exit_code = 2


@dataclass(frozen=True)
class Wish:
    """How to re-run a run.

    Args:
        run: An id, a prefix of one, or `last`.
        engine: Instead of the recorded one.
        is_here: Take today's interpreter and libraries.
        keeps_scratch: Leave the scratch project and say where it is.
        without_erased: Take what erasures have left of its inputs: no pass can come of it.
    """

    run: str
    engine: str | None = None
    is_here: bool = False
    keeps_scratch: bool = False
    without_erased: bool = False


def reproduce(
    project: "RunProject",
    wish: Wish,
    say: Callable[[str], None],
    tell: Callable[[Comparison], None] = lambda _: None,
    seen: "Callable[[Record], None]" = lambda _: None,
) -> Comparison:
    """Plan and carry out the stages; whatever is missing makes it INCONCLUSIVE.

    Args:
        project: The user's project, of which nothing is changed.
        wish: How.
        say: Gets progress, a line at a time.
        tell: Gets the verdict of a re-run before it is stored, which may take long or fail.
        seen: Gets the record that the re-run will be held against.

    Raises:
        LakeproofError: If there is no such run, or it has no result.
    """
    sweep(project.path)
    run_id = project.records.resolve(wish.run)
    try:
        record = finished(project, run_id)
    except RecordError as error:
        return _inconclusive(run_id, (error.message,))
    seen(record)
    say(f"Reproducing run {run_id[:8]} of {record.run.started_at}")
    plan = None
    try:
        plan = _plan(project, record, wish, fetches=True)
        if plan.missing:
            return _inconclusive(run_id, plan.missing, plan.factors)
        stages = stages_of(plan, _asked(project, record, wish.engine))
        # One run may be asked for twice at a time, or a place of it be kept.
        name = f"{run_id[:8]}-{token_hex(4)}"
        with Scratch(project.path, name, keep=wish.keeps_scratch) as scratch:
            if wish.keeps_scratch:
                say(f"The scratch project stays in {scratch.path}")
            records = project.records.of(run_id)
            where = scratch.path, project.path, project.find_artifact
            forked = early_fork.start, early_fork.store_writer
            context = Context(*where, records, say, tell, *forked)
            comparison = execute(stages, context).comparison
            assert comparison is not None, "no stage compares"
            return comparison
    except StageError as error:
        return _inconclusive(run_id, error.missing, plan.factors if plan is not None else ())
    except LakeproofError as error:
        return _inconclusive(run_id, (error.message,), plan.factors if plan is not None else ())


def plan_only(project: "RunProject", wish: Wish) -> DryRun:
    """Say what `reproduce` would do and what is missing for it; looks, and runs nothing.

    Raises:
        LakeproofError: If there is no such run, or it has no result.
    """
    run_id = project.records.resolve(wish.run)
    try:
        record = finished(project, run_id)
    except RecordError as error:
        return DryRun(run_id, (), (error.message,))
    try:
        plan = _plan(project, record, wish)
        stages = stages_of(plan, _asked(project, record, wish.engine))
    except LakeproofError as error:
        return DryRun(run_id, (), (error.message,))
    missing = plan.missing
    if not plan.has_environment:
        missing += missing_interpreter(plan.environment, project.path)
    return DryRun(run_id, stages, missing, plan.factors)


def finished(project: "RunProject", run_id: str) -> "Record":
    """Read the record of a run that has a result.

    Raises:
        RecordError: If its record cannot be read.
        NotReproducibleError: If it did not finish.
    """
    record = project.records.record(run_id)
    if record.run.status != "FINISHED":
        raise NotReproducibleError(
            f"Run {run_id[:8]} {record.run.status}"
            + (f" in node '{record.run.failed_node}'" if record.run.failed_node else "")
            + ": it has no result. Nothing was run. See it: "
            f"kedro show {run_id[:8]}"
        )
    return record


def wished_plan(
    project: "RunProject", record: "Record", wish: Wish
) -> tuple[Plan, AskedEngine | None]:
    """Plan a run of a record as somebody wants it, with the engine that was asked for."""
    plan = _plan(project, record, wish, fetches=True)
    return plan, _asked(project, record, wish.engine)


def _asked(project: "RunProject", record: "Record", engine: str | None) -> AskedEngine | None:
    """Take the settings of another engine from today's project: the record has none for it."""
    if engine is None:
        return None
    spark = project.spark_settings(record.run.kedro_env) if engine == "spark" else None
    return AskedEngine(engine, spark)


def _plan(project: "RunProject", record: "Record", wish: Wish, fetches: bool = False) -> Plan:
    # A file of no distribution is a factor where the run has imported it.
    known = {one.path for one in record.environment.changed_files or ()}
    return make_plan(
        record,
        project.path,
        project.locate_in(record.run.kedro_env),
        project.has_artifact,
        gather_environment(project.path, is_quick=True, known=known),
        wish.is_here,
        wish.engine,
        project.records.artifact,
        fetches,
        without_erased=wish.without_erased,
    )


def _inconclusive(
    run_id: str, missing: tuple[str, ...], factors: tuple[Factor, ...] = ()
) -> Comparison:
    """Give the outcome where there is no re-run to compare with."""
    return Comparison("INCONCLUSIVE", run_id, None, (), None, factors, missing)
