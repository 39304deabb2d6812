"""`kedro erase`: rows of keys go from newest versions, and from the older ones that are leased.

What flows, and who owns it: `find` says where the rows are; the receipt is written before each step
and says what the step is to prove; raw files are written anew (`rewrite_files`); rows go from the
newest versions (`erasure.erase_rows`), which take the new files as taken; leased older versions
become held ones without the rows (`rewrite`), or are given up; files that held the rows go last,
when nothing is made of them any more; then it is looked again, and what is left is written down.
Each step may be done twice.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.erasure.erased import left_of
from lakeproof.commands.erasure.find import find
from lakeproof.commands.erasure.found import Found, FoundTable, not_known
from lakeproof.commands.erasure.give_up import give_up
from lakeproof.commands.erasure.in_stores import of_old_objects, remove_half_made, remove_with_rows
from lakeproof.commands.erasure.other_files import remove_own
from lakeproof.commands.erasure.receipt_chain import finish_receipt
from lakeproof.commands.erasure.rewrite import RewrittenLeases, rewrite_leased
from lakeproof.commands.erasure.rewrite_files import forget_fetched, rewrite_files
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.commands.leases.pinned_versions import pins_of
from lakeproof.delta import DeltaTable
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import forget_facts_of_others
from lakeproof.erasure.anew.taken_files import mark_table
from lakeproof.erasure.erase_rows import delete_rows, remove_files
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.erasure.receipt_steps import Step, seen, with_proven, with_step
from lakeproof.erasure.receipts import (
    ErasedVersion,
    Proven,
    Receipt,
    ReceiptStore,
    RewrittenFile,
)
from lakeproof.leases.facts import LeaseError, moment
from lakeproof.leases.held import finish
from lakeproof.leases.needed_files import files_of
from lakeproof.leases.vacuum import words_of_trouble
from lakeproof.record.code.git_files import in_git

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.versioned.location import Location

_SHORT = 8


def erase(
    leased: LeasedProject,
    catalog: "ProjectCatalog",
    name: str,
    texts: Sequence[str],
    why: str,
    *,
    rewrites: bool = True,
    is_sure: bool = False,
    also: Collection[str] = (),
) -> Receipt:
    """Erase the rows of keys; the same command goes on with one that was interrupted.

    Args:
        leased: The project.
        catalog: Which names the tables.
        name: The table whose keys they are.
        texts: The keys.
        why: For the receipt.
        rewrites: Whether leased older versions are written anew without the rows, or given up.
        is_sure: Whether it goes on though models of runs with the rows are in service.
        also: Names of further entries whose rows with such a key are the same person's.

    Raises:
        LakeproofError: If it cannot go on; what is done stays done, and its receipt says `begun`.
    """
    store = ReceiptStore(leased.project.path)
    finish(leased.project.path)
    remove_half_made(leased.project)
    leased.decide_all()
    found = find(leased.project, catalog, name, texts, also)
    begun = store.begun(name, texts)
    if begun is None and found.is_nothing:
        raise _nothing_of(found)
    if begun is None and not is_sure:
        _require_none_in_service(found)
    for place in (catalog.table(one.table).location for one in found.tables):
        pins_of(leased, place)  # one that cannot be read is said before anything goes
    receipt = begun or store.begin(name, texts, why, moment(datetime.now(UTC)))
    # What was found first counts: some files may be gone by now.
    versions = {(one.table_id, one.version): one for one in _versions(found)}
    versions |= {(one.table_id, one.version): one for one in receipt.versions}
    receipt = replace(
        receipt,
        versions=tuple(versions.values()),
        runs=tuple(dict.fromkeys((*receipt.runs, *(one.run_id for one in found.runs)))),
    )
    receipt = with_proven(receipt, seen(receipt, lambda one: catalog.table(one).location))
    store.put(receipt)
    left: list[str] = []

    def note(told: Step) -> None:
        nonlocal receipt
        receipt = with_step(receipt, told)
        store.put(receipt)

    asked = _table_of(catalog, name)
    keys = Keys(texts, asked.key)
    left += rewrite_files(leased, found, keys, note)
    for one in found.tables:
        table = _table_of(catalog, one.table)
        if told := _delete(table, one, keys, note):
            receipt = with_proven(receipt, [told])
            store.put(receipt)
    _mark(catalog, found.names, keys, receipt.files)
    became = RewrittenLeases()
    if rewrites:
        engine = engine_for(asked.engine_name)
        became = rewrite_leased(
            *(leased, found, keys, engine, asked.personal, note), files=receipt.files
        )
        left += became.given_up
    became.require_copies()
    give_up(leased, found, became)
    remove_with_rows(leased, found)
    remove_own(found, leased.project.path, catalog)
    for one in found.tables:
        location = catalog.table(one.table).location
        needed = partial(_needed, leased, location, found.held)
        old = [path for path in one.found.files if path not in one.found.recent]
        stay = remove_files(location, old, needed)
        left += [f"{one.uri}/{path}" for path in stay]
        forget_facts_of_others(open_table(location))
    left += (
        f"{one.table}: that {one.rows} row(s) and no other went after version {one.before} is not "
        "proven, since the command was interrupted"
        for one in receipt.announced
    )
    path = leased.project.path
    has_git = _in_git(path, receipt.files)
    again = find(leased.project, catalog, name, texts, also)
    forget_fetched(path, again)
    left += left_of(again, receipt, has_git)
    left += of_old_objects(found, receipt.files)
    done = replace(
        receipt,
        state="done",
        done_at=moment(datetime.now(UTC)),
        left=tuple(dict.fromkeys(left)),
    )
    return finish_receipt(leased.project, store, done)


def _in_git(project_path: Path, files: Sequence[RewrittenFile]) -> list[str]:
    """Name the files that git has: by what they were, or by an earlier state in the same place."""
    known = in_git(project_path / one.path for one in files)
    return [one.path for one in files if one.is_in_git or project_path / one.path in known]


def _table_of(catalog: "ProjectCatalog", name: str) -> DeltaTable:
    table = catalog.table(name)
    assert isinstance(table, DeltaTable)
    return table


def _versions(found: Found) -> Iterator[ErasedVersion]:
    for table, table_id, one in found.found_versions:
        yield ErasedVersion(table, table_id, one.version, one.rows, one.is_whole)


def _nothing_of(found: Found) -> ErasureError:
    """Say that nothing was found, and how much was not looked at."""
    count = len(list(not_known(found))) + sum(one.rows is None for one in found.deliveries)
    where = f", where it could be looked ({count} thing(s) could not)" if count else ""
    others = ", ".join(dict.fromkeys(one.name for one in found.candidates))
    like = f" Rows with such a key, which may be other things, are in {others}." if others else ""
    return ErasureError(
        f"Nothing was found of {found.keys} key(s){where}.{like} Nothing was changed, and there is "
        "no receipt. Look at how the key is written, and at what was searched: the same command "
        "with --dry-run"
    )


def _require_none_in_service(found: Found) -> None:
    """Refuse where a model that may have learnt from the rows is in service.

    Raises:
        ErasureError: If one is, or may be.
    """
    if found.in_service == []:
        return
    if found.in_service is None:
        what = "No registry answers: whether a model of a run with these rows is in service is not"
        what += " known."
    else:
        short = ", ".join(one[:_SHORT] for one in found.in_service)
        what = f"A model is in service (an alias, a stage) of run(s) that had these rows: {short}."
    raise ErasureError(
        f"{what} It stays there, and the run can not be repeated with them any more. Nothing was "
        "changed. Erase all the same: the same command with --yes; then make one that never saw "
        "them: kedro reproduce --retrained RECEIPT"
    )


def _delete(
    table: DeltaTable,
    one: FoundTable,
    keys: Keys,
    announce: Callable[[Proven], None],
) -> Proven | None:
    if not one.found.is_live:
        return None
    schema = scan(table.open()).collect_schema()
    rows = (keys.that_fit(schema) or keys).rows(schema, one.table)
    engine = engine_for(table.engine_name)
    return delete_rows(table.location, rows, engine, table.personal, announce)


def _mark(
    catalog: "ProjectCatalog", names: Iterable[str], keys: Keys, files: Sequence[RewrittenFile]
) -> None:
    """Let every table in scope that took one of the files take what is left of it as taken."""
    for name in sorted(names) if files else ():
        table = _table_of(catalog, name)
        schema = scan(table.open()).collect_schema()
        if (fitting := keys.that_fit(schema)) is not None:
            engine, gone = engine_for(table.engine_name), fitting.rows(schema, name)
            mark_table(table.location, files, gone, engine, table.personal)


def _needed(
    leased: LeasedProject, location: "Location", held: Collection[tuple[str, int]]
) -> set[str]:
    """Name the files that leases, pins and the newest version of a table need.

    A lease of this project on a version with the rows is one on a copy without them by now.

    Raises:
        LeaseError: If a leased version cannot be read: which files it needs is not known.
    """
    bill = leased.bill_of(location)
    if bill.troubled:
        what = "has no such row any more, but its older versions do"
        raise LeaseError(f"{words_of_trouble(bill, what)} Then give the same command again.")
    needed = set(bill.live)
    for one in bill.versions:
        is_copy = all(by.is_ours and by.lease.is_held for by in one.holders)
        if not (is_copy and all((by.lease.table_id, one.version) in held for by in one.holders)):
            needed |= one.files.keys()
    for version in pins_of(leased, location):
        needed |= files_of(open_table(location, version)).keys()
    return needed
