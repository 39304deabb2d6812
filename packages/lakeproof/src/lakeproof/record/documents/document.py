"""A record as one JSON document: canonical when written, strict when read.

Canonical means that equal facts are equal bytes: the schema number first, then sorted keys. Not for
where documents are kept (`store`).
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from lakeproof.errors import LakeproofError
from lakeproof.record.documents.consistency import contradictions
from lakeproof.record.documents.migrations import UnknownKeyError, migrate
from lakeproof.record.documents.parsing import ParsingError, parse
from lakeproof.record.documents.validation import PLAIN, faults, names_of, shown
from lakeproof.record.facts import SCHEMA, Record
from lakeproof.version import VERSION

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_IN_THEIR_ORDER = (
    ("run", "options"),
    ("run", "config"),
    ("parameters", "values"),
    ("configuration", "catalog_values"),
)
_FLOAT, _PAIRS = "$float", "$pairs"
_OURS: tuple[set[str], ...] = ({_FLOAT}, {_PAIRS})
# YAML's NaN has the sign bit set, Python's own has not: to the bit they are two.
_FLOATS = {"nan": math.nan, "-nan": -math.nan, "inf": math.inf, "-inf": -math.inf}
_A_LITTLE = 1_000


class RecordError(LakeproofError):
    """A record is missing, damaged or of a newer kind."""


class ContradictionError(RecordError):
    """Two facts of a record cannot both be true: one of them was edited."""


def to_bytes(record: Record) -> bytes:
    """Write a record, always the same bytes for the same facts."""
    return (json.dumps(to_document(record), indent=1, ensure_ascii=False) + "\n").encode()


def to_document(record: Record) -> dict[str, Any]:
    """Give a record as plain JSON values, in canonical order.

    What JSON lacks is spelled out: `{"$float": "nan"}`, and `{"$pairs": […]}` for a mapping whose
    keys are not all text. Parameters and options keep their own order, which a node may go by.
    """
    content = _encoded(asdict(record))
    for section, key in _IN_THEIR_ORDER:
        content[section][key] = _encoded(getattr(getattr(record, section), key), is_ordered=True)
    del content["schema"]
    return {"schema": record.schema, **content}


def from_bytes(content: bytes, name: str) -> Record:
    """Read a record of this schema or an older one, which is brought up to this one.

    Args:
        content: The document.
        name: What to call it in an error, such as `The record of run 3f9c2a7b`.

    Raises:
        RecordError: If it is empty, truncated, damaged, or of a newer schema.
        ContradictionError: If nothing else is wrong with it.
    """
    if not content[:_A_LITTLE].strip() and not content.strip():
        raise RecordError(f"{name} is empty. Nothing was run.")
    try:
        document = parse(content)
        schema = document["schema"]
    except ParsingError as error:
        raise RecordError(f"{name} is not a record: it {error}. Nothing was run.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordError(
            f"{name} is not a record: it is truncated, or something else. Nothing was run."
        ) from error
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise RecordError(
            f"{name} has the schema {shown(schema)}, not a number from 1. Nothing was run."
        )
    if schema > SCHEMA:
        raise RecordError(
            f"{name} was written by a newer Lakeproof{_version_of(document)}: it has schema "
            f"{shown(schema)}, and this version, {VERSION}, reads schemas up to {SCHEMA}. Nothing "
            "was run. Upgrade Lakeproof."
        )
    if schema < SCHEMA:
        try:
            document = migrate(document, SCHEMA)
            content = json.dumps(document).encode()
        except UnknownKeyError as error:
            raise _damaged(name, f"{error}: schema {schema} has no such key") from error
        except RecursionError as error:
            raise _damaged(name, "it is nested too deeply") from error
    return _validated(document, content, name, schema)


def _version_of(document: Mapping[str, Any]) -> str:
    """Say which version wrote a document that nobody has looked at."""
    version = document.get("lakeproof")
    is_one = isinstance(version, str) and len(version) < 40 and version.isprintable()
    return f" ({version})" if is_one else ""


def _step(key: str | int) -> str:
    """Write one step of a place; a key may be anything."""
    return key if isinstance(key, str) and key.isidentifier() and key.isascii() else shown(key)


def _damaged(name: str, what: str) -> RecordError:
    return RecordError(f"{name} is damaged: {what}. Nothing was run.")


def _validated(document: Mapping[str, Any], content: bytes, name: str, schema: int) -> Record:
    from pydantic import ValidationError

    try:
        found = _reader().validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(_step, first["loc"]))
        raise _damaged(name, f"{place}: {first['msg']}") from error
    for place in _left_out(found, document):
        raise _damaged(name, f"{place}: Field required")
    try:
        options, config, values = map(
            _decoded, (found.run.options, found.run.config, found.parameters.values)
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(
            name, "a value that JSON lacks is not spelled out as it is written"
        ) from error
    run = replace(found.run, options=options, config=config)
    record = replace(found, run=run, parameters=replace(found.parameters, values=values))
    for fault in faults(record, schema):
        raise _damaged(name, fault)
    for contradiction in contradictions(record):
        raise ContradictionError(
            f"{name} is damaged: it contradicts itself: {contradiction}. Nothing was run."
        )
    return record


def _left_out(facts: Any, document: Any, place: str = "") -> Iterator[str]:
    """Name the keys that a document lacks: the defaults of facts are for those who gather them."""
    if names := names_of(facts):
        for name in names:
            inner = f"{place}.{name}" if place else name
            if name not in document:
                yield inner
            elif type(value := getattr(facts, name)) not in PLAIN:
                yield from _left_out(value, document[name], inner)
    elif isinstance(facts, tuple):
        for number, (item, part) in enumerate(zip(facts, document, strict=True)):
            if type(item) not in PLAIN:
                yield from _left_out(item, part, f"{place}.{number}")
    elif isinstance(facts, Mapping):
        for key, item in facts.items():
            if is_dataclass(item):
                yield from _left_out(item, document[key], f"{place}.{key}")


@cache
def _reader() -> "TypeAdapter[Record]":
    from pydantic import ConfigDict, TypeAdapter, with_config

    # Strings stay strings and keys are ours alone: a record edited by hand is not guessed at.
    return TypeAdapter(with_config(ConfigDict(strict=True, extra="forbid"))(Record))


def spelled_out(value: Any) -> Any:
    """Give a value as JSON can hold it, mappings in their own order."""
    return _encoded(value, is_ordered=True)


def spelled_back(value: Any) -> Any:
    """Give the value that was spelled out."""
    return _decoded(value)


def _encoded(value: Any, is_ordered: bool = False) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        is_signed = math.isnan(value) and math.copysign(1, value) < 0
        return {_FLOAT: "-nan" if is_signed else repr(value)}
    if isinstance(value, dict):
        # What a user calls as we call ours is spelled out, too.
        if all(isinstance(key, str) for key in value) and value.keys() not in _OURS:
            keys = value if is_ordered else sorted(value)
            return {key: _encoded(value[key], is_ordered) for key in keys}
        pairs = [[_encoded(key), _encoded(item, is_ordered)] for key, item in value.items()]
        return {_PAIRS: pairs if is_ordered else sorted(pairs, key=repr)}
    if isinstance(value, list | tuple):
        return [_encoded(item, is_ordered) for item in value]
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_FLOAT}:
            return _FLOATS[value[_FLOAT]]
        if value.keys() == {_PAIRS}:
            return {_decoded(key): _decoded(item) for key, item in value[_PAIRS]}
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return value
