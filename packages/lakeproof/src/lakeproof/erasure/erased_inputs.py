"""What receipts say of an input that a run had: rows of it were erased, and what is left of it.

Pure: receipts are read elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lakeproof.erasure.receipts import Receipt, Rewritten
from lakeproof.spelling import typed


@dataclass(frozen=True)
class ErasedInput:
    """An input of a run of which rows were erased.

    Args:
        kind: What it is.
        dataset: Its catalog name.
        name: For people: `samples@3`, or the path of a file.
        version: Of a table.
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
    steps: dict[str, tuple[Receipt, Rewritten]] = {
        one.digest_before: (receipt, one)
        for receipt in receipts
        for one in receipt.rewritten
        if (one.table_id, one.version) == (table_id, version)
    }
    rows, names, now = 0, list[str](), digest
    while now in steps:
        # Each step takes rows away; taken out, so that no damaged receipt leads in a circle.
        receipt, one = steps.pop(now)
        rows, now = rows + one.rows, one.digest_after
        names.append(receipt.short)
    if not names:
        return None
    name = f"{dataset}@{version}"
    return ErasedInput("table", dataset, name, rows, digest, now, tuple(names), version)
