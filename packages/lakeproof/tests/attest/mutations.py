"""A chain of records with an attestation, and what somebody may do to it, one thing at a time."""

import hashlib
import importlib.util
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lakeproof.attest import envelope, keys, reproduction
from lakeproof.attest.reproduction import Reproduction, Verifier
from lakeproof.erasure.receipts import ErasedVersion, Receipt
from lakeproof.erasure.sealed_receipts import link_of
from lakeproof.record.chain.links import Link, examine
from lakeproof.record.documents.document import to_bytes

from ..reproduce.builders import a_record

Records = list[tuple[str, bytes]]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PEM = keys.as_pem(KEY.public_key())
LENGTH, ATTESTED = 12, 7
# One before the run that is attested, one after it.
RECEIPTS = (4, 9)
KINDS = (
    *("byte of envelope", "byte of record", "reorder", "delete", "cut tail", "insert"),
    *("swap run ids", "swap records", "another key", "another payload"),
)

_SCRIPT = Path(__file__).parents[2] / "docs" / "verify.py"


@cache
def script() -> ModuleType:
    """The script that knows nothing of Lakeproof."""
    spec = importlib.util.spec_from_file_location("verify", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seal(content: bytes) -> str:
    """Digest a record."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def forged(run_id: str, previous: str | None) -> bytes:
    """A record that somebody made up, whole and linked."""
    usual = a_record()
    return to_bytes(replace(usual, run=replace(usual.run, run_id=run_id), previous=previous))


def receipt(receipt_id: str, previous: str | None) -> bytes:
    """The receipt of an erasure that has ended, as its file is."""
    versions = (ErasedVersion("samples", "0" * 36, 3, 1),)
    when = "2026-11-29T12:00:00Z", "2026-11-30T12:00:00Z"
    ended = Receipt(
        *(receipt_id, "done", "request 4711", *when, "samples", 1, ("0" * 64,)),
        versions=versions,
        previous=previous,
    )
    told = {"schema": 1, "run": {"run_id": receipt_id}, **asdict(ended), "code": "0" * 64}
    return f"{json.dumps(told, indent=1)}\n".encode()


@cache
def honest(by_another: bool = False) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """An envelope, and the records up to the one that it names.

    Who verified the run in another checkout has a chain of their own, which begins after it.
    """
    records: Records = []
    previous = None
    for number in range(LENGTH):
        if by_another and number == ATTESTED + 1:
            previous = None
        run_id = f"{number + 1:032x}"
        content = (receipt if number in RECEIPTS else forged)(run_id, previous)
        records.append((run_id, content))
        previous = seal(content)
    return signed(records, KEY), tuple(records)


def signed(records: Records, key: Ed25519PrivateKey, **changes: Any) -> bytes:
    """An attestation of one of them."""
    run_id, content = records[ATTESTED]
    usual = a_record()
    record = replace(usual, run=replace(usual.run, run_id=run_id))
    claim = Reproduction(
        run_id=run_id,
        record=seal(content),
        verdict="REPEATED",
        factors=(),
        rerun_id="f" * 32,
        rerun_record=seal(b"the re-run's"),
        verifier=Verifier("a" * 32, seal(b"user"), seal(b"machine")),
        attested_at="2026-11-29T10:00:00Z",
        head=seal(records[-1][1]),
        lakeproof="0.3.0",
    )
    return envelope.sign(reproduction.written(record, replace(claim, **changes)), key)


def mutations(seed: int, by_another: bool = False) -> Iterator[tuple[str, bytes, Records]]:
    """Yield kind, envelope and records for ever, each kind in its turn."""
    chance = random.Random(seed)
    while True:
        for kind in KINDS:
            content, records = honest(by_another)
            yield kind, *_mutated(kind, content, list(records), chance)


def _mutated(
    kind: str, content: bytes, records: Records, chance: random.Random
) -> tuple[bytes, Records]:
    one, other = sorted(chance.sample(range(LENGTH), 2))
    if kind == "byte of envelope":
        content = _another_byte(content, chance)
    elif kind == "byte of record":
        records[one] = (records[one][0], _another_byte(records[one][1], chance))
    elif kind == "reorder":
        records[one], records[other] = records[other], records[one]
    elif kind == "delete":
        del records[one]
    elif kind == "cut tail":
        del records[other:]
    elif kind == "insert":
        before = seal(records[one - 1][1]) if one else None
        run_id = f"{chance.getrandbits(128):032x}"
        records.insert(one, (run_id, forged(run_id, before)))
    elif kind == "swap run ids":
        ids = records[one][0], records[other][0]
        for place, run_id in ((one, ids[1]), (other, ids[0])):
            record = json.loads(records[place][1])
            record["run"]["run_id"] = run_id
            text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
            records[place] = (run_id, text.encode())
    elif kind == "swap records":
        (first, a), (second, b) = records[one], records[other]
        records[one], records[other] = (first, b), (second, a)
    elif kind == "another key":
        content = signed(records, OTHER_KEY)
    elif kind == "another payload":
        document = json.loads(content)
        more = json.loads(signed(records, KEY, verdict="REPRODUCED", factors=(str(one),)))
        document["payload"] = more["payload"]
        content = (json.dumps(document, indent=1) + "\n").encode()
    return content, records


def _another_byte(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    other = bytes([content[place] ^ chance.randrange(1, 256)])
    return content[:place] + other + content[place + 1 :]


def is_noticed_by_script(content: bytes, records: Records) -> bool:
    """Ask the script of forty lines."""
    try:
        script().verify(PEM, content, records)
    except (Exception, SystemExit):
        return True
    return False


def is_noticed_by_us(content: bytes, records: Records) -> bool:
    """Ask what the commands ask; the order of a store is none, and no mutation of it."""
    try:
        statement = reproduction.read(envelope.verify(content, {"me": KEY.public_key()}).payload)
        links = []
        for run_id, one in records:
            record = json.loads(one)
            if record["run"]["run_id"] != run_id:
                return True
            is_receipt = "receipt_id" in record
            links.append(
                link_of(one) if is_receipt else Link(run_id, seal(one), record["previous"])
            )
    except Exception:
        return True
    claim = statement.claim
    chain = examine(links, claim.head, {str(claim.head): "the attestation"})
    attested = {link.run_id: link.digest for link in links}.get(claim.run_id)
    return bool(chain.breaks or chain.forks or chain.beside) or attested != claim.record


Noticed = Callable[[bytes, Records], bool]
