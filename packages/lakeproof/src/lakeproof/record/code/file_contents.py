"""Files as contents of a record: within limits, and without a secret in them."""

import hashlib
import os
import stat
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lakeproof.record.code.lying_files import readable
from lakeproof.record.code.source import (
    LEFT_OVER,
    sha256_or_link,
)
from lakeproof.record.facts import Content
from lakeproof.record.redaction.secrets import Secrets

MOST_BYTES = 10 * 1024**2
# All untracked files together: a record is a document, not a store of data.
MOST_BYTES_TOGETHER = 64 * 1024**2
ODD_NAME = "its name is not UTF-8"


def file_content(path: Path, name: str, secrets: Secrets | None) -> Content:
    """Give a file as a fact: whole, or by digest where it is large or holds a secret.

    Args:
        path: Where it is; a link is the file it leads to.
        name: What to call it in the record.
        secrets: What must not get in; `None` where it was looked for already.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return content_withheld(name, "it is no regular file, or a link to a folder")
        mark = bool(status.st_mode & stat.S_IXUSR)
        if status.st_size > MOST_BYTES:
            reason = f"it is larger than {MOST_BYTES:,} bytes"
            digest = sha256_or_link(path)
            return Content(name, digest, status.st_size, withheld=reason, is_executable=mark)
        data = path.read_bytes()
    except OSError as error:
        return content_withheld(name, f"it could not be read: {error.strerror}")
    found = secrets.reason(data, name) if secrets is not None else None
    return as_content(name, data, found, is_executable=mark)


def as_content(
    name: str, data: bytes, withheld: str | None, *, is_executable: bool = False
) -> Content:
    """Give bytes as a fact: as text where they are, by digest alone where they are withheld."""
    facts = Content(
        *(name, hashlib.sha256(data).hexdigest(), len(data)),
        withheld=withheld,
        is_executable=is_executable,
    )
    if withheld is not None:
        return facts
    try:
        return replace(facts, text=data.decode())
    except UnicodeDecodeError:
        return replace(facts, base64=b64encode(data).decode())


def content_withheld(name: str, reason: str) -> Content:
    """Give a file of which not even the digest is known."""
    return Content(name, "", 0, withheld=reason)


def contents(top: Path, paths: Iterable[bytes], secrets: Secrets) -> Iterator[tuple[str, Content]]:
    """Read what git does not track, by paths as the file system has them."""
    left = MOST_BYTES_TOGETHER
    for path in map(os.fsdecode, paths):
        name = readable(path)
        if LEFT_OVER.fullmatch(PurePosixPath(path).name):
            continue
        if path.endswith("/"):
            yield path, content_withheld(name, "it is a repository of its own")
            continue
        found = file_content(top / path, name, secrets)
        if found.withheld is None:
            left -= found.size
            if left < 0:
                reason = f"the untracked files together are over {MOST_BYTES_TOGETHER:,} bytes"
                found = replace(found, text=None, base64=None, withheld=reason)
        elif not os.path.lexists(top / path):
            continue  # It has gone since git has seen it, as a database's journal does.
        yield path, found
