"""Hold each fact of a record against its rule: it may come from anybody, and nothing is believed.

Whatever reads a record reads it through here (`document.from_bytes`), so that no later room meets
what is none. Not for facts that contradict each other (`consistency`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lakeproof.record.documents.rules import INNER_PATH, OPTIONS, RULES, Both, Rule
from lakeproof.record.facts import Content, RunFacts

_LARGEST = 2**63 - 1
_MOST_SHOWN = 80
# Of a record most values are such; those without a rule of their own are as they should be, but for
# numbers that count.
PLAIN = (str, int, float, bool, type(None))
_FREE = (str, float, bool, type(None))
Kinds = tuple[type, ...]


def names_of(facts: Any) -> tuple[str, ...]:
    """Give the names of a dataclass's fields, in their order; none of what is no dataclass."""
    kind: Any = type(facts)
    return _names(kind)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


@cache
def _tests(kind: Any, schema: int) -> tuple[tuple[str, Kinds, Callable[[Any], bool]], ...]:
    """Give the fields of facts that can break a rule.

    Each comes with what tells whether a plain value of some kinds is one.
    """
    rules, hints = RULES.get(kind, {}), get_type_hints(kind) if _names(kind) else {}
    return tuple(
        (name, *_test(rules.get(name), schema))
        for name in _names(kind)
        if name in rules or not _is_free(hints[name])
    )


def _test(rule: Rule | Both | None, schema: int) -> tuple[Kinds, Callable[[Any], bool]]:
    if rule is None:
        return PLAIN, _is_number_of_something
    # `Both` is of a mapping, which no plain value is.
    return (_FREE, rule.test(schema)) if isinstance(rule, Rule) else ((), bool)


def _is_number_of_something(value: Any) -> bool:
    return type(value) is not int or 0 <= value <= _LARGEST


def _is_free(hint: Any) -> bool:
    """Tell whether nothing of a type is held against a rule: texts, and tuples of them."""
    parts = [part for part in get_args(hint) if part is not ...]
    if get_origin(hint) in (tuple, Union, UnionType):
        return all(map(_is_free, parts))
    if get_origin(hint) is Literal:
        return all(type(part) in _FREE for part in parts)
    return hint in _FREE


def faults(facts: Any, schema: int, place: str = "") -> Iterator[str]:
    """Say which facts are none, each in a few words with its place.

    Args:
        facts: A record, or a part of one.
        schema: Under which it was written.
        place: What leads to it.
    """
    kind: Any = type(facts)
    if names_of(facts):
        for name, kinds, holds in _tests(kind, schema):
            value = getattr(facts, name)
            # Most values are texts as they should be: nothing is begun for one of these.
            if value is None or (type(value) in kinds and holds(value)):
                continue
            inner = f"{place}.{name}" if place else name
            yield from faults_of(kind, name, value, schema, inner)
        if isinstance(facts, Content) and facts.sha256:
            yield from _broken(INNER_PATH, facts.path, schema, f"{place}.path")
        elif isinstance(facts, RunFacts):
            yield from _options(facts.options, schema, f"{place}.options")
            yield from _options(facts.config, schema, f"{place}.config")
    elif isinstance(facts, tuple):
        for number, item in enumerate(facts):
            if type(item) not in _FREE:
                yield from faults(item, schema, f"{place}.{number}")
    elif isinstance(facts, Mapping):
        for key, item in facts.items():
            if names_of(item):
                yield from faults(item, schema, f"{place}.{shown(key)}")
    elif not _is_number_of_something(facts):
        yield f"{place} is {shown(facts)}, which is no number of anything"


def faults_of(kind: type, name: str, value: Any, schema: int, place: str) -> Iterator[str]:
    """Say what is wrong with one field of facts of a kind.

    Args:
        kind: Of the facts.
        name: The field's.
        value: That it has.
        schema: Under which it was written.
        place: Where it is.
    """
    rule = RULES.get(kind, {}).get(name)
    if rule is not None and value is not None:
        yield from _broken(rule, value, schema, place)
    if type(value) not in _FREE:
        yield from faults(value, schema, place)


def shown(value: Any) -> str:
    """Write a value that may be anything, cut to what a sentence bears."""
    is_endless = isinstance(value, int) and abs(value) > _LARGEST
    text = hex(value) if is_endless else ascii(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _broken(rule: Rule | Both, value: Any, schema: int, place: str) -> Iterator[str]:
    if isinstance(rule, Both):
        for key, item in value.items():
            if not rule.keys.has(key, schema):
                yield f"{place} has {shown(key)}, which is not {rule.keys.what}"
            if item is not None and rule.values is not None and not rule.values.has(item, schema):
                yield from _broken(rule.values, item, schema, f"{place}.{shown(key)}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _broken(rule, item, schema, f"{place}.{number}")
    elif not rule.has(value, schema):
        yield f"{place} is {shown(value)}, which is not {rule.what}"


def _options(options: Mapping[str, Any], schema: int, place: str) -> Iterator[str]:
    for name, value in options.items():
        if name in OPTIONS:
            yield from _broken(OPTIONS[name], value, schema, f"{place}.{name}")
        else:
            yield f"{place} has {shown(name)}, which is no option that a run is recorded with"
