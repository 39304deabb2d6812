"""DSSE envelopes with one Ed25519 signature, of one spelling only.

Specification: https://github.com/secure-systems-lab/dsse (v1.0). What two readers could read
differently is refused: base64 with loose ends, a second signature, another order of keys. So every
byte of an envelope counts, not the signed ones alone.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeproof.attest.attest_errors import AttestationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Signed:
    """What a key holder has signed.

    Args:
        payload: The bytes.
        signer: The name that the project has for the key.
    """

    payload: bytes
    signer: str


def key_id(public: "Ed25519PublicKey") -> str:
    """Name a key: the sha256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()


def sign(payload: bytes, key: "Ed25519PrivateKey") -> bytes:
    """Make the envelope of a payload; the same for the same payload and key."""
    signature = key.sign(_to_be_signed(payload))
    return _written(payload, key_id(key.public_key()), signature)


def verify(envelope: bytes, keys: Mapping[str, "Ed25519PublicKey"]) -> Signed:
    """Give what an envelope holds, if one of the keys has signed it.

    Args:
        envelope: From anybody.
        keys: Those that are believed, by name.

    Raises:
        AttestationError: If it is none, or none of the keys has signed it.
    """
    from cryptography.exceptions import InvalidSignature

    payload, name, signature = _parts(envelope)
    for signer, public in keys.items():
        if key_id(public) != name:
            continue
        try:
            public.verify(signature, _to_be_signed(payload))
        except InvalidSignature:
            raise AttestationError(
                f"The signature is not that of the key '{signer}': what it says was changed."
            ) from None
        return Signed(payload, signer)
    raise AttestationError(
        f"No key that pyproject.toml lists has signed it (its key: {name[:16]})."
    )


def _parts(envelope: bytes) -> tuple[bytes, str, bytes]:
    if len(envelope) > MOST_BYTES:
        raise AttestationError(f"It has {len(envelope):,} bytes, which no attestation has.")
    try:
        document = json.loads(envelope)
        (signature,) = document["signatures"]
        payload = base64.b64decode(document["payload"], validate=True)
        name, signed = signature["keyid"], base64.b64decode(signature["sig"], validate=True)
        is_own = isinstance(name, str) and _written(payload, name, signed) == envelope
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise AttestationError("It is no DSSE envelope with one signature.") from error
    if not is_own:
        raise AttestationError("It is not written as an envelope of ours is: it was changed.")
    return payload, name, signed


def _written(payload: bytes, name: str, signature: bytes) -> bytes:
    document = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": name, "sig": base64.b64encode(signature).decode()}],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _to_be_signed(payload: bytes) -> bytes:
    """Give DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
