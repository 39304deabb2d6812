"""A receipt becomes a link of the chain of records, and is signed where its maker has a key.

It names the record before it, and the next one names it, so that nobody leaves it out later.
Whoever shares the MLflow store sees it there: on the first of the runs that it names, all of which
are tagged. An erasure that no run had to do with stands beside the chain: nothing hangs on it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from lakeproof.attest import envelope, keys
from lakeproof.commands.for_others.attestations import user_folder
from lakeproof.erasure.receipts import Receipt, ReceiptStore
from lakeproof.erasure.sealed_receipts import digest_of, signature_place, statement_of
from lakeproof.record.chain import head
from lakeproof.record.mlflow_store.store import ERASED, ERASURES, FOLDER
from lakeproof.whole_file import replace_text

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject


def finish_receipt(project: "RunProject", store: ReceiptStore, done: Receipt) -> Receipt:
    """Write down that an erasure has ended, as the newest record of this clone.

    Args:
        project: The project.
        store: Its receipts.
        done: The receipt, all of it but the record before it.

    Raises:
        LakeproofError: If it cannot be signed; it stands without a signature then.
    """
    written: list[tuple[Receipt, bytes]] = []

    def write(previous: str | None) -> str:
        linked = replace(done, previous=previous)
        content = store.put(linked)
        written.append((linked, content))
        show(content)
        return digest_of(content)

    show = _on_runs(project, done)
    if show is _nowhere:
        write(None)
    else:
        try:
            head.link(project.path, done.receipt_id, write)
        except Exception as error:  # MLflow has many, and what is erased is erased
            why = " ".join(str(error).split())[:200]
            beside = f"The receipt is in no chain of records, MLflow does not take it: {why}"
            done, show = replace(done, left=(*done.left, beside)), _nowhere
            write(None)
    linked, content = written[-1]
    path = keys.usual(user_folder())
    if path.is_file():
        signed = envelope.sign(statement_of(content), keys.load(path))
        replace_text(signature_place(project.path, linked), signed.decode(), 0o600)
    return linked


def _nowhere(_: bytes) -> None:
    """Show it to nobody: no run that MLflow has is named."""


def _on_runs(project: "RunProject", receipt: Receipt) -> Callable[[bytes], None]:
    """Give what tags the runs of a receipt and puts it on the first of them."""
    tags = {run.run_id: run.tags for run in project.stored_runs if run.run_id in receipt.runs}
    if not tags:
        return _nowhere

    def show(content: bytes) -> None:
        for number, (run_id, known) in enumerate(tags.items()):
            client = project.records.of(run_id).client
            if not number:
                place = f"{FOLDER}/{ERASURES}/{receipt.receipt_id}.json"
                client.log_text(run_id, content.decode(), place)
            told = dict.fromkeys([*str(known.get(ERASED) or "").split(), receipt.receipt_id])
            client.set_tag(run_id, ERASED, " ".join(told))

    return show
