"""Read what a user wrote into a configuration file, strictly and with one sentence for all rooms.

Each reader is a dataclass of plain types and says what it is about; that a key is known and its
value of its type is pydantic's to find. It is imported where something is read, for it costs 0.1 s
and `determinism`, which reads a table before everything else, takes the sentence alone.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import BaseModel

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

_MOST_CHARACTERS = 60
_WANTED = {
    "bool_type": "true or false",
    "string_type": "text: put quotes around it",
    "int_type": "a whole number",
}


def read(
    kind: type[T], given: Any, where: str, refuse: Callable[[str], Exception], advice: str
) -> T:
    """Read a mapping as a dataclass: no other key, no value of another type, nothing converted.

    Args:
        kind: The dataclass; `_` at the end of a field's name is none of the key's.
        given: The mapping, as YAML gives it.
        where: Its place, for messages.
        refuse: Makes the error of a sentence.
        advice: What was left untouched and what to do, the end of the sentence.

    Raises:
        Exception: What `refuse` makes, if the mapping is none or holds what it must not.
    """
    keys = [field.name.removesuffix("_") for field in fields(kind)]
    if not isinstance(given, Mapping):
        raise refuse(
            f"{where} must be a mapping of {', '.join(keys)}, and is {_shown(given)}. {advice}"
        )
    if not given and all(field.default is not MISSING for field in fields(kind)):
        return kind()
    from pydantic import ValidationError

    # YAML has no tuples, and dataclasses that cannot change have no lists.
    values = {key: tuple(one) if isinstance(one, list) else one for key, one in given.items()}
    try:
        found = _model(kind).model_validate(values)
    except ValidationError as error:
        # A misspelt key is also one that is missing: what was written is named first.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise refuse(_sentence(first, where, keys, advice)) from error
    return kind(**{field.name: getattr(found, field.name) for field in fields(kind)})


def unknown_key(key: Any, where: str, known: Collection[str], advice: str) -> str:
    """Word the refusal of a key, which would otherwise be ignored without a word."""
    return (
        f"Unknown key {_shown(key)} in {where}. The keys are: {', '.join(known)}."
        f"{similar(str(key), known)} {advice}"
    )


def similar(name: str, others: Collection[str]) -> str:
    """Word a guess at what was meant, or nothing where no other name is close."""
    from difflib import get_close_matches

    closest = get_close_matches(name, others, n=1)
    return f" Did you mean {_shown(closest[0])}?" if closest else ""


@cache
def _model(kind: type[Any]) -> "type[BaseModel]":
    from pydantic import ConfigDict, Field, create_model

    types = get_type_hints(kind, include_extras=True)
    members: dict[str, Any] = {}
    for field in fields(kind):
        default = ... if field.default is MISSING else field.default
        alias = field.name.removesuffix("_")
        members[field.name] = (types[field.name], Field(default, alias=alias))
    config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)
    return create_model(kind.__name__, __config__=config, **members)


def _sentence(error: Mapping[str, Any], where: str, keys: Collection[str], advice: str) -> str:
    key, fault = error["loc"][0], error["type"]
    if fault in ("extra_forbidden", "invalid_key"):
        return unknown_key(key, where, keys, advice)
    if fault == "missing":
        return f"{where} lacks the key {_shown(key)}. {advice}"
    choices = error.get("ctx", {}).get("expected", "") if fault == "literal_error" else ""
    wanted = choices or _WANTED.get(fault) or str(error["msg"]).lower()
    value = error["input"]
    hint = similar(str(value), choices.replace(" or ", ", ").replace("'", "").split(", "))
    return f"{where} has {key}: {_shown(value)}, which must be {wanted}.{hint} {advice}"


def _shown(value: Any) -> str:
    """Quote a value so that it stays on one line and within bounds."""
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
