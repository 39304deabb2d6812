"""Verify an attestation and the records behind it, without Lakeproof (needs `cryptography`).

python verify.py key.pub attestation.json chain.json: what `kedro lakeproof key --pem` and
`kedro export RUN --format attestation`, `--format chain` print. Ends with 0 and what is claimed.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key

TYPE = "application/vnd.in-toto+json"


def require(holds: bool, otherwise: str) -> None:
    """End with a sentence where something does not hold."""
    if not holds:
        raise SystemExit(f"NOT VERIFIED: {otherwise}")


def verify(key: bytes, envelope: bytes, records: list[tuple[str, bytes]]) -> dict:
    """Give the claim of an envelope.

    `records`: those up to the run's and those up to the newest of who verified it, oldest first.
    """
    public, read = load_pem_public_key(key), json.loads(envelope)
    payload = base64.b64decode(read["payload"], validate=True)
    signature = base64.b64decode(read["signatures"][0]["sig"], validate=True)
    kind = TYPE.encode()
    public.verify(signature, b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    name = hashlib.sha256(public.public_bytes_raw()).hexdigest()
    body, sig = base64.b64encode(payload).decode(), base64.b64encode(signature).decode()
    same = {"payloadType": TYPE, "payload": body, "signatures": [{"keyid": name, "sig": sig}]}
    require((json.dumps(same, indent=1) + "\n").encode() == envelope, "the envelope was changed")
    statement = json.loads(payload)
    require(statement["predicateType"] == "urn:lakeproof:reproduction:v1", "another claim")
    claim, known, named = statement["predicate"], {}, {None}
    for run_id, content in records:
        record = json.loads(content)
        require(record["run"]["run_id"] == run_id, f"{run_id} has the record of another run")
        follows = record["previous"] in {None, *known.values()} and run_id not in known
        require(follows, f"{run_id} does not follow the one before it")
        known[run_id] = f"sha256:{hashlib.sha256(content).hexdigest()}"
        named.add(record["previous"])
    ends = {claim["head"], *known.values()} - named
    require(ends <= {claim["head"], claim["record"]}, "a record is not of what was attested")
    require(claim["head"] in known.values(), "the last record is not the one that was attested")
    require(known.get(claim["run_id"]) == claim["record"], "the run's record is another one")
    return claim


if __name__ == "__main__":
    key, envelope, chain = (Path(name).read_bytes() for name in sys.argv[1:])
    links = [(one["run_id"], one["record"].encode()) for one in json.loads(chain)["records"]]
    print(json.dumps(verify(key, envelope, links), indent=1))
