"""What was seen, as plain facts, and the digests by which two sights can be told apart."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lakeproof.checksum import sha256_of

Kind = Literal["file", "folder", "written", "variable", "connection", "program"]

# Beyond that a second reading would be felt, and its size has to do.
MOST_BYTES = 1024**3
NOT_THERE = "not there"


@dataclass(frozen=True)
class Seen:
    """One thing that a node's function reached for and that nothing holds still.

    Args:
        kind: `file` was read, `folder` listed or read as a whole, `written` is a file that was
            written, `variable` one of the environment that was read, `connection` an address or a
            database, `program` one that was started.
        name: An absolute path; a variable's name; `host:port` or an address without credentials; a
            program's name.
        digest: `sha256:…` of a file, of a folder's names and contents, or of a variable's value;
            `None` where there is none.
        note: Why not, or what else there is to say: `not there`, `not set`.
    """

    kind: Kind
    name: str
    digest: str | None = None
    note: str | None = None


def file_seen(kind: Kind, path: str) -> Seen | None:
    """Look at a file, or at all files of a folder; `None` for devices and pipes."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            digest, note = _of_folder(path)
            return Seen("folder" if kind == "file" else kind, path, digest, note)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > MOST_BYTES:
            return Seen(kind, path, None, f"{status.st_size} bytes, too many to digest")
        return Seen(kind, path, f"sha256:{sha256_of(Path(path))}")
    except FileNotFoundError:
        return Seen(kind, path, None, NOT_THERE)
    except OSError as error:
        return Seen(kind, path, None, f"it could not be read: {error.strerror}")


def listing_seen(path: str) -> Seen | None:
    """Look at the names in a folder."""
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return Seen("folder", path, None, NOT_THERE)
    return Seen("folder", path, f"sha256:{_sha256(chr(10).join(names))}", f"{len(names)} names")


def variable_seen(name: str, value: str | None) -> Seen:
    """Look at a variable of the environment."""
    if value is None:
        return Seen("variable", name, None, "not set")
    return Seen("variable", name, f"sha256:{_sha256(value)}")


def summed(seen: list[Seen], kind: Kind, name: str, note: str) -> Seen:
    """Make one sight of many: names and digests together."""
    lines = sorted(f"{one.kind}\0{one.name}\0{one.digest}\0{one.note}" for one in seen)
    return Seen(kind, name, f"sha256:{_sha256(chr(10).join(lines))}", note)


def _of_folder(path: str) -> tuple[str | None, str | None]:
    lines, total = [], 0
    for file in sorted(files_below(path)):
        total += os.stat(file).st_size
        if total > MOST_BYTES:
            return None, f"more than {MOST_BYTES} bytes, too many to digest"
        lines.append(f"{os.path.relpath(file, path)}\0{sha256_of(Path(file))}")
    return f"sha256:{_sha256(chr(10).join(lines))}", f"{len(lines)} files"


def files_below(path: str) -> Iterator[str]:
    """Give every file of a folder."""
    for folder, _, names in os.walk(path):
        for name in names:
            if os.path.isfile(file := os.path.join(folder, name)):
                yield file


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
