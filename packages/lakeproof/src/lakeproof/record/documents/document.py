"""A record as one JSON document: canonical when written, strict when read.

Canonical means that equal facts are equal bytes: the schema number first, then sorted keys. Not for
where documents are kept (`store`).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lakeproof.errors import LakeproofError
from lakeproof.record.documents.consistency import contradictions
from lakeproof.record.documents.migrations import UnknownKeyError, migrate
from lakeproof.record.documents.parsing import ParsingError, parse
from lakeproof.record.documents.sections import InvalidError, read_in_parts, validated
from lakeproof.record.documents.spelled_values import spelled_out
from lakeproof.record.documents.validation import shown
from lakeproof.record.facts import SCHEMA, Record
from lakeproof.version import VERSION

_IN_THEIR_ORDER = (
    ("run", "options"),
    ("run", "config"),
    ("parameters", "values"),
    ("configuration", "catalog_values"),
)
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
    content = spelled_out(asdict(record), is_ordered=False)
    for section, key in _IN_THEIR_ORDER:
        content[section][key] = spelled_out(getattr(getattr(record, section), key))
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
    if sections := read_in_parts(content):
        return _agreeing(Record(**sections), name)
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
    return _validated(content, name, schema)


def _version_of(document: Mapping[str, Any]) -> str:
    """Say which version wrote a document that nobody has looked at."""
    version = document.get("lakeproof")
    is_one = isinstance(version, str) and len(version) < 40 and version.isprintable()
    return f" ({version})" if is_one else ""


def _damaged(name: str, what: str) -> RecordError:
    return RecordError(f"{name} is damaged: {what}. Nothing was run.")


def _validated(content: bytes, name: str, schema: int) -> Record:
    try:
        return _agreeing(Record(**validated(content, schema)), name)
    except InvalidError as error:
        raise _damaged(name, str(error)) from error


def _agreeing(record: Record, name: str) -> Record:
    for contradiction in contradictions(record):
        raise ContradictionError(
            f"{name} is damaged: it contradicts itself: {contradiction}. Nothing was run."
        )
    return record
