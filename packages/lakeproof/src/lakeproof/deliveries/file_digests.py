"""Digest files, and only those that are new or changed since they were digested last.

The cache is an accelerator: without it, or with one that is damaged or that another user wrote (it
may come with a clone), every file is digested again. What a row is read from is digested as it
streams, all the same.
"""

import hashlib
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lakeproof.checksum import sha256_of
from lakeproof.vouching.codes import is_vouched, vouch

CACHE_NAME = ".deliveries.json"

_SCHEMA = 2
_PURPOSE = "deliveries"
# As git does for its index: a file written to again within the resolution of its time looks as it
# did before (gitformat-index, "racy git"). Two seconds is the coarsest there is, FAT's.
RACY_NS = 2_000_000_000

_SHA256 = re.compile("[0-9a-f]{64}")

Entry = tuple[int, int, str]  # size, mtime_ns, sha256

_log = logging.getLogger(__name__)


def digest_files(files: Sequence[Any]) -> str:
    """Digest names and contents of files, in their order, without reading them.

    Args:
        files: Deliveries, or whatever else has a `name` and the `sha256` of its bytes.
    """
    lines = "\n".join(f"{file.sha256} {file.name}" for file in files)
    return f"sha256:{hashlib.sha256(lines.encode('utf-8', 'surrogatepass')).hexdigest()}"


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the sha256 of each file of a folder, by name.

    A file is digested again when its size or time is not the remembered one, and always while its
    time is less than two seconds old.

    Raises:
        OSError: A file cannot be read.
    """
    known = remembered(folder)
    found: dict[str, str] = {}
    settled: dict[str, Entry] = {}
    for name in names:
        now = time.time_ns()
        status = (folder / name).stat()
        entry = known.get(name)
        is_settled = status.st_mtime_ns < now - RACY_NS
        if not is_settled or entry is None or entry[:2] != (status.st_size, status.st_mtime_ns):
            entry = (status.st_size, status.st_mtime_ns, sha256_of(folder / name))
        found[name] = entry[2]
        if is_settled:
            settled[name] = entry
    if settled != known:
        remember(folder, settled)
    return found


def remembered(folder: Path) -> dict[str, Entry]:
    """Return what the cache says, or nothing where it is not one that this module wrote."""
    try:
        document = json.loads((folder / CACHE_NAME).read_bytes())
        if document["schema"] != _SCHEMA or not is_vouched(
            _PURPOSE, _content(document["files"]), document["code"]
        ):
            return {}
        return {name: _entry(**fields) for name, fields in document["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _content(files: Any) -> bytes:
    return json.dumps(files, sort_keys=True).encode()


def _entry(size: Any, mtime_ns: Any, sha256: Any) -> Entry:
    if not (type(size) is type(mtime_ns) is int and _SHA256.fullmatch(sha256)):
        raise ValueError(sha256)
    return size, mtime_ns, sha256


def remember(folder: Path, entries: dict[str, Entry]) -> None:
    """Replace the cache in one step; a folder that cannot be written to goes without."""
    files = {
        name: {"size": size, "mtime_ns": mtime_ns, "sha256": sha256}
        for name, (size, mtime_ns, sha256) in sorted(entries.items())
    }
    document = {"schema": _SCHEMA, "code": vouch(_PURPOSE, _content(files)), "files": files}
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=CACHE_NAME, suffix=".tmp", dir=folder)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        os.replace(temporary, folder / CACHE_NAME)
    except OSError as error:
        _log.debug("No digests are remembered in %s: %s", folder, error)
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
