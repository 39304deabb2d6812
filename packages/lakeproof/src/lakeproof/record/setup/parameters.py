"""Gather the parameters of a run as the nodes get them, and where each comes from."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from lakeproof.record.facts import ParameterFacts, leaves
from lakeproof.record.redaction.secret_text import REDACTED
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.setup.configuration import as_in_file, files_read

FROM_COMMAND, FROM_PYTHON = "--params", "python object"
_PLAIN = (str, bool, int, float, type(None))


def gather_parameters(
    config_loader: Any,
    runtime_params: Mapping[str, Any],
    secrets: Secrets,
    held: Mapping[Any, Any] | None = None,
    resolved: Mapping[Any, Any] | None = None,
) -> ParameterFacts:
    """Gather the parameters, typed, with those given at the start over those of the files.

    Kedro's loader lays them over one another itself. Values that only Python can hold are named
    among the sources and left out: they cannot be written down.

    Args:
        config_loader: Kedro's.
        runtime_params: What `--params` gave.
        secrets: What must not get in.
        held: Those that the catalog holds. A resolver that draws gives others when it is asked
            again.
        resolved: What `resolved_parameters` gave, where somebody has asked it before.
    """
    if resolved is None:
        resolved = resolved_parameters(config_loader)
    resolved = resolved or dict(runtime_params)
    resolved = _as_held(resolved, held) if isinstance(held, Mapping) else resolved
    objects: list[str] = []
    values, redacted = secrets.redact(_plain(resolved, "", objects))
    given = set(_names(runtime_params))
    declared = _declared(config_loader)
    sources = {name: _source(name, given, declared) for name in _names(values)}
    sources |= dict.fromkeys(objects, FROM_PYTHON)
    return ParameterFacts(values=values, sources=sources, redacted=redacted)


def resolved_parameters(config_loader: Any) -> Mapping[Any, Any]:
    """Give the parameters as Kedro lays them over one another; none where no file has any."""
    from kedro.config import MissingConfigException

    try:
        resolved: Mapping[Any, Any] = config_loader["parameters"]
    except MissingConfigException:
        return config_loader.runtime_params or {}
    return resolved


def restored(
    recorded: Mapping[Any, Any], redacted: Collection[str], resolve: Callable[[], Any]
) -> Mapping[Any, Any]:
    """Give the parameters that a run had, whatever their resolvers would give today.

    What a record cannot hold, secrets and objects of Python, comes from the configuration.

    Args:
        recorded: The values of a record.
        redacted: The dotted names of those that are replaced.
        resolve: Has the configuration resolved now.
    """
    try:
        today = resolve()
    except Exception:
        # A variable that was set then may not be set now; the record needs none.
        if redacted:
            raise
        return recorded
    return _filled(recorded, today) if isinstance(today, Mapping) else recorded


def _as_held(resolved: Mapping[Any, Any], held: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Put what nodes get in the place of what is resolved anew, but for objects made of it."""
    found: dict[Any, Any] = {}
    for key, item in resolved.items():
        other = held.get(key)
        if isinstance(item, Mapping) and isinstance(other, Mapping):
            found[key] = _as_held(item, other)
        else:
            found[key] = other if key in held and is_plain(other) else item
    return found


def _filled(recorded: Mapping[Any, Any], today: Mapping[Any, Any]) -> dict[Any, Any]:
    """Fill the gaps of a mapping; keys keep the order in which they were recorded."""
    filled = {}
    for key, item in recorded.items():
        other = today.get(key)
        if isinstance(item, Mapping) and isinstance(other, Mapping):
            item = _filled(item, other)
        filled[key] = other if key in today and holds_gap(item) else item
    objects = {key: item for key, item in today.items() if key not in recorded}
    return {**filled, **{key: item for key, item in objects.items() if not is_plain(item)}}


def holds_gap(value: Any) -> bool:
    """Tell whether a value, or any in it, was replaced because it is a secret."""
    if isinstance(value, Mapping):
        return any(map(holds_gap, value.values()))
    return any(map(holds_gap, value)) if _is_list(value) else bool(value == REDACTED)


def plain(value: Any) -> Any:
    """Leave out of nested mappings and lists what YAML has no word for."""
    return _plain(value, "", [])


def _plain(value: Any, name: str, objects: list[str]) -> Any:
    """Copy what is plain; a list that holds an object is left out whole, for its places count."""
    if isinstance(value, Mapping):
        items = {}
        for key, item in value.items():
            dotted = f"{name}.{key}" if name else str(key)
            if is_plain(item) or isinstance(item, Mapping):
                items[key] = _plain(item, dotted, objects)
            else:
                objects.append(dotted)
        return items
    return [_plain(item, name, objects) for item in value] if _is_list(value) else value


def is_plain(value: Any) -> bool:
    """Tell what a record can hold and give back as it was."""
    if isinstance(value, Mapping):
        return all(map(is_plain, value.values()))
    if _is_list(value):
        return all(map(is_plain, value))
    # Exactly these: a number of NumPy's is a float too, and comes back as another type.
    return type(value) in _PLAIN


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _names(values: Mapping[Any, Any]) -> list[str]:
    return [name for name, _ in leaves(values)]


def _source(name: str, given: set[str], declared: Mapping[str, str]) -> str:
    """Find who says a leaf, or what it lies in: an interpolated mapping has but one line."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        within = ".".join(parts[:length])
        if within in given:
            return FROM_COMMAND
        if within in declared:
            return declared[within]
    return "the configuration"


def _declared(config_loader: Any) -> dict[str, str]:
    """Map each dotted name to the file that has the last word on it."""
    folder = Path(str(config_loader.conf_source))
    declared: dict[str, str] = {}
    for path in files_read(config_loader, "parameters"):
        name = path.relative_to(folder.absolute()).as_posix()
        declared |= dict.fromkeys(_names(as_in_file(path)), f"{folder.name}/{name}")
    return declared
