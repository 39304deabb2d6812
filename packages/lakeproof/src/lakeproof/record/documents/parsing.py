"""JSON from anybody, parsed within bounds: nothing twice, nothing that a double cannot hold.

Not for what a document says (`document`, `validation`).
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# Three times what a run may keep of untracked files, as they are spelled in JSON.
MOST_BYTES = 192 * 1024**2
# As many as a run of a hundred thousand files has facts. A value takes a hundred bytes of memory.
MOST_VALUES = 3_000_000
DEEPEST = 100

_ONLY_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_SQUARE, _OPENS = bytes.maketrans(b"{}", b"[]"), ord("[")


class ParsingError(ValueError):
    """A document that this reader does not take, in a few words that follow `it`."""


def parse(content: bytes) -> Any:
    """Parse a document.

    Raises:
        ParsingError: If it is beyond all bounds, or says something that two readers would read
            differently.
        ValueError: If it is no JSON.
    """
    _require_bounds(content)
    return _decoder(_once).decode(content.decode("utf-8"))


def keys_of_each(contents: Iterable[bytes]) -> Iterator[tuple[str, ...]]:
    """Hold objects against all that `parse` asks of a document, and give the keys of each.

    Nothing is made of their values: whoever wants them reads them from the same bytes.

    Args:
        contents: Each an object; a bracket that opens is its first byte.

    Raises:
        ParsingError: As `parse` does.
        ValueError: If one is no JSON.
    """
    objects: list[list[tuple[str, None]]] = []
    decoder = _decoder(objects.append)
    for content in contents:
        objects.clear()
        _require_bounds(content)
        decoder.decode(content.decode("utf-8"))
        if sum(map(len, map(dict, objects))) < sum(map(len, objects)):
            raise ParsingError("has a key twice")
        # The outermost object ends last.
        yield tuple(key for key, _ in objects[-1])


def _decoder(hook: Callable[[list[tuple[str, Any]]], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=hook, parse_float=_double, parse_constant=_refuse_constant
    )


def _require_bounds(content: bytes) -> None:
    """Look at the brackets alone, before anything is made of what they hold."""
    if len(content) > MOST_BYTES:
        raise ParsingError(f"has {len(content):,} bytes, and none has more than {MOST_BYTES:,}")
    opens = content.count(b"[") + content.count(b"{")
    is_shallow = content.count(b"]") + content.count(b"}") <= opens <= DEEPEST
    # Within texts or not: so little is within all bounds.
    if is_shallow and len(content) <= MOST_VALUES:
        return
    # Escaped quotes end no text; of what is left, every second piece is outside of texts.
    content = content.replace(rb"\\", b"").replace(rb"\"", b"")
    # A value has two texts at most, its key among them; each piece of more would take memory.
    is_beyond = content.count(b'"') > 4 * MOST_VALUES + 2
    bare = b"" if is_beyond else b"".join(content.split(b'"')[::2])
    opens = bare.count(b"[") + bare.count(b"{")
    if is_beyond or bare.count(b",") + opens > MOST_VALUES:
        raise ParsingError(f"has more than {MOST_VALUES:,} values")
    if bare.count(b"]") + bare.count(b"}") > opens:
        raise ValueError("closes more than it opens")
    brackets = inner = bare.translate(_SQUARE, _ONLY_BRACKETS)
    for _ in range(DEEPEST):
        inner = inner.replace(b"[]", b"")
        if not inner:
            return
    # Too deep, or no JSON, which is said of it then.
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPENS else -1
        if depth > DEEPEST:
            raise ParsingError(f"is nested deeper than {DEEPEST} levels")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ParsingError(f"has the key {ascii(twice)[:80]} twice")
    return found


def _double(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ParsingError(f"holds the number {text[:40]}, which is larger than any double")
    return value


def _refuse_constant(text: str) -> float:
    raise ParsingError(f"holds {text}, which is no number of JSON")
