"""The sections of a document held against their rules, and those of many records read once.

Most of a record is as in the one before it: its code, its configuration, its environment. Not for
what sections say of each other (`consistency`), nor for what to say of a document that is none.
"""

import re
from dataclasses import field, fields, make_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from lakeproof.record.documents.parsing import keys_of_each
from lakeproof.record.documents.spelled_values import may_spell, spelled_back
from lakeproof.record.documents.validation import faults_of, shown
from lakeproof.record.facts import SCHEMA, Record

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

_NAMES = tuple(one.name for one in fields(Record))
# As `document.to_bytes` lays a record out. No text has a line's end in it: JSON escapes that.
_BEGIN, _BETWEEN, _END = b'{\n "', b',\n "', b"\n}\n"
_COMMON = frozenset({"code", "configuration", "environment", "compute"})
# Of code, the place of the bundle is each run's own. Quotes within texts are escaped.
_PLACE_OF_BUNDLE = re.compile(rb'"artifact": "(runs:/[0-9a-f]{32}/lakeproof/code\.bundle)"')
# Nothing so short has more values than a document may have (`parsing`).
_LONGEST = 4 * 1024**2
_MOST_COMMON = 128
_LONGEST_COMMON = 256 * 1024
# By their bytes, which were held against all rules, the place of a bundle left out, if there is
# one; a section is never changed.
_known: dict[tuple[bytes, bool], tuple[str, Any]] = {}
# What stands for a section that a document does not have.
_NOT_THERE = object()


class InvalidError(ValueError):
    """A section breaks a rule: which, with its place, in a few words."""


def validated(content: bytes, schema: int, *, is_whole: bool = True) -> dict[str, Any]:
    """Read sections, each by the rules that hold for it alone.

    Args:
        content: The sections, as a document of theirs that `parsing` has nothing against.
        schema: Under which they were written; they are as the present one has them.
        is_whole: Whether all sections of a record must be there.

    Raises:
        InvalidError: With the first fault.
    """
    from pydantic_core import ValidationError

    try:
        found = vars(reader().validate_json(content))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(_step, first["loc"]))
        raise InvalidError(f"{place}: {first['msg']}") from error
    sections = {name: facts for name, facts in found.items() if facts is not _NOT_THERE}
    for name in _NAMES if is_whole else ():
        if name not in sections:
            raise InvalidError(f"{name}: Field required")
    if may_spell(content):
        sections = _spelled_back(sections)
    for name, facts in sections.items():
        for fault in faults_of(Record, name, facts, schema, name):
            raise InvalidError(fault)
    return sections


def _spelled_back(sections: dict[str, Any]) -> dict[str, Any]:
    try:
        if "run" in sections:
            run = sections["run"]
            options, config = spelled_back(run.options), spelled_back(run.config)
            sections["run"] = replace(run, options=options, config=config)
        if "parameters" in sections:
            given = sections["parameters"]
            sections["parameters"] = replace(given, values=spelled_back(given.values))
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidError("a value that JSON lacks is not spelled out as it is written") from error
    return sections


def read_in_parts(content: bytes) -> dict[str, Any] | None:
    """Read the sections of a record, those that an earlier one had as well not once more.

    Returns:
        `None` for whatever is not laid out as records of this schema are, and for whatever is
        wrong: it is to be read as a whole, which says what.
    """
    is_so = len(content) <= _LONGEST and content.startswith(_BEGIN) and content.endswith(_END)
    if not is_so:
        return None
    members = content[len(_BEGIN) : -len(_END)].split(_BETWEEN)
    if len(members) != len(_NAMES):
        return None
    sections, rest = dict[str, Any](), list[bytes]()
    for member in members:
        if (known := _read_before(member)) is None:
            rest.append(member)
        else:
            sections[known[0]] = known[1]
    try:
        # Each by itself: what is cut out of a section would be no member.
        names = [name for (name,) in keys_of_each(b'{"' + member + b"}" for member in rest)]
        part = b'{"' + b',"'.join(rest) + b"}"
        sections |= validated(part, SCHEMA, is_whole=False)
    except (ValueError, RecursionError):
        return None
    if sections.keys() != {*_NAMES}:
        return None
    if sections["schema"] != SCHEMA:
        return None
    for member, name in zip(rest, names, strict=True):
        if name in _COMMON and len(member) <= _LONGEST_COMMON:
            if len(_known) >= _MOST_COMMON:
                _known.clear()
            _known[_without_place(member)[0]] = name, sections[name]
    return sections


def _read_before(member: bytes) -> tuple[str, Any] | None:
    """Give a section by name that an earlier record had, with this one's place of the bundle."""
    key, place = _without_place(member)
    if (known := _known.get(key)) is None or place is None:
        return known
    name, code = known
    bundle = replace(code.snapshot.bundle, artifact=place)
    return name, replace(code, snapshot=replace(code.snapshot, bundle=bundle))


def _without_place(member: bytes) -> tuple[tuple[bytes, bool], str | None]:
    """Give what sections of several runs have in common, and where this one's bundle is."""
    found = _PLACE_OF_BUNDLE.findall(member) if member.startswith(b'code"') else ()
    if len(found) != 1:
        return (member, False), None
    # No JSON has such a byte: it is nowhere but where the place was.
    return (_PLACE_OF_BUNDLE.sub(b"\0", member), True), found[0].decode()


def _step(key: str | int) -> str:
    """Write one step of a place; a key may be anything."""
    return key if isinstance(key, str) and key.isidentifier() and key.isascii() else shown(key)


@cache
def reader() -> "SchemaValidator":
    """Give what reads sections; it is made once in a process, and for the forks of that."""
    from pydantic import ConfigDict, TypeAdapter, with_config
    from pydantic_core import SchemaValidator

    kinds = get_type_hints(Record)
    sections = make_dataclass(
        "Sections", [(name, kinds[name], field(default=_NOT_THERE)) for name in _NAMES]
    )
    # Strings stay strings and keys are ours alone: a record edited by hand is not guessed at.
    rules = with_config(ConfigDict(strict=True, extra="forbid"))
    return SchemaValidator(_without_defaults(TypeAdapter(rules(sections)).core_schema))


def _without_defaults(schema: Any) -> Any:
    """Let no key of a section be left out: the defaults of facts are for those who gather them."""
    if isinstance(schema, list):
        return [_without_defaults(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "default" and schema.get("default") is not _NOT_THERE:
        return _without_defaults(schema["schema"])
    return {key: _without_defaults(part) for key, part in schema.items()}
