"""The parameters of a mix: A's, but for those that are chosen from B, by their dotted names."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from lakeproof.record.facts import ParameterFacts, Record

ABSENT: Any = object()


def mixed_parameters(
    chosen: Collection[str], differing: Collection[str], a: Record, b: Record
) -> ParameterFacts:
    """Give the parameters of A with those that are chosen from B; all of B's in B's own order.

    Args:
        chosen: Dotted names.
        differing: Those that are not the same.
        a: The first record.
        b: The second.
    """
    if differing and set(chosen) == set(differing):
        return b.parameters
    values: Mapping[str, Any] = a.parameters.values
    for name in sorted(chosen):
        path = name.split(".")
        values = with_value(values, path, at(b.parameters.values, path))
    redacted = dict.fromkeys([*a.parameters.redacted, *b.parameters.redacted])
    return replace(a.parameters, values=values, redacted=tuple(redacted))


def mixed_params_option(chosen: Collection[str], a: Record, b: Record) -> Mapping[str, Any]:
    """Give what `--params` says in a mix: that the record says so too, for the catalog may ask."""
    given = a.run.options.get("params"), b.run.options.get("params")
    params, asked = (one if isinstance(one, Mapping) else {} for one in given)
    for name in chosen:
        path = name.split(".")
        value = at(asked, path)
        if value is ABSENT and at(params, path) is not ABSENT:
            # It was said on A's command line, and stands in a file of B's.
            value = at(b.parameters.values, path)
        params = params if value is ABSENT else with_value(params, path, value)
    return params


def with_other(
    parameters: ParameterFacts, params: Mapping[str, Any], name: str, value: Any
) -> tuple[ParameterFacts, Mapping[str, Any]]:
    """Give a parameter another value, there and where it stands in what `--params` says."""
    path = name.split(".")
    if at(params, path) is not ABSENT:
        params = with_value(params, path, value)
    return replace(parameters, values=with_value(parameters.values, path, value)), params


def at(values: Any, path: list[str]) -> Any:
    """Give what stands under a dotted name; a key that is no text, or holds dots, is found too."""
    if not path:
        return values
    if not isinstance(values, Mapping):
        return ABSENT
    for length in range(1, len(path) + 1):
        name = ".".join(path[:length])
        for key in values:
            if str(key) == name:
                value = at(values[key], path[length:])
                if value is not ABSENT:
                    return value
    return ABSENT


def with_value(values: Any, path: list[str], value: Any) -> dict[Any, Any]:
    """Put a value under a dotted name, or take it away, and leave the order of the others."""
    changed = dict(values) if isinstance(values, Mapping) else {}
    for length in range(1, len(path) + 1):
        name, rest = ".".join(path[:length]), path[length:]
        key = next((key for key in changed if str(key) == name), None)
        if key is None and (length < len(path) or at(changed, path) is not ABSENT):
            continue
        if key is None:
            break
        if not rest:
            if value is ABSENT:
                del changed[key]
            else:
                changed[key] = value
        else:
            changed[key] = with_value(changed[key], rest, value)
        return changed
    if value is not ABSENT:
        first, *rest = path
        changed[first] = with_value({}, rest, value) if rest else value
    return changed
