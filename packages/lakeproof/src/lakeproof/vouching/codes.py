"""What this user wrote on this machine, told from what came with a clone or was changed since.

By a code (HMAC-SHA256) under a secret that stands in the user's configuration, and in no project.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from functools import cache
from pathlib import Path

import click

_NAME = "secret"
_BYTES = 32


def vouch(purpose: str, content: bytes) -> str:
    """Give the code of some content, in hexadecimal, to be kept beside it.

    Args:
        purpose: What kind of file it stands in: as another kind, the same content has another code.
        content: What is vouched for.
    """
    secret = _secret(click.get_app_dir("lakeproof"))
    return hmac.new(secret, purpose.encode() + b"\0" + content, hashlib.sha256).hexdigest()


def is_vouched(purpose: str, content: bytes, code: object) -> bool:
    """Tell whether this user has written some content here, for this purpose."""
    return isinstance(code, str) and hmac.compare_digest(
        vouch(purpose, content).encode(), code.encode()
    )


@cache
def _secret(folder: str) -> bytes:
    """Read the secret, or make it; where none can be kept, one that ends with this process."""
    path = Path(folder, _NAME)
    made = secrets.token_bytes(_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _put(path, made)
        kept = path.read_bytes()
    except OSError:
        return made
    return kept if len(kept) == _BYTES else made


def _put(path: Path, content: bytes) -> None:
    """Write it whole, unless another process was faster."""
    descriptor, partial = tempfile.mkstemp(prefix=".", dir=path.parent)  # its owner's alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        Path(partial).unlink(missing_ok=True)
