"""Whether a key stands in a file as text, letter by letter: looked for, not understood.

In text it is a word. In other files anything may stand before and after it, and its letters may
have one, two or four bytes.
"""

import html
import json
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

# A shorter text stands everywhere.
SHORTEST = 3
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

_Pattern = Callable[[Collection[bytes]], "re.Pattern[bytes]"]


class Texts:
    """Keys as text.

    Args:
        wanted: For each key its values, each in the spellings that it may have.
    """

    def __init__(self, wanted: Sequence[Sequence[Collection[str]]]) -> None:
        self.can_be_searched = all(any(map(_is_long, key)) for key in wanted)
        keys = [[_forms(one) for one in key if _is_long(one)] for key in wanted]
        wide = [[_wide(one) for one in key if _is_long(one)] for key in wanted]
        self._words, self._bytes = _Wanted(keys, _words), _Wanted(wide, _bytes)

    def stand_in(self, content: bytes) -> bool:
        """Tell whether a key stands in a text by itself, not within a longer word.

        Of a key of several columns all values do, those left out that are too short.
        """
        return self._words.stand_in(content)

    def may_stand_in(self, content: bytes) -> bool:
        """Tell whether the bytes of a key stand anywhere, which may be chance."""
        return self._bytes.stand_in(content)


class _Wanted:
    """For each key the forms of its values."""

    def __init__(self, keys: Sequence[Sequence[Collection[bytes]]], pattern: _Pattern) -> None:
        # All keys of one value are looked for at once.
        together = {form for key in keys if len(key) == 1 for form in key[0]}
        self._together = pattern(together) if together else None
        self._apart = [list(map(pattern, key)) for key in keys if len(key) > 1]

    def stand_in(self, content: bytes) -> bool:
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


def _wide(spellings: Collection[str]) -> set[bytes]:
    """Write a text also as programs have it in memory."""
    long = [text for text in spellings if len(text) >= SHORTEST]
    return _forms(spellings) | {text.encode(one) for text in long for one in _WIDE}


def _words(forms: Collection[bytes]) -> "re.Pattern[bytes]":
    return re.compile(rb"(?<![0-9A-Za-z_])(?:" + _any(forms) + rb")(?![0-9A-Za-z_])")


def _bytes(forms: Collection[bytes]) -> "re.Pattern[bytes]":
    return re.compile(_any(forms))


def _any(forms: Collection[bytes]) -> bytes:
    return b"|".join(map(re.escape, sorted(forms)))
