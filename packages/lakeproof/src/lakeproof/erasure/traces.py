"""Whether a key stands in a file as text, letter by letter: looked for, not understood."""

import html
import json
import re
from collections.abc import Collection, Sequence
from contextlib import suppress

# A shorter text stands everywhere.
SHORTEST = 3


class Texts:
    """Keys as text.

    Args:
        wanted: For each key its values, each in the spellings that it may have.
    """

    def __init__(self, wanted: Sequence[Sequence[Collection[str]]]) -> None:
        self.can_be_searched = all(any(map(_is_long, key)) for key in wanted)
        keys = [[_forms(one) for one in key if _is_long(one)] for key in wanted]
        # All keys of one value are looked for at once.
        together = {form for key in keys if len(key) == 1 for form in key[0]}
        self._together = _pattern(together) if together else None
        self._apart = [list(map(_pattern, key)) for key in keys if len(key) > 1]

    def stand_in(self, content: bytes) -> bool:
        """Tell whether a key stands there by itself, not within a longer word.

        Of a key of several columns all values do, those left out that are too short.
        """
        if self._together is not None and self._together.search(content):
            return True
        return any(all(one.search(content) for one in key) for key in self._apart)


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


def _pattern(forms: Collection[bytes]) -> "re.Pattern[bytes]":
    words = b"|".join(map(re.escape, sorted(forms)))
    return re.compile(rb"(?<![0-9A-Za-z_])(?:" + words + rb")(?![0-9A-Za-z_])")
