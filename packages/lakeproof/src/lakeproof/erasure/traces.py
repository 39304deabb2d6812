"""Files in which a key may stand as text, letter by letter: looked for, not understood."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_LARGEST = 64 * 2**20
# A shorter text stands everywhere.
SHORTEST = 3
# Tables are looked at as tables.
_PACKED = (".parquet", ".bin")


def files_below(folders: Iterable[Path], but: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of some folders that are small enough to be looked through."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            is_out = path.suffix in _PACKED or any(path.is_relative_to(one) for one in but)
            if not is_out and path.is_file() and path.stat().st_size <= _LARGEST:
                yield path


def traces(files: Iterable[Path], texts: Sequence[str]) -> Iterator[Path]:
    """Yield those in which one of the texts stands by itself, not within a longer word."""
    wanted = [re.escape(text.encode()) for text in texts if len(text) >= SHORTEST]
    if not wanted:
        return
    pattern = re.compile(rb"(?<![0-9A-Za-z_])(?:" + b"|".join(wanted) + rb")(?![0-9A-Za-z_])")
    for path in files:
        try:
            if pattern.search(path.read_bytes()):
                yield path
        except OSError:
            yield path  # what cannot be read may hold it
