"""What a record holds of a file: its bytes, or a digest by which today's file is known again.

Not for the files that a run read through its catalog (`raw_files`).
"""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lakeproof.record.facts import Content
from lakeproof.reproduce.code.safe_writes import RawFileError, copy_if_same, make_way

_LOOKED_AT_MOST = 200_000


def restore(content: Content, root: Path, path: str, present: Path) -> None:
    """Write one recorded file below a folder; one that the record withholds is copied from today's.

    Others may read it only where they may read the user's own.

    Args:
        content: The file.
        root: The folder.
        path: Where below it.
        present: Where the user has such files today.

    Raises:
        RawFileError: If nothing has the recorded bytes.
    """
    if content.withheld is None:
        file = make_way(root, path)
        data = bytes_of(content)
        # Nobody else's before it is known whose it is.
        file.touch(mode=0o600, exist_ok=False)
        file.write_bytes(data)
        if not _is_private(present / content.path):
            file.chmod(0o666 & ~_umask())
        if content.is_executable:
            mode = file.stat().st_mode
            file.chmod(mode | (mode & 0o444) >> 2)
        return
    if not content.sha256:
        raise RawFileError(
            f"The record could not keep '{content.path}': {content.withheld}. Nothing was run."
        )
    for candidate in _candidates(content, present):
        if copy_if_same(candidate, root, path, content.sha256):
            return
    raise RawFileError(
        f"The record keeps '{content.path}' by digest only ({content.withheld}), and no file in "
        f"{present} has its sha256 {content.sha256}. Nothing was run. Put the file back."
    )


def _is_private(present: Path) -> bool:
    """Tell whether a file is its owner's alone; one that is gone may have been."""
    try:
        return not present.stat().st_mode & 0o077
    except OSError:
        return True


def _umask() -> int:
    # It can only be read by setting it.
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def lacking(content: Content, present: Path) -> str | None:
    """Say what `restore` would miss, by presence and size alone; `None` where it may have all."""
    if content.withheld is None:
        return None
    if not content.sha256:
        return f"The record could not keep '{content.path}': {content.withheld}."
    if any(_has_size(file, content.size) for file in _candidates(content, present)):
        return None
    return (
        f"The record keeps '{content.path}' by digest only ({content.withheld}), and no file in "
        f"{present} has its {content.size} bytes (sha256 {content.sha256}). Put the file back."
    )


def _has_size(file: Path, size: int) -> bool:
    return file.is_file() and file.stat().st_size == size


def _candidates(content: Content, present: Path) -> Iterator[Path]:
    """Yield the files that can be a withheld one: its own path first, then those of its size.

    A record may name any folder, the root of the disk too: not all of that is looked through.
    """
    yield present / content.path
    left = _LOOKED_AT_MOST
    for folder, folders, names in os.walk(present):
        left -= len(names) + 1
        if left < 0:
            return
        # Environments, caches, git's own.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            with suppress(OSError):
                if not file.is_symlink() and _has_size(file, content.size):
                    yield file


def bytes_of(content: Content) -> bytes:
    """Give what the record holds of a file.

    Raises:
        RawFileError: If that is not what its digest says.
    """
    if content.text is not None:
        found = content.text.encode()
    else:
        found = base64.b64decode(content.base64 or "")
    if hashlib.sha256(found).hexdigest() != content.sha256:
        raise RawFileError(
            f"The record is damaged: what it holds of '{content.path}' is not what its sha256 "
            f"{content.sha256} says. Nothing was run."
        )
    return found
