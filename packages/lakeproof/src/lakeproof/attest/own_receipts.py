"""Which receipts of erasures are believed: this user's, and those that a listed key has signed.

A receipt says that other data may stand for what a run had, so what comes along with a clone is
never used by itself. It is said, since it may well be why something is gone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.attest import envelope, keys
from lakeproof.attest.attest_errors import AttestationError
from lakeproof.erasure.receipts import Receipt, ReceiptStore
from lakeproof.erasure.sealed_receipts import signature_place, statement_of
from lakeproof.erasure.vouched_receipts import is_written_here
from lakeproof.project_settings import settings_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True)
class KnownReceipts:
    """The receipts in a project's folder.

    Args:
        own: Written by this user, or signed by a listed key.
        others: Of anybody: nothing goes by them.
    """

    own: tuple[Receipt, ...] = ()
    others: tuple[Receipt, ...] = ()

    def unused(self, inputs: Collection[str | tuple[str, int]]) -> Iterator[str]:
        """Say which receipts of others tell of some inputs.

        Args:
            inputs: The sha256 of files; id and version of tables.
        """
        for receipt in self.others:
            told: set[str | tuple[str, int]] = {one.sha256_before for one in receipt.files}
            told |= {(one.table_id, one.version) for one in receipt.versions}
            told |= {(one.table_id, one.version) for one in receipt.rewritten}
            if not told.isdisjoint(inputs):
                yield f"Of what the run had, rows are said to be erased. {not_used(receipt)}"


def known_receipts(project_path: Path) -> KnownReceipts:
    """Read all receipts of a project, and tell whose they are.

    Raises:
        LakeproofError: If one is damaged, or the keys that the project lists cannot be read.
    """
    own, others = list[Receipt](), list[Receipt]()
    for receipt, content in ReceiptStore(project_path).with_bytes():
        is_own = is_written_here(content) or _is_signed(project_path, receipt, content)
        (own if is_own else others).append(receipt)
    return KnownReceipts(tuple(own), tuple(others))


def not_used(receipt: Receipt) -> str:
    """Say why nothing goes by a receipt."""
    return (
        f"Receipt {receipt.short} was not written by you here, nor signed by a key that "
        "pyproject.toml lists: it is not used."
    )


def verify_signature(
    project_path: Path,
    receipt: Receipt,
    content: bytes,
    believed: Mapping[str, "Ed25519PublicKey"],
) -> None:
    """Hold the signature on a receipt against its bytes.

    Raises:
        AttestationError: If it is none of a believed key, or on something else.
        OSError: If there is none.
    """
    signed = signature_place(project_path, receipt).read_bytes()
    if envelope.verify(signed, believed).payload != statement_of(content):
        raise AttestationError("the receipt was changed since.")


def _is_signed(project_path: Path, receipt: Receipt, content: bytes) -> bool:
    if not signature_place(project_path, receipt).is_file():
        return False
    believed = keys.believed(settings_of(project_path).keys)
    try:
        verify_signature(project_path, receipt, content, believed)
    except (AttestationError, OSError):
        return False
    return True
