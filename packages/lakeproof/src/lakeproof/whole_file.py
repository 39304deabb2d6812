"""A small file that is written whole or not at all, in place of one of that name."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str, mode: int, *, outlives_power: bool = True) -> None:
    """Write a file of text, as UTF-8, as `replace_bytes` does."""
    replace_bytes(path, text.encode(), mode, outlives_power=outlives_power)


def replace_bytes(path: Path, data: bytes, mode: int, *, outlives_power: bool = True) -> None:
    """Write a file in one step; its folder is there.

    What is on its way has a name that nobody knows before: at one that is known a clone may bring
    along a link to the user's own file.

    Args:
        path: The file.
        data: What is in it.
        mode: The rights that it gets.
        outlives_power: Whether it waits for the disk.

    Raises:
        OSError: If it cannot be written; what was there is as it was.
    """
    descriptor, partial = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if outlives_power:
                os.fsync(file.fileno())
        os.chmod(partial, mode)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
