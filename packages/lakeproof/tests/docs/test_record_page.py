"""The page about the record knows the record."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

from conftest import REPOSITORY
from lakeproof.record.facts import Record

PAGE = (REPOSITORY / "packages/lakeproof/docs/record.md").read_text(encoding="utf-8")


def keys_of(kind: Any) -> Iterator[str]:
    """Name every key of a record's dataclass and of those in it."""
    if not is_dataclass(kind):
        for part in get_args(kind):
            yield from keys_of(part)
        return
    hints = get_type_hints(kind)
    for field in fields(kind):
        yield field.name
        yield from keys_of(hints[field.name])


def missing_from(page: str, kind: Any) -> set[str]:
    """Keys that stand nowhere on the page as code."""
    return set(keys_of(kind)) - set(re.findall(r"`([a-z_0-9]+)`", page))


def test_the_page_names_every_key():
    """Of every section, however deep."""
    assert missing_from(PAGE, Record) == set()


@dataclass
class Inner:
    undocumented: int


@dataclass
class Outer:
    schema: int
    inner: tuple[Inner, ...]


def test_a_key_that_is_not_there_would_be_noticed():
    """Also one of a dataclass within another."""
    assert missing_from("`schema` and `inner`", Outer) == {"undocumented"}
