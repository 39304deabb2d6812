"""Hand a node its parameters as a frozen dataclass that refuses what it does not know.

Kedro gives a node `params:train` as a plain dict, and kedro-mlflow logs that dict: the dataclass is
made as the node is called. Not for the meaning of single values: that is the dataclass's own
`__post_init__`.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_WANTED = {
    str: "text",
    int: "a whole number",
    list: "a list of names",
    tuple: "a list of names",
}
_OF_TEXTS = (tuple[str, ...], list[str])

Settings = TypeVar("Settings")
Returned = TypeVar("Returned")


def with_settings(
    kind: type[Any], name: str, *, argument: str = "settings"
) -> Callable[[Callable[..., Returned]], Callable[..., Returned]]:
    """Let nodes take a dataclass where Kedro hands them a dict, read once for all of them.

    Args:
        kind: The dataclass.
        name: Of the parameters in the YAML, as a dotted name.
        argument: The nodes' argument that takes them; one that is a `kind` already is left alone.

    Returns:
        A decorator. A node keeps its name, and to Kedro it takes a mapping: Kedro 1.7 would make
        the dataclass itself, but none within it, and say of a misspelt key only that it is one.
    """
    last: tuple[str, Any] = ("", None)

    def settings_of(values: Any) -> Any:
        nonlocal last
        # By what is written: to Python, `True` and `1.0` are equal to `1`.
        text, settings = last
        if text != repr(values):
            settings = read_settings(kind, values, name)
            last = (repr(values), settings)
        return settings

    def decorate(function: Callable[..., Returned]) -> Callable[..., Returned]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def node(*args: Any, **kwargs: Any) -> Returned:
            given = signature.bind(*args, **kwargs)
            if not isinstance(given.arguments[argument], kind):
                given.arguments[argument] = settings_of(given.arguments[argument])
            return function(*given.args, **given.kwargs)

        node.__annotations__ = {**function.__annotations__, argument: Mapping[str, Any]}
        return node

    return decorate


def read_settings(kind: type[Settings], values: Any, name: str) -> Settings:
    """Make a dataclass of parameters that are its fields, no more and no fewer.

    A misspelt key would otherwise be ignored, and the run would not be what its author asked for.
    A field that is a dataclass is read in the same way, a list becomes the tuple that a field asks
    for. Null stands for an empty tuple or mapping, and an entry of a mapping that is null is not
    there: that is how an environment takes away one of `conf/base`. Of a `dict[str, Any]`, null is
    a value like any other.

    Args:
        kind: The dataclass that the parameters are for.
        values: The parameters; they stay as they are.
        name: Where they are in the YAML, as a dotted name.

    Returns:
        The settings.

    Raises:
        ValueError: A key is unknown or missing, there is no mapping at all, or the dataclass
            refuses a value.
    """
    _require_mapping(values, name)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    required = [
        key
        for key, field in known.items()
        if field.default is MISSING and field.default_factory is MISSING
    ]
    knows = f"'{name}' takes: {', '.join(known)}. Correct conf/*/parameters_*.yml or --params."
    if unknown := [str(key) for key in values if key not in known]:
        raise ValueError(f"'{name}' has no parameter {_quoted(unknown)}. {knows}")
    if missing := [key for key in required if key not in values]:
        raise ValueError(f"'{name}' lacks the parameter {_quoted(missing)}. {knows}")
    hints = get_type_hints(kind)
    return kind(
        **{key: _fitted(hints[key], value, f"{name}.{key}") for key, value in values.items()}
    )


def _fitted(hint: Any, value: Any, name: str) -> Any:
    if is_dataclass(hint):
        return read_settings(hint, value, name)  # type: ignore[arg-type]
    origin = get_origin(hint) or hint
    if any(kind in _OF_TEXTS for kind in (hint, *get_args(hint))):
        _require_texts(value, name)
    if origin is tuple and (value is None or isinstance(value, list)):
        return tuple(value or ())
    if origin is dict:
        _require_mapping(entries := {} if value is None else value, name)
        inner = get_args(hint)[1] if get_args(hint) else Any
        return {
            key: _fitted(inner, one, f"{name}.{key}")
            for key, one in entries.items()
            if one is not None or inner is Any
        }
    _require_kind(hint, value, name)
    return value


def _require_kind(hint: Any, value: Any, name: str) -> None:
    """Refuse a number where names are wanted; numbers are the dataclass's own to judge."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    named = [_WANTED.get(get_origin(kind) or kind) for kind in kinds]
    if str not in kinds or None in named:
        return
    types = {get_origin(kind) or kind for kind in kinds}
    # YAML has no tuples.
    if not isinstance(value, (*types, *([list] if tuple in types else []))):
        raise ValueError(f"'{name}' is {value!r}; it must be {' or '.join(map(str, named))}.")


def _require_texts(value: Any, name: str) -> None:
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, str):
            raise ValueError(
                f"'{name}' has {one!r}, which is no text; put quotes around it where it is a name."
            )


def _require_mapping(values: Any, name: str) -> None:
    if not isinstance(values, Mapping):
        raise ValueError(f"The parameter '{name}' is {values!r}, not a mapping of names to values.")


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:10]) + (" …" if len(names) > 10 else "")
