"""A small file that is written whole or not at all, in place of one of that name."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str, mode: int, *, outlives_power: bool = True) -> None:
    """Write a file in one step; its folder is there.

    Args:
        path: The file.
        text: What is in it, as UTF-8.
        mode: The rights that it gets.
        outlives_power: Whether it waits for the disk.

    Raises:
        OSError: If it cannot be written; what was there is as it was.
    """
    descriptor, partial = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if outlives_power:
                os.fsync(file.fileno())
        os.chmod(partial, mode)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
