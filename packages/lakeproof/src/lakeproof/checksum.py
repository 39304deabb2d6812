"""The sha256 of a file, which deliveries, jars and records know it by."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Digest a file's bytes, in hexadecimal.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
