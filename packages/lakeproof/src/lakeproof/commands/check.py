"""`kedro check`: can recorded runs still be reproduced? Looks, scans nothing, runs nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from lakeproof.commands.run_filter import RunFilter
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Lease
from lakeproof.leases.presence import broken_lease
from lakeproof.leases.store import LeaseStore
from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.store import REPRODUCES
from lakeproof.record.run.ending.doubts import unknown_outputs
from lakeproof.record.setup.environment import gather_environment
from lakeproof.reproduce.environment.rebuild import missing_interpreter
from lakeproof.reproduce.limits import Around, limits_of
from lakeproof.reproduce.plan import make_plan
from lakeproof.stores.files import one_look
from lakeproof.terminal import layout
from lakeproof.views.values import shortened

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import EnvironmentFacts, Record

_ID_CHARACTERS = 8


@dataclass(frozen=True)
class Checked:
    """Whether one run can be reproduced.

    Args:
        run_id: MLflow's.
        is_reproducible: Whether nothing is missing.
        missing: What is, in sentences.
        limits: What the yes hangs on.
    """

    run_id: str
    is_reproducible: bool
    missing: tuple[str, ...]
    limits: tuple[str, ...] = ()


def gather(
    project: "RunProject", runs: Sequence[str], is_all: bool, wanted: RunFilter | None = None
) -> list[Checked]:
    """Check runs: those that are named, all finished ones that are no re-runs, or the last.

    Args:
        project: The project.
        runs: Their ids, beginnings of them, or `last`.
        is_all: Whether all are meant.
        wanted: Which of all.

    Raises:
        LakeproofError: If there is no such run.
    """
    here = gather_environment(project.path)
    # Of a store, one listing of a table serves all versions.
    with one_look():
        if is_all:
            found = [
                _check(project, run.run_id, run.record or str(run.trouble), here)
                for run in (wanted or RunFilter()).of(project.stored_runs)
                if run.status == "FINISHED" and REPRODUCES not in run.tags
            ]
        else:
            ids = dict.fromkeys(project.records.resolve(run) for run in runs or ("last",))
            found = [_check(project, run_id, _read(project, run_id), here) for run_id in ids]
        return _with_leases(project, found)


def _with_leases(project: "RunProject", found: Sequence[Checked]) -> list[Checked]:
    """Say of those that cannot be reproduced which of their leases are broken."""
    if all(one.is_reproducible for one in found):
        return list(found)
    leases = defaultdict(list)
    for lease in LeaseStore(project.path).own():
        leases[lease.run_id].append(lease)
    return [
        one
        if one.is_reproducible
        else replace(one, missing=(*one.missing, *_broken(project, leases[one.run_id])))
        for one in found
    ]


def _broken(project: "RunProject", leases: Sequence[Lease]) -> Iterator[str]:
    for lease in leases:
        table = project.locate_in(lease.env)(lease.table)
        if told := broken_lease(lease, table, project.path):
            yield told


@dataclass(frozen=True)
class Kept:
    """The raw files that are kept by their content, for all runs of the project.

    Args:
        files: How many.
        bytes: What they take on the disk.
    """

    files: int = 0
    bytes: int = 0


def kept(project: "RunProject") -> Kept:
    """Count the raw files that are kept."""
    sizes = project.raw.sizes()
    return Kept(len(sizes), sum(sizes.values()))


def document(checked: Sequence[Checked], kept: Kept = Kept()) -> dict[str, Any]:
    """Give the JSON document."""
    return {"runs": list(map(asdict, checked)), "raw_kept": asdict(kept)}


def render(checked: Sequence[Checked], kept: Kept = Kept()) -> str:
    """Write it for people: a line a run, and beneath it what is missing."""
    if not checked:
        return "There is no recorded run yet. Make one: kedro run"
    rows = []
    for one in checked:
        state = "yes" if one.is_reproducible else "no"
        limits = [shortened(limit) for limit in one.limits]
        if len(checked) > 1 and limits:
            limits = [f"{len(limits)} limit(s): kedro check {one.run_id[:_ID_CHARACTERS]}"]
        for place, sentence in enumerate((*one.missing, *limits) or (None,)):
            rows.append(
                [one.run_id[:_ID_CHARACTERS], state, sentence] if not place else ["", "", sentence]
            )
    table = layout({"run": "left", "reproducible": "left", "missing, or if": "left"}, rows)
    if not kept.files:
        return table
    return f"{table}\nRaw files kept: {kept.files:,}, {kept.bytes:,} bytes"


def exit_code(checked: Sequence[Checked]) -> int:
    """Give 0 where all can be reproduced, 1 where some cannot."""
    return int(any(not one.is_reproducible for one in checked))


def _read(project: "RunProject", run_id: str) -> "Record | str":
    try:
        return project.records.record(run_id)
    except RecordError as error:
        return error.message


def _check(
    project: "RunProject", run_id: str, record: "Record | str", here: "EnvironmentFacts"
) -> Checked:
    """Check a run by its record, or by the sentence that says why it has none."""
    if isinstance(record, str):
        return Checked(run_id, False, (record,))
    try:
        if record.run.status != "FINISHED":
            return Checked(run_id, False, (f"The run {record.run.status}.",))
        plan = make_plan(
            record,
            project.path,
            project.locate_in(record.run.kedro_env),
            project.has_artifact,
            here,
            find_artifact=project.records.artifact,
        )
    except LakeproofError as error:
        return Checked(run_id, False, (error.message,))
    missing = [*plan.missing, *unknown_outputs(record)]
    missing += [
        f"Table {factor.factor.removeprefix('table id:')} is not the run's table (id "
        f"{factor.actual}, recorded {factor.expected}): only its content can tell. "
        f"Try: kedro reproduce {run_id[:_ID_CHARACTERS]}"
        for factor in plan.factors
        if factor.factor.startswith("table id:")
    ]
    if not plan.has_environment:
        missing += missing_interpreter(record.environment, project.path)
    limits = limits_of(record, Around(project.path, project.has_artifact))
    return Checked(run_id, not missing, tuple(missing), limits)
