"""The secrets of services that are told by their form, as a well-kept list has them."""

import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

_LIST = Path(__file__).with_name("secret_services.txt")
# Other letters keep their place too: lower case may be longer.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_IN_ANY_CASE, _WITHIN = "~", "*"
_BEFORE, _BEHIND = 40, 160


class _Mark(NamedTuple):
    kind: str
    text: str
    characters: frozenset[str]


class _Rule(NamedTuple):
    name: str
    marks: tuple[_Mark, ...]
    pattern: str


def services_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Give the secrets of services in a text: the service, and where each begins and ends.

    Most texts hold none of the marks, so hardly a pattern is ever tried.
    """
    lowered = text.lower() if text.isascii() else text.translate(_LOWER)
    characters = set(lowered)
    for rule in _rules():
        for mark in rule.marks:
            # A table of numbers has none of the characters; to look for each mark takes its time.
            if mark.characters <= characters:
                yield from _found(rule, mark, text, lowered)


def _found(rule: _Rule, mark: _Mark, text: str, lowered: str) -> Iterator[tuple[str, int, int]]:
    where = lowered if mark.kind else text
    place = where.find(mark.text)
    while place >= 0:
        pattern = _compiled(rule.pattern)
        found = (
            pattern.search(text, max(0, place - _BEFORE), place + _BEHIND)
            if mark.kind == _WITHIN
            else pattern.match(text, place)
        )
        if found:
            yield rule.name, found.start(), found.end()
        place = where.find(mark.text, max(place + 1, found.end() if found else 0))


@cache
def _rules() -> tuple[_Rule, ...]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return tuple(
        _Rule(name, tuple(map(_mark, marks.split())), pattern) for name, marks, pattern in rows
    )


def _mark(written: str) -> _Mark:
    kind = written[0] if written[0] in (_IN_ANY_CASE, _WITHIN) else ""
    text = written.removeprefix(kind)
    return _Mark(kind, text, frozenset(text.lower()))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
