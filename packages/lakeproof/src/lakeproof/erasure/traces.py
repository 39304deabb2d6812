"""Files in which a key may stand as text, letter by letter: looked for, not understood."""

import html
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_LARGEST = 64 * 2**20
# A shorter text stands everywhere.
SHORTEST = 3
# What is packed shows no text.
_PACKED = (".parquet", ".arrow", ".bin")

# For each key its values, each in the spellings that it may have.
Wanted = Sequence[Sequence[Collection[str]]]


def files_below(folders: Iterable[Path], but: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of some folders that are small enough to be looked through."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            is_out = path.suffix in _PACKED or any(path.is_relative_to(one) for one in but)
            if not is_out and path.is_file() and path.stat().st_size <= _LARGEST:
                yield path


def can_be_searched(wanted: Wanted) -> bool:
    """Tell whether each key has a value that is long enough to be looked for."""
    return all(any(map(_is_long, key)) for key in wanted)


def traces(files: Iterable[Path], wanted: Wanted) -> Iterator[Path]:
    """Yield those in which a key stands by itself, not within a longer word.

    Of a key of several columns all values stand in such a file, those left out that are too short.
    """
    keys = [[_forms(one) for one in key if _is_long(one)] for key in wanted]
    # All keys of one value are looked for at once.
    together = _pattern({form for key in keys if len(key) == 1 for form in key[0]})
    apart = [[_pattern(forms) for forms in key] for key in keys if len(key) > 1]
    if not any(keys):
        return
    for path in files:
        try:
            content = path.read_bytes()
        except OSError:
            yield path  # what cannot be read may hold it
            continue
        is_one = together is not None and together.search(content) is not None
        if is_one or any(all(p and p.search(content) for p in key) for key in apart):
            yield path


def _is_long(spellings: Collection[str]) -> bool:
    return max(map(len, spellings)) >= SHORTEST


def _forms(spellings: Collection[str]) -> set[bytes]:
    """Write a text as files may have it: encoded, and escaped in JSON and HTML."""
    found = set[bytes]()
    for text in spellings:
        if len(text) >= SHORTEST:
            found |= {text.encode(), json.dumps(text)[1:-1].encode(), html.escape(text).encode()}
            with suppress(UnicodeEncodeError):
                found.add(text.encode("cp1252"))
    return found


def _pattern(forms: Collection[bytes]) -> "re.Pattern[bytes] | None":
    words = b"|".join(map(re.escape, sorted(forms)))
    return re.compile(rb"(?<![0-9A-Za-z_])(?:" + words + rb")(?![0-9A-Za-z_])") if forms else None
