"""`kedro check`: can recorded runs still be reproduced? Looks, scans nothing, runs nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.run_filter import RunFilter
from lakeproof.delta import DeltaTable
from lakeproof.delta.retention.version_ages import VersionAges, ages_of
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import Lease
from lakeproof.leases.presence import broken_lease
from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.store import REPRODUCES
from lakeproof.record.run.ending.doubts import unknown_outputs
from lakeproof.record.setup.environment import gather_environment
from lakeproof.reproduce.dated_limits import raw_limits
from lakeproof.reproduce.environment.fragile import fragile_limits
from lakeproof.reproduce.environment.rebuild import missing_interpreter
from lakeproof.reproduce.limits import Around, dies_of, limits_of
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.outcomes import Limit
from lakeproof.reproduce.plan import Plan, make_plan
from lakeproof.stores.files import one_look
from lakeproof.terminal import layout
from lakeproof.views.values import shortened

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record
    from lakeproof.versioned.contract import VersionedDataset

_ID_CHARACTERS = 8


@dataclass(frozen=True)
class Checked:
    """Whether one run can be reproduced, and until when.

    Args:
        run_id: MLflow's.
        is_reproducible: Whether nothing is missing.
        missing: What is, in sentences.
        limits: What the yes hangs on, first what has a date.
        dies_at: From when on it may not be reproducible, by dated rules; `None` without one.
        dies_of: What happens then.
        is_kept: Whether a lease, or a model in service, keeps it.
    """

    run_id: str
    is_reproducible: bool
    missing: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    dies_at: str | None = None
    dies_of: str | None = None
    is_kept: bool = False

    @property
    def until(self) -> str:
        """Say in a word or a date how long it can be reproduced."""
        if not self.is_reproducible:
            return ""
        if self.dies_at is not None:
            return self.dies_at[:10]
        return "fragile" if any(one.certainty == "fragile" for one in self.limits) else "open"


class _Look:
    """What is looked at once for all runs: environment, leases, versions, logs.

    Args:
        project: The project.
    """

    def __init__(self, project: "RunProject") -> None:
        self.project = project
        self.here = gather_environment(project.path)
        self.looks = Looks()
        self.leases: dict[str, list[Lease]] = defaultdict(list)
        self._leased = LeasedProject(project)
        for lease in self._leased.store.own():
            self.leases[lease.run_id].append(lease)
        self._raw = {lease.run_id: lease for lease in self._leased.raw.all()}
        self._ages: dict[str, VersionAges | None] = {}

    def around(self, run_id: str, plan: Plan) -> Around:
        """Give what a run's record is held against."""
        standing = {(one.table_id, one.version): one for one in self.standing(run_id)}
        return Around(
            *(self.project.path, self.project.has_artifact, plan.tables),
            *(standing, self._ages_of, self.looks),
            lambda record: fragile_limits(record, self.project.path, self.looks),
            tuple(self._raw_limits(run_id)),
        )

    def standing(self, run_id: str) -> Iterator[Lease]:
        """Yield the leases of a run that hold; without an end where its model is in service."""
        for lease in self.leases[run_id]:
            # Of a registry that is silent: the earlier of the two.
            is_served = lease.until is not None and run_id in (self._leased.in_service or ())
            yield replace(lease, until=None) if is_served else lease

    def _raw_limits(self, run_id: str) -> Iterator[Limit]:
        lease = self._raw.get(run_id)
        if lease is not None and lease.until and run_id not in (self._leased.in_service or ()):
            find = self.project.raw.find
            kept = [path for sha256, path in lease.files.items() if find(sha256) is not None]
            yield from raw_limits(lease, kept, run_id)

    def _ages_of(self, table: "VersionedDataset") -> VersionAges | None:
        uri = table.location.uri
        if uri not in self._ages:
            try:
                is_delta = isinstance(table, DeltaTable)
                self._ages[uri] = ages_of(table.location) if is_delta else None
            except (LakeproofError, OSError):
                self._ages[uri] = None  # what cannot be opened is said as missing
        return self._ages[uri]

    def of_no_run(self) -> Iterator[Checked]:
        """Yield the runs that are gone from MLflow and have leases on what is gone as well."""
        known = {run.run_id for run in self.project.stored_runs}
        for run_id in self.leases.keys() - known:
            if told := tuple(self.broken(run_id)):
                yield Checked(run_id, False, told, is_kept=True)

    def broken(self, run_id: str) -> Iterator[str]:
        """Say which leases of a run are on what is gone."""
        for lease in self.leases[run_id]:
            table = self.project.locate_in(lease.env)(lease.table)
            if told := broken_lease(lease, table, self.project.path, self.looks):
                yield told


def gather(
    project: "RunProject", runs: Sequence[str], is_all: bool, wanted: RunFilter | None = None
) -> list[Checked]:
    """Check runs: those that are named, all finished ones that are no re-runs, or the last.

    Args:
        project: The project.
        runs: Their ids, beginnings of them, or `last`.
        is_all: Whether all are meant; they come by how soon they die.
        wanted: Which of all.

    Raises:
        LakeproofError: If there is no such run.
    """
    look = _Look(project)
    # Of a store, one listing of a table serves all versions.
    with one_look():
        if not is_all:
            ids = dict.fromkeys(project.records.resolve(run) for run in runs or ("last",))
            return [_check(look, run_id, _read(project, run_id)) for run_id in ids]
        found = [
            _check(look, run.run_id, run.record or str(run.trouble))
            for run in (wanted or RunFilter()).of(project.stored_runs)
            if run.status == "FINISHED" and REPRODUCES not in run.tags
        ]
        if not wanted:
            found += look.of_no_run()
        return sorted(found, key=_urgency)


def _urgency(one: Checked) -> tuple[bool, str, bool]:
    return one.is_reproducible, one.dies_at or "open", one.until == "open"


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
        limits = [shortened(str(limit)) for limit in one.limits]
        if len(checked) > 1 and limits:
            limits = [f"{len(limits)} limit(s): kedro check {one.run_id[:_ID_CHARACTERS]}"]
        for place, sentence in enumerate((*one.missing, *limits) or (None,)):
            start = [one.run_id[:_ID_CHARACTERS], state, one.until] if not place else ["", "", ""]
            rows.append([*start, sentence])
    table = layout(
        {"run": "left", "reproducible": "left", "until": "left", "missing, or if": "left"}, rows
    )
    if not kept.files:
        return table
    return f"{table}\nRaw files kept: {kept.files:,}, {kept.bytes:,} bytes"


def exit_code(checked: Sequence[Checked], deadline: datetime | None = None) -> int:
    """Give 0 where all can be reproduced, 1 where some cannot.

    Args:
        checked: The runs.
        deadline: Until when those that are kept must be.
    """
    return int(any(not one.is_reproducible or _dies_before(one, deadline) for one in checked))


def _dies_before(one: Checked, deadline: datetime | None) -> bool:
    if deadline is None or one.dies_at is None or not one.is_kept:
        return False
    return datetime.fromisoformat(one.dies_at) < deadline


def _read(project: "RunProject", run_id: str) -> "Record | str":
    try:
        return project.records.record(run_id)
    except RecordError as error:
        return error.message


def _check(look: _Look, run_id: str, record: "Record | str") -> Checked:
    """Check a run by its record, or by the sentence that says why it has none."""
    if isinstance(record, str):
        return Checked(run_id, False, (record, *look.broken(run_id)))
    project = look.project
    try:
        if record.run.status != "FINISHED":
            return Checked(run_id, False, (f"The run {record.run.status}.",))
        plan = make_plan(
            record,
            project.path,
            project.locate_in(record.run.kedro_env),
            project.has_artifact,
            look.here,
            find_artifact=project.records.artifact,
            looks=look.looks,
        )
    except LakeproofError as error:
        return Checked(run_id, False, (error.message, *look.broken(run_id)))
    missing = [*plan.missing, *unknown_outputs(record)]
    missing += [
        f"Table {factor.factor.removeprefix('table id:')} is not the run's table (id "
        f"{factor.actual}, recorded {factor.expected}): only its content can tell. "
        f"Try: kedro reproduce {run_id[:_ID_CHARACTERS]}"
        for factor in plan.factors
        if factor.factor.startswith("table id:")
    ]
    if not plan.has_environment:
        environment, looks = record.environment, look.looks
        missing += looks.once(
            looks.told(environment),
            lambda: list(missing_interpreter(environment, project.path)),
        )
    missing += look.broken(run_id)
    limits = limits_of(record, look.around(run_id, plan))
    end = None if missing else dies_of(limits, record.compute.engine)
    return Checked(
        run_id,
        not missing,
        tuple(missing),
        limits,
        end.at if end else None,
        end.what if end else None,
        is_kept=any(True for _ in look.standing(run_id)),
    )
