"""Keys: one to sign with, in a file that its owner alone may read, and those that are believed."""

import base64
import binascii
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.attest.attest_errors import KeyFileError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

ALGORITHM = "ed25519"

_PRIVATE, _PUBLIC = "key.pem", "key.pub"
_WRITTEN = re.compile(rf"{ALGORITHM}:([A-Za-z0-9+/]{{43}}=)")
_MOST_BYTES = 10_000
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make(folder: Path) -> Path:
    """Make a key in the user's configuration folder, and its public half beside it.

    Returns:
        The file, which nobody else may read.

    Raises:
        KeyFileError: If there is one, or it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, path = Ed25519PrivateKey.generate(), folder / _PRIVATE
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        (folder / _PUBLIC).write_bytes(as_pem(key.public_key()))
    except FileExistsError as error:
        raise KeyFileError(f"There is a key in {path}; it was left as it is.") from error
    except OSError as error:
        raise KeyFileError(f"The key {path} cannot be written: {error.strerror}.") from error
    return path


def usual(folder: Path) -> Path:
    """Name the file of the user's own key."""
    return folder / _PRIVATE


def load(path: Path) -> "Ed25519PrivateKey":
    """Read a key to sign with.

    Raises:
        KeyFileError: If it is not there, others may read it, or it is no Ed25519 key without a
            password.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OF_OTHERS:
                raise KeyFileError(
                    f"Others may read the key {path}, so that it says nothing of who signs. "
                    f"Nothing was run. If nobody did: chmod 600 {path}"
                )
            key = load_pem_private_key(file.read(_MOST_BYTES), password=None)
    except FileNotFoundError as error:
        raise KeyFileError(
            f"There is no key {path} to sign with. Nothing was run. Make one: kedro lakeproof key"
        ) from error
    except OSError as error:
        raise KeyFileError(
            f"The key {path} cannot be read: {error.strerror}. Nothing was run."
        ) from error
    except (ValueError, TypeError) as error:
        raise KeyFileError(
            f"{path} is no private key in PEM without a password. Nothing was run."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(
            f"{path} is no Ed25519 key, and no other kind is used. Nothing was run. Make one: "
            "kedro lakeproof key"
        )
    return key


def as_text(public: "Ed25519PublicKey") -> str:
    """Write a public key as `[tool.lakeproof.keys]` has it."""
    return f"{ALGORITHM}:{base64.b64encode(public.public_bytes_raw()).decode()}"


def as_pem(public: "Ed25519PublicKey") -> bytes:
    """Write a public key as cosign and openssl read it."""
    from cryptography.hazmat.primitives import serialization

    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def believed(listed: Mapping[str, str]) -> dict[str, "Ed25519PublicKey"]:
    """Read the keys that a project believes.

    Args:
        listed: `[tool.lakeproof.keys]`: a text for each name.

    Raises:
        KeyFileError: If one is none.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    keys = {}
    for name, text in listed.items():
        found = _WRITTEN.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)
            keys[name] = Ed25519PublicKey.from_public_bytes(base64.b64decode(found[1]))
        except (ValueError, binascii.Error) as error:
            raise KeyFileError(
                f"[tool.lakeproof.keys] in pyproject.toml has {name} = {text[:80]!r}, which is no "
                f"public key ({ALGORITHM}:… as `kedro lakeproof key` prints it)."
            ) from error
    return keys
