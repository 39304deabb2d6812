"""What an erasure has done and left, as a document and for people: no key is in either."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from lakeproof.commands.erasure.found import Found, not_known, told_of
from lakeproof.erasure.receipts import Receipt


def left_of(found: Found, receipt: Receipt, in_git: Iterable[str]) -> Iterator[str]:
    """Name what still holds rows, or may: also what could not be looked at.

    Args:
        found: What was found once more.
        receipt: What was erased.
        in_git: Paths of raw files that git has as they were.
    """
    removed = {(one.table_id, one.version) for one in receipt.versions if one.is_whole}
    for one in found.tables:
        for version in one.found.versions:
            yield f"{one.table}@{version.version}"
        for path in one.found.recent:
            why = "younger than a day and in no version yet, or in a folder of another table"
            yield f"{one.uri}/{path}, which is {why}"
    yield from (one.uri for one in found.copies if one.found.has_rows)
    for delivery in found.deliveries:
        rows = "may hold rows: it cannot be read" if delivery.rows is None else "holds rows"
        yield f"{delivery.path}: {rows}"
    for path in in_git:
        yield f"{path}: is in git's history as it was"
    yield from told_of(found.candidates)
    yield from found.own
    yield from found.traces
    yield from not_known(found, removed)


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
    lines += [
        f"  {one.table}@{one.version}: held without {one.rows} row(s) now, by digests "
        f"({one.digest_before}, {one.digest_after})"
        for one in receipt.rewritten
    ]
    lines += [
        f"  {one.path}: written anew without {one.rows} row(s), sha256 {one.sha256_after} in place "
        f"of {one.sha256_before}"
        for one in receipt.files
    ]
    if receipt.left:
        lines += ["Not erased, see docs/personal-data.md:", *(f"  {one}" for one in receipt.left)]
    return "\n".join(lines)
