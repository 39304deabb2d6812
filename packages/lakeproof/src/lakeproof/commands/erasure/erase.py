"""`kedro erase`: rows of keys go from newest versions, and older ones with their leases."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lakeproof.commands.erasure.find import Found, FoundTable, find
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.leases.vacuum import pins_of
from lakeproof.delta import DeltaTable
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import forget_facts_of_others
from lakeproof.erasure.erase_rows import delete_rows, remove_files
from lakeproof.erasure.key_rows import key_rows
from lakeproof.erasure.receipts import ErasedVersion, Proven, Receipt, ReceiptStore
from lakeproof.leases.facts import moment
from lakeproof.leases.held import copies_with
from lakeproof.leases.needed_files import files_of

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.versioned.location import Location


def erase(
    leased: LeasedProject,
    catalog: "ProjectCatalog",
    name: str,
    texts: Sequence[str],
    why: str,
) -> Receipt:
    """Erase the rows of keys; the same command goes on with one that was interrupted.

    Raises:
        LakeproofError: If it cannot go on; what is done stays done, and its receipt says `begun`.
    """
    store = ReceiptStore(leased.project.path)
    leased.decide_all()
    found = find(leased.project, catalog, name, texts)
    receipt = store.begun(name, texts) or store.begin(name, texts, why, moment(datetime.now(UTC)))
    receipt = replace(
        receipt,
        versions=tuple(dict.fromkeys((*receipt.versions, *_versions(found)))),
        runs=tuple(dict.fromkeys((*receipt.runs, *(one.run_id for one in found.runs)))),
    )
    store.put(receipt)
    proven = [*receipt.proven]
    left: list[str] = []
    for one in found.tables:
        table = catalog.table(one.table)
        assert isinstance(table, DeltaTable)
        if (told := _delete(table, one, _key_of(catalog, name), texts)) is not None:
            proven.append(told)
            receipt = replace(receipt, proven=tuple(proven))
            store.put(receipt)
    _release(leased, found)
    for one in found.tables:
        location = catalog.table(one.table).location
        if location.is_local:
            needed = partial(_needed, leased, location)
            stay = remove_files(location, one.found.files, needed)
            left += [f"{one.uri}/{path}" for path in stay]
            forget_facts_of_others(open_table(location))
    left += _left(find(leased.project, catalog, name, texts))
    done = replace(
        receipt,
        state="done",
        done_at=moment(datetime.now(UTC)),
        left=tuple(dict.fromkeys(left)),
    )
    store.put(done)
    return done


def _key_of(catalog: "ProjectCatalog", name: str) -> tuple[str, ...]:
    table = catalog.table(name)
    assert isinstance(table, DeltaTable)
    return table.key


def _versions(found: Found) -> Iterator[ErasedVersion]:
    for one in found.tables:
        for version in one.found.versions:
            yield ErasedVersion(one.table, one.table_id, version.version, version.rows)


def _delete(
    table: DeltaTable, one: FoundTable, key: Sequence[str], texts: Sequence[str]
) -> Proven | None:
    if not one.found.is_live:
        return None
    schema = scan(table.open()).collect_schema()
    keys = key_rows(texts, key, schema, one.table)
    return delete_rows(table.location, keys, engine_for(table.engine_name))


def _release(leased: LeasedProject, found: Found) -> None:
    """End the leases on versions with the rows, and remove the copies that are held of them."""
    held = {(one.table_id, v.version) for one in found.tables for v in one.found.versions}
    for lease in list(leased.store.own()):
        if (lease.table_id, lease.version) in held:
            place = leased.location_of(lease.table_id, lease.table, lease.env)
            leased.store.give_back(lease, place)
    for one in found.tables:
        versions = [version.version for version in one.found.versions]
        for copy in list(copies_with(leased.project.path, one.table_id, versions)):
            shutil.rmtree(copy)


def _needed(leased: LeasedProject, location: "Location") -> set[str]:
    """Name the files that leases, pins and the newest version of a table need."""
    needed = set(leased.bill_of(location).needed)
    for version in pins_of(leased, location):
        needed |= files_of(open_table(location, version)).keys()
    return needed


def _left(found: Found) -> Iterator[str]:
    for one in found.tables:
        for version in one.found.versions:
            yield f"{one.table}@{version.version}"
    for delivery in found.deliveries:
        yield delivery.path + (" and git's history" if delivery.is_in_git else "")
    yield from found.traces
    yield from found.not_searched


def document(receipt: Receipt) -> dict[str, Any]:
    """Make the JSON document: the receipt."""
    return {"is_dry_run": False, **asdict(receipt)}


def render(receipt: Receipt) -> str:
    """Write it for people."""
    rows = sum(one.rows for one in receipt.proven)
    lines = [
        f"Erased {rows} row(s) of {receipt.keys} key(s) from {len(receipt.proven)} table(s), and "
        f"{len(receipt.versions)} version(s) of before; {len(receipt.runs)} run(s) had to do with "
        f"them. Receipt {receipt.short}."
    ]
    lines += [
        f"  {one.table}: version {one.after} is version {one.before} less {one.rows} row(s), by "
        f"digests ({one.digest_before}, {one.digest_after})"
        for one in receipt.proven
    ]
    if receipt.left:
        lines += ["Not erased, see docs/personal-data.md:", *(f"  {one}" for one in receipt.left)]
    return "\n".join(lines)
