"""Whether a text holds the short texts that secrets have, before any pattern is tried."""

import string
from functools import cache

# A text that is shorter is read as a whole in no time.
_SHORT = 2000


class Searched:
    """A text in which many marks are looked for.

    A table of numbers has hardly any of their characters, which is told at once for all of them.

    Args:
        text: What to look through.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._characters = frozenset(
            text if len(text) < _SHORT else filter(text.__contains__, string.printable)
        )

    def holds(self, mark: str) -> bool:
        """Tell whether a mark, of printable ASCII, is somewhere in the text."""
        return _characters_of(mark) <= self._characters and mark in self.text


@cache
def _characters_of(mark: str) -> frozenset[str]:
    return frozenset(mark)
