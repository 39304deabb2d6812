"""Receipts by their bytes: as links of the chain of records, and as what somebody has signed.

The predicate of a signature is the receipt itself, its subject the sha256 of its file. Not for who
is believed, nor for what a chain must be (`record.chain`).
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lakeproof.erasure.receipts import Receipt, ReceiptStore, place_of
from lakeproof.record.chain.links import Link

_STATEMENT = "https://in-toto.io/Statement/v1"
_CLAIM = "urn:lakeproof:erasure:v1"
# Not `.json`: that is what receipts are.
_SIGNATURE = "dsse"


def digest_of(content: bytes) -> str:
    """Give the digest of a receipt, as of any record."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def done_receipts(project_path: Path) -> Iterator[tuple[Receipt, bytes]]:
    """Yield the receipts of ended erasures, with their bytes.

    Raises:
        LakeproofError: If one is damaged or cannot be read.
    """
    for receipt, content in ReceiptStore(project_path).with_bytes():
        if receipt.state == "done":
            yield receipt, content


def link_of(content: bytes) -> Link:
    """Give the link that the bytes of a receipt are.

    Raises:
        ValueError: If they are none.
    """
    told = json.loads(content)
    previous = told.get("previous") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("receipt_id"), str):
        raise ValueError("it is no receipt")
    return Link(told["receipt_id"], digest_of(content), previous)


def statement_of(content: bytes) -> bytes:
    """Write what is signed of a receipt."""
    told: dict[str, Any] = json.loads(content)
    sha256 = digest_of(content).partition(":")[2]
    statement = {
        "_type": _STATEMENT,
        "subject": [{"name": told["receipt_id"], "digest": {"sha256": sha256}}],
        "predicateType": _CLAIM,
        "predicate": told,
    }
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()


def signature_place(project_path: Path, receipt: Receipt) -> Path:
    """Say where the signature on a receipt is, if it has one."""
    return place_of(project_path, receipt.receipt_id, _SIGNATURE)
