"""`kedro vacuum`: delete what nobody needs, and say what each lease costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from lakeproof.commands.leases import raw_files
from lakeproof.commands.leases.leased_project import LeasedProject, delta_tables
from lakeproof.commands.leases.listing import version_document
from lakeproof.commands.leases.pinned_versions import pins_of
from lakeproof.commands.output import remark
from lakeproof.errors import LakeproofError
from lakeproof.leases import held
from lakeproof.leases.facts import Lease, LeaseError
from lakeproof.leases.stored_copies import sweep_stored
from lakeproof.leases.vacuum import VacuumPlan, vacuum
from lakeproof.spelling import first_of, typed
from lakeproof.terminal import layout
from lakeproof.views.values import readable_size

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog

_ID_CHARACTERS = 8
_COLUMNS: dict[str, Literal["left", "right"]] = {
    "table": "left",
    "version": "right",
    "leased by": "left",
    "stays": "right",
}
_MOST_HOLDERS = 2
# Nobody is a day at writing a lease.
_LEFT_OVER = timedelta(days=1)


@dataclass(frozen=True)
class Vacuumed:
    """What went.

    Args:
        plans: Of each table, by catalog name.
        ended: The leases whose time was over.
        is_dry: Whether nothing was deleted.
        raw: The kept raw files, those that went among them; `None` where tables were named.
    """

    plans: dict[str, VacuumPlan]
    ended: tuple[Lease, ...]
    is_dry: bool
    raw: raw_files.RawFiles | None


def run(
    leased: LeasedProject,
    catalog: "ProjectCatalog",
    names: tuple[str, ...],
    min_age: timedelta,
    is_dry: bool,
) -> Vacuumed:
    """Delete from tables, or from all on this disk, what nobody needs.

    Raises:
        LakeproofError: If what is needed of one is not known; all others are done.
    """
    tables = list(delta_tables(catalog, names))
    leased.decide_all()
    ended = () if is_dry else tuple(leased.end_what_is_over())
    plans: dict[str, VacuumPlan] = {}
    troubles: list[LakeproofError] = []
    for name, table in tables:
        location = table.location
        if not names and not location.is_local:
            told = f"Table '{name}' is in an object store, and was passed over. By its name: "
            remark(told + typed("kedro vacuum", name))
            continue
        try:
            plans[name] = vacuum(
                location,
                lambda place=location: leased.bill_of(place),  # type: ignore[misc]
                pins_of(leased, location),
                min_age,
                is_dry,
            )
        except LakeproofError as error:
            troubles.append(error)
    raw = None if names else raw_files.vacuum(leased, min_age, is_dry)
    if not is_dry:
        held.sweep(leased.project.path, leased.store.own())
        sweep_stored(leased.project.path, leased.store.own(), leased.project.options_of, remark)
        looked_at = (plan.bill.location for plan in plans.values())
        leased.store.sweep(looked_at, datetime.now(UTC) - _LEFT_OVER)
    if troubles:
        done = f" Done: {', '.join(plans)}." if plans and not is_dry else ""
        told = " ".join(error.message for error in troubles)
        raise LeaseError(f"{told}{done}") from troubles[0]
    return Vacuumed(plans, ended, is_dry, raw)


def document(done: Vacuumed) -> dict[str, Any]:
    """Make the JSON document."""
    return {
        "is_dry_run": done.is_dry,
        "tables": [
            {
                "table": name,
                "uri": plan.bill.location.uri,
                "table_id": plan.bill.table_id,
                "version": plan.bill.newest,
                "files": len(plan.going),
                "bytes": plan.bytes_going,
                "leases": list(map(version_document, plan.bill.versions)),
            }
            for name, plan in done.plans.items()
        ],
        "raw": done.raw and raw_files.document(done.raw),
        "ended": [
            {"run_id": one.run_id, "table": one.table, "version": one.version, "until": one.until}
            for one in done.ended
        ],
    }


def render(done: Vacuumed) -> str:
    """Write for people what went, and what each lease costs."""
    raw = done.raw
    went = "would go" if done.is_dry else "went"
    of_raw = []
    if raw is not None and raw.sizes:
        size = readable_size(raw.bytes_going)
        of_raw = [f"Raw files: {len(raw.going)} of {len(raw.sizes)}, {size} {went}."]
    if not done.plans:
        said = "There is no Delta table on this disk in the catalog. Nothing was deleted of any."
        return "\n".join([said, *of_raw])
    lines = [
        f"Table '{name}': {len(plan.going)} file(s), {readable_size(plan.bytes_going)} {went}."
        for name, plan in done.plans.items()
    ] + of_raw
    rows: Sequence[Sequence[Any]] = [
        [
            name,
            one.version,
            _holders([s.lease for s in one.holders]),
            readable_size(one.bytes_freed),
        ]
        for name, plan in done.plans.items()
        for one in plan.bill.versions
        if one.bytes_freed
    ]
    if rows:
        lines += ["", layout(_COLUMNS, rows), "To end a lease: kedro release RUN"]
    if done.ended:
        lines.append(f"{len(done.ended)} lease(s) were over, and ended.")
    return "\n".join(lines)


def _holders(leases: Sequence[Lease]) -> str:
    ids = [lease.run_id[:_ID_CHARACTERS] for lease in leases]
    return first_of(ids, _MOST_HOLDERS)
