"""`kedro reproduce --retrained RECEIPT`: the model that never saw what was erased, made and proven.

What flows: of the runs that the receipt names, the one that was asked for, or the newest that
fitted a model; it is run on what erasures have left of its inputs, as for `--without-erased`, and
kept as a recorded run of its own, with its models and with leases on the copies that it read. That
run is then reproduced like any other, and the verdict on it is the answer: nothing is taken on
trust. What is registered of the run before is named, with what registers the new one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import TYPE_CHECKING

from lakeproof.attest.own_receipts import known_receipts, not_used
from lakeproof.checksum import sha256_of
from lakeproof.commands.for_others.model_files import models_of
from lakeproof.commands.reproduce import (
    NotReproducibleError,
    Wish,
    finished,
    reproduce,
    wished_plan,
)
from lakeproof.erasure.receipts import Receipt
from lakeproof.leases.store import LeaseStore
from lakeproof.leases.stored_copies import held_at
from lakeproof.record.chain import head
from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.places.redirection import written_at
from lakeproof.record.run.ending.leasing import BY_RUN, built_upon, end_of, lease_raw, leases_for
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.outcomes import Comparison
from lakeproof.reproduce.stages.child_request import store_in
from lakeproof.reproduce.stages.execute import execute
from lakeproof.reproduce.stages.scratch import Scratch, sweep
from lakeproof.reproduce.stages.stage_results import Context, Result, StageError
from lakeproof.reproduce.stages.stage_types import Compare, Keep, Register, stages_of
from lakeproof.reproduce.store_own import Own, keep_own
from lakeproof.spelling import typed
from lakeproof.views.blocks import facts, section

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject

Say = Callable[[str], None]
TAG = "lakeproof.retrained"

_SHORT = 8
_FOLDER = "retrained"


@dataclass(frozen=True)
class Retrained:
    """What came of it.

    Args:
        receipt: The erasure.
        of_run: The run that had the rows.
        record: That of the run without them; `None` where it could not be made.
        comparison: The verdict on that run.
        registered: The names under which models of the run with the rows are registered.
    """

    receipt: Receipt
    of_run: str
    record: Record | None
    comparison: Comparison
    registered: tuple[str, ...] = ()


def retrain(
    project: "RunProject",
    receipt: str,
    run: str | None,
    how: Wish,
    say: Say,
    seen: Callable[[Record], None] = lambda _: None,
) -> Retrained:
    """Run what learnt from erased rows without them, keep that, and reproduce it.

    Args:
        project: The user's project.
        receipt: The id of an erasure, or the beginning of one.
        run: Which run; the newest that fitted a model where it is `None`.
        how: How to run.
        say: Gets progress, a line at a time.
        seen: Gets the record of the new run.

    Raises:
        LakeproofError: If there is no such receipt or run, or the erasure has not ended.
    """
    sweep(project.path)
    told = _receipt(project.path, receipt)
    run_id = project.records.resolve(run) if run is not None else _newest(project, told)
    if run_id not in told.runs:
        raise NotReproducibleError(
            f"Run {run_id[:_SHORT]} is none that receipt {told.short} names: it had none of the "
            "rows. Nothing was run. Those that it names: "
            f"{', '.join(one[:_SHORT] for one in told.runs) or 'none'}"
        )
    record = finished(project, run_id)
    try:
        new = _made(project, told, record, replace(how, run=run_id, without_erased=True), say)
    except StageError as error:
        missing = Comparison("INCONCLUSIVE", run_id, None, (), None, (), error.missing)
        return Retrained(told, run_id, None, missing)
    seen(new)
    say(f"Recorded run {new.run.run_id}, which never saw the rows. Reproducing it")
    found = reproduce(project, replace(how, run=new.run.run_id, without_erased=False), say)
    return Retrained(told, run_id, new, found, _registered(project, run_id))


def render(done: Retrained) -> str:
    """Say in a sentence what was made, and what comes next."""
    if done.record is None:
        return f"Run {done.of_run[:_SHORT]} could not be made without the rows. Nothing was kept."
    run_id = done.record.run.run_id
    new = run_id[:_SHORT]
    lines = [
        f"Run {new} is run {done.of_run[:_SHORT]} without what receipt {done.receipt.short} erased."
    ]
    models = [str(file.artifact).rpartition("/")[0] for file in models_of(done.record)]
    for name in done.registered if models else ():
        code = f"import mlflow; mlflow.register_model({models[0]!r}, {name!r})"
        lines.append(
            f"'{name}' is registered of run {done.of_run[:_SHORT]}, which had the rows. Register "
            f"the new one: {typed('python -c', code)}; then: kedro promote {new} --alias ALIAS"
        )
    return "\n".join(lines)


def _registered(project: "RunProject", run_id: str) -> tuple[str, ...]:
    """Name the registered models of a run; none where a registry does not answer."""
    client = project.records.of(run_id).client
    try:
        found = client.search_model_versions(f"run_id='{run_id}'")
    except Exception:  # what is said about it is no reason to lose the run
        return ()
    return tuple(sorted({str(one.name) for one in found}))


def _receipt(project_path: Path, asked: str) -> Receipt:
    known = known_receipts(project_path)
    found = [one for one in (*known.own, *known.others) if one.receipt_id.startswith(asked)]
    if len(found) != 1 or len(asked) < 4:
        raise NotReproducibleError(
            f"There is no receipt '{asked[:80]}'"
            if not found
            else f"'{asked[:80]}' is the beginning of {len(found)} receipt(s): give all of it"
        )
    if found[0] in known.others:
        raise NotReproducibleError(f"{not_used(found[0])} Nothing was run.")
    if found[0].state != "done":
        raise NotReproducibleError(
            f"The erasure of receipt {found[0].short} has not ended. Nothing was run. Give its "
            "command again first."
        )
    return found[0]


def _newest(project: "RunProject", receipt: Receipt) -> str:
    for run in project.stored_runs:
        record = run.record
        if record is None or run.run_id not in receipt.runs or not record.models:
            continue
        if record.run.status == "FINISHED" and record.run.reproduces is None:
            return run.run_id
    raise NotReproducibleError(
        f"No finished run that receipt {receipt.short} names has fitted a model. Nothing was run. "
        "What a run gives without the rows: kedro reproduce RUN --without-erased"
    )


def _made(project: "RunProject", receipt: Receipt, record: Record, wish: Wish, say: Say) -> Record:
    say(f"Running {wish.run[:_SHORT]} without the rows that were erased")
    plan, engine = wished_plan(project, record, wish)
    if plan.missing:
        raise StageError("plan", plan.missing)
    stages = [
        one for one in stages_of(plan, engine) if not isinstance(one, Register | Compare | Keep)
    ]
    name = f"retrained-{wish.run[:_SHORT]}-{token_hex(4)}"
    with Scratch(project.path, name, keep=wish.keeps_scratch) as scratch:
        records = project.records.of(wish.run)
        context = Context(scratch.path, project.path, project.find_artifact, records, say)
        result = execute(stages, context)
        made = result.record
        assert made is not None, "the stages run something"
        if made.run.status != "FINISHED":
            raise StageError("run", [made.run.error or "it did not end, and does not say why"])
        short = f"{wish.run[:_SHORT]} without what receipt {receipt.short} erased"
        told = section(short, facts({"Receipt": receipt.receipt_id, "Run": wish.run}))
        own = Own(wish.run, short, {TAG: f"{receipt.receipt_id}-{wish.run}"}, told, _FOLDER)
        models = dict(_fitted(made, result, scratch.path))
        kept = keep_own(
            *(records, made, record, own, models, result.artifacts, project.path),
            link=partial(head.link, project.path),
        )
    _lease(project.path, kept)
    return kept


def _fitted(record: Record, result: Result, scratch: Path) -> Iterator[tuple[FileFacts, Path]]:
    """Find the file of each model: where MLflow has it, with what it needs beside, or by itself."""
    assert result.checked_out is not None, "the stages check something out"
    fitted = {plain_name(model.dataset) for model in record.models}
    for file in record.outputs.files:
        if plain_name(file.dataset) not in fitted:
            continue
        named = PurePosixPath(file.artifact or file.path).name
        logged = (one.parent / named for one in store_in(scratch).rglob("MLmodel"))
        place = written_at(scratch, result.checked_out.project, file.path)
        for path in (*logged, place):
            if path.is_file() and sha256_of(path) == file.sha256:
                yield file, path
                break


def _lease(project_path: Path, record: Record) -> None:
    """Lease what the run was made of: of a version without the rows there is the copy alone."""
    store = LeaseStore(project_path)
    needed = built_upon(record)
    until = end_of(record, project_path)
    by_table: dict[str, set[int]] = {}
    for one in needed:
        by_table.setdefault(one.table_id, set()).add(one.version)
    held = {
        table_id
        for table_id, versions in by_table.items()
        if held_at(project_path, table_id, versions) is not None
    }
    for lease in leases_for(record, needed, until, BY_RUN):
        store.take(replace(lease, is_held=lease.table_id in held), None)
    lease_raw(record, project_path, until, BY_RUN)
    store.decide(record.run.run_id)
