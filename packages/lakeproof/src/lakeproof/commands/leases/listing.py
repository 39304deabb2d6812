"""`kedro leases`: which versions are kept, for whom, until when, and what that costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lakeproof.commands.leases import raw_files
from lakeproof.commands.leases.leased_project import LeasedProject, delta_tables
from lakeproof.leases.facts import Lease, in_words
from lakeproof.spelling import first_of
from lakeproof.terminal import layout
from lakeproof.views.values import readable_size

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.leases.bill import Bill, LeasedVersion
    from lakeproof.leases.store import Standing

_ID_CHARACTERS = 8
_MOST_HOLDERS = 3
_COLUMNS: dict[str, Literal["left", "right"]] = {
    "table": "left",
    "version": "right",
    "runs": "left",
    "kept": "left",
    "strength": "left",
    "freed if released": "right",
}


@dataclass(frozen=True)
class Listed:
    """The leases that a project sees.

    Args:
        bills: Of each table, by catalog name.
        elsewhere: Leases of this project on tables that are not among these.
        in_service: The runs whose models are in service; `None` where a registry is silent.
        raw: The raw files that are kept; `None` where tables are asked for by name.
    """

    bills: "dict[str, Bill]"
    elsewhere: tuple[Lease, ...]
    in_service: frozenset[str] | None
    raw: raw_files.RawFiles | None


def gather(leased: LeasedProject, catalog: "ProjectCatalog", names: tuple[str, ...]) -> Listed:
    """Reckon the leases of tables, or of all.

    Raises:
        LakeproofError: If a lease or a table cannot be read.
    """
    tables = list(delta_tables(catalog, names))
    leased.decide_all()
    bills = {name: leased.bill_of(one.location) for name, one in tables}
    known = {bill.table_id for bill in bills.values()}
    others = () if names else tuple(one for one in leased.store.own() if one.table_id not in known)
    raw = None if names else raw_files.look(leased)
    return Listed(bills, others, leased.in_service, raw)


def document(listed: Listed) -> dict[str, Any]:
    """Make the JSON document."""
    return {
        "tables": [
            {
                "table": name,
                "uri": bill.location.uri,
                "table_id": bill.table_id,
                "newest": bill.newest,
                "versions": [_version(one, listed.in_service) for one in bill.versions],
            }
            for name, bill in listed.bills.items()
        ],
        "elsewhere": [
            {
                "table": one.table,
                "table_id": one.table_id,
                "version": one.version,
                "run_id": one.run_id,
                "until": one.until,
            }
            for one in listed.elsewhere
        ],
        "raw": listed.raw and raw_files.document(listed.raw),
        "is_registry_reached": listed.in_service is not None,
    }


def render(listed: Listed) -> str:
    """Write it for people: a line a version."""
    rows = [
        [
            name,
            one.version,
            _holders(one.holders),
            _until(one.holders, listed.in_service),
            one.strength,
            readable_size(one.bytes_freed) if one.trouble is None else "lost",
        ]
        for name, bill in listed.bills.items()
        for one in bill.versions
    ]
    has_raw = listed.raw is not None and bool(listed.raw.sizes)
    if not rows and not listed.elsewhere and not has_raw:
        return "Nothing is leased. A run leases what it was made of; by hand: kedro keep RUN"
    lines = [layout(_COLUMNS, rows)] if rows else []
    return "\n".join([*lines, *_footnotes(listed)])


def version_document(one: "LeasedVersion") -> dict[str, Any]:
    """Give what is the same of a version in every document."""
    return {
        "version": one.version,
        "strength": one.strength,
        "bytes": sum(one.files.values()),
        "bytes_freed": one.bytes_freed,
        "trouble": one.trouble,
        "runs": [standing.lease.run_id for standing in one.holders],
    }


def _version(one: "LeasedVersion", in_service: frozenset[str] | None) -> dict[str, Any]:
    return {
        **version_document(one),
        "is_newest": one.is_newest,
        "leases": [
            {
                "run_id": standing.lease.run_id,
                "until": standing.lease.until,
                "why": standing.lease.why,
                "is_ours": standing.is_ours,
                "is_held": standing.lease.is_held,
                "is_in_service": None
                if in_service is None
                else standing.lease.run_id in in_service,
                "bytes_freed": one.freed_by(standing),
            }
            for standing in one.holders
        ],
    }


def _footnotes(listed: Listed) -> Iterator[str]:
    for name, bill in listed.bills.items():
        for one in bill.troubled:
            yield f"Table '{name}' version {one.version}: {one.trouble}"
    if listed.elsewhere:
        named = sorted({one.table for one in listed.elsewhere})
        yield (
            f"{len(listed.elsewhere)} more on tables that the catalog of this environment does not "
            f"name, or names anew: {', '.join(named)}"
        )
    if listed.raw is not None and listed.raw.sizes:
        yield raw_files.told(listed.raw)
    if listed.in_service is None:
        yield (
            "MLflow's registry does not answer: leases that are over stand, for a model may need "
            "them."
        )


def _holders(holders: "Sequence[Standing]") -> str:
    ids = [
        one.lease.run_id[:_ID_CHARACTERS] + ("" if one.is_ours else " (another project)")
        for one in holders
    ]
    return first_of(ids, _MOST_HOLDERS)


def _until(holders: "Sequence[Standing]", in_service: frozenset[str] | None) -> str:
    if in_service and any(one.lease.run_id in in_service for one in holders):
        return "in service"
    untils = [one.lease.until for one in holders]
    return in_words(None if None in untils else max(filter(None, untils)))
