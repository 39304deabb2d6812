"""How a known secret is written in other texts: as it is, quoted, escaped, or in base64."""

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

# Shorter pieces of base64 stand in other texts by chance.
_FEWEST_DIGITS = 8


def forms_of(value: str) -> Iterator[str]:
    """Give the ways in which a value may stand in a text.

    Args:
        value: Such as a password.
    """
    yield value
    yield value.replace("\n", "\\n")
    for quoted in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield quoted
        yield _with_small_digits(quoted)
    # As a JSON document spells it, and one within another.
    for spelled in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield spelled
        yield json.dumps(spelled)[1:-1]
    yield html.escape(value)
    yield from _in_base64(value.encode("utf-8", "surrogatepass"))


def _with_small_digits(quoted: str) -> str:
    parts = quoted.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _in_base64(value: bytes) -> Iterator[str]:
    """Give the digits that a value decides wherever it begins, as behind `user:` in a header."""
    for before in range(3):
        digits = base64.b64encode(bytes(before) + value).decode()
        first = -(-8 * before // 6)
        last = 8 * (before + len(value)) // 6
        piece = digits[first:last]
        if len(piece) >= _FEWEST_DIGITS:
            yield piece
            yield piece.replace("+", "-").replace("/", "_")
