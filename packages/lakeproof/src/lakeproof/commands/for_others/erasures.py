"""Erasures as others see them: links of the chain, and signatures that hold or do not."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.attest import keys
from lakeproof.attest.attest_errors import AttestationError
from lakeproof.attest.own_receipts import verify_signature
from lakeproof.erasure.sealed_receipts import (
    done_receipts,
    link_of,
    signature_place,
)
from lakeproof.project_settings import settings_of
from lakeproof.record.chain.links import Link
from lakeproof.record.mlflow_store.store import ERASED, ERASURES, FOLDER

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject

_MOST_BYTES = 16 * 1024**2


def receipts(project: "RunProject") -> Iterator[tuple[Link, bytes]]:
    """Yield the receipts of this project, and those that others have left on runs of its store."""
    for _, content in done_receipts(project.path):
        yield link_of(content), content
    for run in (*project.stored_runs, *project.records.other_runs()):
        for receipt_id in str(run.tags.get(ERASED) or "").split():
            place = f"{FOLDER}/{ERASURES}/{Path(receipt_id).name}.json"
            path = project.records.artifact(f"runs:/{run.run_id}/{place}")
            try:
                with Path(path or "").open("rb") as file:
                    content = file.read(_MOST_BYTES)
                yield link_of(content), content
            except (OSError, ValueError):
                continue  # on another of its runs, or gone: what names it says so


def faults(project: "RunProject") -> Iterator[str]:
    """Say which signatures on receipts of this project do not hold.

    Raises:
        LakeproofError: If the keys that the project lists cannot be read.
    """
    believed = keys.believed(settings_of(project.path).keys)
    for receipt, content in done_receipts(project.path):
        place = signature_place(project.path, receipt)
        if not (believed and place.is_file()):
            continue
        what = f"The signature on receipt {receipt.short} does not hold"
        try:
            verify_signature(project.path, receipt, content, believed)
        except AttestationError as error:
            yield f"{what}: {error.message}"
