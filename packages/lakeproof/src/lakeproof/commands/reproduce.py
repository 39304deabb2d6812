"""`kedro reproduce`: re-run a recorded run in isolation and give the verdict."""

from collections.abc import Callable
from secrets import token_hex
from typing import TYPE_CHECKING

from lakeproof.errors import LakeproofError
from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.stored_metrics import other_metrics
from lakeproof.record.setup.environment import gather_environment
from lakeproof.reproduce import store_rerun
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.environment.other_engine import AskedEngine
from lakeproof.reproduce.execute import Outcome, execute, verify
from lakeproof.reproduce.outcomes import Comparison, Factor
from lakeproof.reproduce.plan import Plan, make_plan
from lakeproof.reproduce.scratch import Scratch, sweep

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record


class NotReproducibleError(LakeproofError):
    """The run is not one that can be asked for again."""

    exit_code = 2


def reproduce(
    project: "RunProject",
    run: str,
    engine: str | None,
    is_here: bool,
    keeps_scratch: bool,
    say: Callable[[str], None],
) -> Comparison:
    """Plan, verify, execute and compare; whatever is missing makes it INCONCLUSIVE.

    Args:
        project: The user's project, of which nothing is changed.
        run: An id, a prefix of one, or `last`.
        engine: Instead of the recorded one.
        is_here: Take today's interpreter and libraries.
        keeps_scratch: Leave the scratch project and say where it is.
        say: Gets progress, a line at a time.

    Raises:
        LakeproofError: If there is no such run, or it has no result.
    """
    sweep(project.path)
    run_id = project.records.resolve(run)
    try:
        record = project.records.record(run_id)
    except RecordError as error:
        return _inconclusive(run_id, (error.message,))
    if record.run.status != "FINISHED":
        raise NotReproducibleError(
            f"Run {run_id[:8]} {record.run.status}"
            + (f" in node '{record.run.failed_node}'" if record.run.failed_node else "")
            + ": it has no result to reproduce. Nothing was run. See it: "
            f"kedro show {run_id[:8]}"
        )
    say(f"Reproducing run {run_id[:8]} of {record.run.started_at}")
    plan = None
    try:
        plan = _plan(project, record, is_here, engine)
        missing = plan.missing or verify(plan, say)
        if missing:
            return _inconclusive(run_id, missing, plan.factors)
        # One run may be asked for twice at a time, or a place of it be kept.
        name = f"{run_id[:8]}-{token_hex(4)}"
        with Scratch(project.path, name, keep=keeps_scratch) as scratch:
            if keeps_scratch:
                say(f"The scratch project stays in {scratch.path}")
            outcome = execute(
                *(plan, scratch, project.path, project.find_artifact, project.records.of(run_id)),
                *(_asked(project, record, engine), say),
            )
            return _judged(project, record, plan, outcome)
    except LakeproofError as error:
        return _inconclusive(run_id, (error.message,), plan.factors if plan is not None else ())


def _asked(project: "RunProject", record: "Record", engine: str | None) -> AskedEngine | None:
    """Take the settings of another engine from today's project: the record has none for it."""
    if engine is None:
        return None
    spark = project.spark_settings(record.run.kedro_env) if engine == "spark" else None
    return AskedEngine(engine, spark)


def _plan(project: "RunProject", record: "Record", is_here: bool, engine: str | None) -> Plan:
    return make_plan(
        record,
        project.path,
        project.locate_in(record.run.kedro_env),
        project.has_artifact,
        gather_environment(project.path),
        is_here,
        engine,
        project.records.artifact,
    )


def _judged(project: "RunProject", record: "Record", plan: Plan, outcome: Outcome) -> Comparison:
    """Compare, and keep the re-run with its verdict in the user's store."""
    records = project.records.of(record.run.run_id)
    run_id = store_rerun.begin(records, outcome.record)
    try:
        rerun = store_rerun.as_run(outcome.record, run_id, record, project.path)
        table_ids = tuple(f for f in plan.factors if f.factor.startswith("table id:"))
        known = table_ids
        if outcome.left_out:
            lost = "; ".join(outcome.left_out)
            known = (*table_ids, Factor("code:not restored", lost, None, is_setup=True))
        notes = tuple(other_metrics(record.metrics, records.metrics(record.run.run_id)))
        comparison = compare(record, rerun, is_rerun=True, extra_factors=known, notes=notes)
        store_rerun.finish(records, rerun, outcome.artifacts, comparison)
    except BaseException:
        # Without a verdict it is no re-run, and nobody is at work on it any more.
        records.client.set_terminated(run_id, "KILLED")
        raise
    return comparison


def _inconclusive(
    run_id: str, missing: tuple[str, ...], factors: tuple[Factor, ...] = ()
) -> Comparison:
    """Give the outcome where there is no re-run to compare with."""
    return Comparison("INCONCLUSIVE", run_id, None, (), None, factors, missing)
