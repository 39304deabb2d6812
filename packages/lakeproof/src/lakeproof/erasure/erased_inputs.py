"""What receipts say of an input that a run had: rows of it were erased, and what is left of it.

Pure: receipts are read elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lakeproof.erasure.receipts import Receipt
from lakeproof.record.facts import FileFacts
from lakeproof.spelling import typed

# By the digest before: receipt, rows, the digest after, and the size where it is a file.
_Steps = dict[str, tuple[Receipt, int, str, int | None]]


@dataclass(frozen=True)
class ErasedInput:
    """An input of a run of which rows were erased.

    Args:
        kind: What it is.
        dataset: Its catalog name.
        name: For people: `samples@3`, or the path of a file.
        version: Of a table.
        size: Of what is left of a file, in bytes.
        rows: How many rows were erased of it.
        expected: The digest of what the run had.
        actual: The digest of what is left, proven to be that less the rows.
        receipts: The receipts, by their short names, oldest first.
    """

    kind: Literal["table", "file"]
    dataset: str
    name: str
    rows: int
    expected: str
    actual: str
    receipts: tuple[str, ...]
    version: int | None = None
    size: int | None = None


def erased_sentence(
    receipts: Iterable[Receipt], table: str, table_id: str, version: int, run_id: str = "RUN"
) -> str | None:
    """Say of a version that rows of it were erased; `None` where none were.

    Args:
        receipts: All of them.
        table: What the run called the table.
        table_id: Its id.
        version: The version.
        run_id: The run's, for the next command.
    """
    for receipt in receipts:
        for one in receipt.versions:
            if (one.table_id, one.version) == (table_id, version):
                when = receipt.done_at or receipt.begun_at
                place = table_id, version
                is_left = any((one.table_id, one.version) == place for one in receipt.rewritten)
                command = f"{typed('kedro reproduce', run_id[:8])} --without-erased"
                then = f" See what it gives without them: {command}" if is_left else ""
                return (
                    f"{one.rows} row(s) of {table}@{version} were erased on {when[:10]} (receipt "
                    f"{receipt.short}): what the run was made of is not to be restored.{then}"
                )
    return None


def erased_version(
    receipts: Sequence[Receipt], dataset: str, table_id: str, version: int, digest: str
) -> ErasedInput | None:
    """Follow what erasures made of a version, one after the other; `None` where they made nothing.

    Args:
        receipts: All of them.
        dataset: What the run called the table.
        table_id: Its id.
        version: The version.
        digest: Of what the run had of it.
    """
    steps: _Steps = {
        one.digest_before: (receipt, one.rows, one.digest_after, None)
        for receipt in receipts
        for one in receipt.rewritten
        if (one.table_id, one.version) == (table_id, version)
    }
    found = _followed(steps, digest)
    if found is None:
        return None
    rows, now, names, _ = found
    name = f"{dataset}@{version}"
    return ErasedInput("table", dataset, name, rows, digest, now, names, version)


def erased_versions(
    receipts: Sequence[Receipt], dataset: str, table_id: str, needed: Mapping[int, str | None]
) -> list[ErasedInput]:
    """Follow what erasures made of each version that a run needs, those left out that are whole."""
    found = (
        erased_version(receipts, dataset, table_id, version, digest)
        for version, digest in sorted(needed.items())
        if digest is not None
    )
    return [one for one in found if one is not None]


def accepted_digests(
    receipts: Sequence[Receipt], table_id: str, version: int, had: str | None
) -> frozenset[str]:
    """Give the digests that a leased version may have here; none where nobody knows.

    While an erasure is on its way, with the rows and without them.

    Args:
        receipts: All of them.
        table_id: The table's id.
        version: The version.
        had: The digest of what a run had of it, where its record says so.
    """
    done = [one for one in receipts if one.state == "done"]
    if had is not None:
        chains = (erased_version(some, "", table_id, version, had) for some in (done, receipts))
        return frozenset(had if one is None else one.actual for one in chains)
    steps = [
        (one, receipt.state)
        for receipt in receipts
        for one in receipt.rewritten
        if (one.table_id, one.version) == (table_id, version)
    ]
    replaced = {one.digest_before for one, state in steps if state == "done"}
    known = {one.digest_after for one, _ in steps}
    known |= {one.digest_before for one, state in steps if state == "begun"}
    return frozenset(known - replaced)


def is_rewritten(receipts: Iterable[Receipt], table_id: str, versions: Iterable[int]) -> bool:
    """Tell whether a copy has one of some versions without rows, whatever the table has of it."""
    needed = {(table_id, version) for version in versions}
    return any((one.table_id, one.version) in needed for r in receipts for one in r.rewritten)


def erased_files(receipts: Sequence[Receipt], files: Iterable[FileFacts]) -> list[ErasedInput]:
    """Follow what erasures made of the raw files that a run read, those left out that are whole."""
    steps: _Steps = {
        one.sha256_before: (receipt, one.rows, one.sha256_after, one.size_after)
        for receipt in receipts
        for one in receipt.files
    }
    inputs = []
    for file in files:
        found = _followed(steps, file.sha256) if not file.is_own else None
        if found is not None:
            rows, now, names, size = found
            digests = f"sha256:{file.sha256}", f"sha256:{now}"
            told = (file.dataset, file.path, rows, *digests, names)
            inputs.append(ErasedInput("file", *told, size=size))
    return inputs


def erased_file_sentence(receipts: Iterable[Receipt], erased: ErasedInput, run_id: str) -> str:
    """Say of a raw file that rows of it were erased."""
    last = next(one for one in receipts if one.short == erased.receipts[-1])
    return (
        f"{erased.rows} row(s) of {erased.name} were erased on "
        f"{(last.done_at or last.begun_at)[:10]} (receipt {last.short}): what the run was made of "
        "is not to be restored. See what it gives without them: "
        f"{typed('kedro reproduce', run_id[:8])} --without-erased"
    )


def erased_notes(receipts: Iterable[Receipt], run_id: str) -> Iterator[str]:
    """Say of a run, in words for the person, what became of their rows in it."""
    for receipt in receipts:
        if run_id in receipt.runs:
            when = (receipt.done_at or receipt.begun_at)[:10]
            state = "were erased on" if receipt.state == "done" else "are being erased since"
            yield (
                f"Rows of a person that this run had {state} {when} (receipt {receipt.short}). Its "
                "numbers were made with them and stay; it cannot be repeated with them any more."
            )


def files_left(files: Iterable[FileFacts], erased: Iterable[ErasedInput]) -> tuple[FileFacts, ...]:
    """Give the files of a run as erasures have left them."""
    left = {one.expected: one for one in erased if one.kind == "file"}

    def now(file: FileFacts) -> FileFacts:
        one = left.get(f"sha256:{file.sha256}") if not file.is_own else None
        if one is None or one.size is None:
            return file
        sha256 = one.actual.removeprefix("sha256:")
        return replace(file, sha256=sha256, size=one.size, text=None, artifact=None)

    return tuple(map(now, files))


def _followed(steps: _Steps, digest: str) -> tuple[int, str, tuple[str, ...], int | None] | None:
    """Give rows, digest, receipts and size of what is left in the end; `None` for what is whole."""
    open_, rows, names, now, size = dict(steps), 0, list[str](), digest, None
    while now in open_:
        # Each step takes rows away; taken out, so that no damaged receipt leads in a circle.
        receipt, gone, now, size = open_.pop(now)
        rows += gone
        names.append(receipt.short)
    return (rows, now, tuple(names), size) if names else None
