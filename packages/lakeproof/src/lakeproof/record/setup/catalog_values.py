"""What resolvers made of values in the catalog: a variable, a clock, a draw.

A re-run has them as they were then, whatever they would be today. Not for places of the project,
which are resolved anew: a re-run is in another one. Nor for parameters (`parameters`).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.setup.configuration import as_in_file, files_read
from lakeproof.record.setup.parameters import holds_gap, is_plain

_MARK = "${"
# Under these Kedro makes places absolute, from the project's folder on.
_PLACES = {"filepath", "path", "filename"}
# What is used in other entries alone.
_TEMPLATE = "_"
_NAME = re.compile(r"\$\{\s*\.*(_\w*)")
# Of Kedro's own loader (1.7): what its files say before a resolver is asked. Another loader, and an
# older one, has no such thing, and its catalog is resolved anew.
_READ = "_read_raw_config"
# How Kedro lays one environment over the other unless a project says otherwise.
_REPLACES = "destructive"

Way = tuple[str, ...]


def gather_catalog_values(
    config_loader: Any, resolved: Mapping[str, Any], project_path: Path, secrets: Secrets
) -> Mapping[str, Any] | None:
    """Take down the values of the catalog that its files do not say, nested as they are there.

    Left out, and resolved anew in a re-run, is what holds a secret, an object of Python's or the
    place of the project.

    Args:
        config_loader: Kedro's.
        resolved: What the catalog was made of.
        project_path: The project's folder.
        secrets: What must not get in.

    Returns:
        Them; `None` where the loader does not tell what its files say.
    """
    configs = _as_written(config_loader)
    if configs is None:
        return None
    root = project_path.as_posix()
    found: dict[Way, Any] = {}
    for way in (way for config in configs for way in _interpolated(config)):
        value = _at(resolved, way)
        if value is not _MISSING and is_plain(value) and not way[0].startswith(_TEMPLATE):
            is_place = way[-1] in _PLACES and isinstance(value, str)
            found[way] = value.removeprefix(f"{root}/") if is_place else value
    shown, _ = secrets.redact(_nested(found))
    return _nested(
        {
            way: value
            for way, value in found.items()
            if not holds_gap(_at(shown, way)) and not _mentions(value, (root, _MARK))
        }
    )


def hold_catalog(config_loader: Any, recorded: Mapping[str, Any]) -> None:
    """Let a loader resolve the catalog to what its resolvers gave then.

    What was recorded takes the place of the text that asks a resolver, so that none is asked: a
    variable need not be set any more.

    Args:
        config_loader: Kedro's.
        recorded: What a run has taken down.
    """
    read = getattr(config_loader, _READ, None)
    if read is None or not recorded:
        return

    def read_held(key: str) -> Any:
        raw = read(key)
        if key == "catalog":
            if config_loader.merge_strategy.get(key, _REPLACES) == _REPLACES:
                _leave_out_replaced(*raw[:2])
            _hold([*_of_both(raw)], recorded)
        return raw

    setattr(config_loader, _READ, read_held)
    # What the files say, for the record of the re-run.
    setattr(read_held, _READ, read)


def _leave_out_replaced(base: dict[Any, Any], over: dict[Any, Any]) -> None:
    """Take out entries of which nothing is left under another environment's of the same name."""
    names = {str(name) for config in over.values() for name in config}
    for config in base.values():
        for name in [name for name in config if name in names]:
            del config[name]


def _hold(files: list[tuple[dict[Any, Any], Any]], recorded: Mapping[str, Any]) -> None:
    from omegaconf import OmegaConf

    contents = [_written(config[place]) for config, place in files]
    for content in contents:
        for way in list(_interpolated(content)):
            if (value := _at(recorded, way)) is not _MISSING:
                _put(content, way, value)
    used = _used_templates(contents)
    for (config, place), content in zip(files, contents, strict=True):
        for way in list(_interpolated(content)):
            if way[0].startswith(_TEMPLATE) and way[0] not in used:
                _put(content, way, None)
        config[place] = OmegaConf.create(content)


def _used_templates(contents: list[Any]) -> set[str]:
    """Name the templates that are still asked for, by an entry or by another one that is."""
    asked: dict[str, set[str]] = {}
    for content in contents:
        for way in _interpolated(content):
            user = way[0] if way[0].startswith(_TEMPLATE) else ""
            asked.setdefault(user, set()).update(_NAME.findall(str(_at(content, way))))
    used, new = set[str](), asked.get("", set())
    while new:
        used |= new
        new = {name for one in new for name in asked.get(one, ())} - used
    return used


def _as_written(config_loader: Any) -> list[Any] | None:
    from kedro.config import MissingConfigException, OmegaConfigLoader

    read = getattr(config_loader, _READ, None)
    if read is None:
        return None
    read = getattr(read, _READ, read)
    is_kedros = getattr(read, "__func__", None) is getattr(OmegaConfigLoader, _READ)
    if is_kedros and Path(str(config_loader.conf_source)).is_dir():
        # Kedro has just read it: what is of interest here needs no tree of OmegaConf's once more.
        return [as_in_file(path) for path in files_read(config_loader, "catalog")]
    try:
        raw = read("catalog")
    except (MissingConfigException, ValueError):
        return None
    return [_written(config[place]) for config, place in _of_both(raw)]


def _of_both(raw: Any) -> Iterator[tuple[dict[Any, Any], Any]]:
    """Give each file of the base environment and of the one over it, and what it stands in."""
    base, over, *_ = raw
    yield from ((configs, place) for configs in (base, over) for place in configs)


def _written(config: Any) -> Any:
    from omegaconf import OmegaConf

    return OmegaConf.to_container(config, resolve=False)


def _nested(values: Mapping[Way, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for way, value in values.items():
        _put(nested, way, value)
    return nested


def _interpolated(value: Any, way: Way = ()) -> Iterator[Way]:
    """Give the ways to what asks a resolver; a list is one value, for its places count."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _interpolated(item, (*way, key))
    elif way and _mentions(value, (_MARK,)):
        yield way


def _mentions(value: Any, texts: Collection[str]) -> bool:
    if isinstance(value, Mapping):
        return any(_mentions(item, texts) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_mentions(item, texts) for item in value)
    return isinstance(value, str) and any(text in value for text in texts)


_MISSING = object()


def _at(value: Any, way: Way) -> Any:
    for key in way:
        if not isinstance(value, Mapping) or key not in value:
            return _MISSING
        value = value[key]
    return value


def _put(values: dict[str, Any], way: Way, value: Any) -> None:
    *above, last = way
    for key in above:
        values = values.setdefault(key, {})
    values[last] = value
