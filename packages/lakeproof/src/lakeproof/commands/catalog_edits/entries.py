"""The pin of one catalog entry, changed in the text of its file.

Every edit is checked by reading the text again as Kedro does: it is kept only if the pin, and
nothing else, has come out otherwise.
"""

import io
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from lakeproof.commands.catalog_edits.round_trip import (
    edited,
    is_remark,
    join_lines,
    line_break,
    load,
    split_lines,
)
from lakeproof.commands.command_errors import CatalogError

_COPY_NOTE = "# Copied by `kedro pin` from "
_PIN_KEYS = ("version", "timestamp")
# A new pin goes behind what says where and what the table is, before how it is written.
_IDENTITY = ("type", "filepath", "engine", "key")


def read_entries(text: str) -> dict[Any, Any]:
    """Read a catalog file as Kedro does, interpolations left as they are.

    Raises:
        CatalogError: If Kedro could not read it.
    """
    from omegaconf import DictConfig, OmegaConf

    try:
        config = OmegaConf.load(io.StringIO(text))
        content = OmegaConf.to_container(config, resolve=False)
    except Exception as error:
        raise CatalogError(f"not YAML: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(config, DictConfig) or not isinstance(content, dict):
        raise CatalogError("not a mapping of entries")
    return dict(content)


def without_pin(entry: Any) -> Any:
    """Give an entry as it would be if it had never been pinned."""
    if not isinstance(entry, dict):
        return entry
    rest = {key: value for key, value in entry.items() if key != "load_args"}
    args = entry.get("load_args")
    others = (
        {key: value for key, value in args.items() if key not in _PIN_KEYS}
        if isinstance(args, dict)
        else {}
    )
    return {**rest, "load_args": others} if others else rest


def with_pin(text: str, name: str, version: int | None) -> str:
    """Pin an entry to a version, or to none.

    Args:
        text: The catalog file.
        name: An entry that it defines.
        version: `None` takes the pin away.

    Returns:
        The text, in which this pin and no other line has changed.

    Raises:
        CatalogError: If there is no such edit, or other entries would change with it.
    """
    before = read_entries(text)
    pin = {} if version is None else {"version": str(version)}
    reason = "others share it by an anchor, or would be written in another way"
    for edit in (_change, _replace):
        try:
            attempt = edited(text, partial(edit, name=name, pin=pin))
        except CatalogError as error:
            reason = error.message
        else:
            others = (_rest(text, name), _rest(attempt, name))
            if others[0] == others[1] and _is_as_wanted(before, attempt, name, version):
                return attempt
    advice = "Take the pin out of" if version is None else f"Write version: {version} into"
    raise CatalogError(
        f"the entry '{name}' is written in a way in which its pin cannot be changed alone: "
        f"{reason}. {advice} its load_args by hand"
    )


def copy_entry(source: str, name: str, target: str, origin: str) -> str:
    """Add the entry of one file to another, with its interpolations and the comments in it.

    What stands elsewhere in its file (`*anchor`) is written out in the copy.

    Args:
        source: The text that defines the entry.
        name: The entry.
        target: The text that is to have it too.
        origin: Name of the file of `source`, for a comment.

    Raises:
        CatalogError: If the text cannot take it, for one because it is JSON.
    """
    from omegaconf import OmegaConf

    entry = {name: read_entries(source)[name]}
    note = f"{_COPY_NOTE}{origin}, whose entry it replaces here."
    gap = [""] if target.strip() else []
    for copy in (_entry_text(source, name), OmegaConf.to_yaml(OmegaConf.create(entry))):
        lines = [*split_lines(target), *gap, note, *copy.splitlines()]
        result = join_lines(lines, line_break(target or source))
        try:
            if read_entries(result) == {**read_entries(target), **entry}:
                return result
        except CatalogError:
            continue  # it names an anchor of its own file
    raise CatalogError(f"the entry '{name}' of {origin} cannot be copied there as text")


def is_needless(text: str, name: str, source: str) -> bool:
    """Tell whether an environment's entry says just what the one beneath it says.

    True only for a copy that `copy_entry` made, or one equal to the letter: an entry that somebody
    wrote may hold comments that would be lost with it.
    """
    copy = _entry_text(text, name)
    if load(text).fa.flow_style() or _plain(read_entries(text)[name]) != _plain(
        read_entries(source)[name]
    ):
        return False
    is_equal = copy.splitlines() == _entry_text(source, name).splitlines()
    return is_equal or _note(split_lines(text), _span(text, name)[0])


def without_entry(text: str, name: str) -> str:
    """Take an entry out, with the comment that `copy_entry` wrote above it."""
    lines = split_lines(text)
    start, stop = _span(text, name)
    start -= _note(lines, start)
    if stop == len(lines) and start and not lines[start - 1].strip():
        start -= 1
    result = "".join(lines[:start] + lines[stop:])
    expected = {key: value for key, value in read_entries(text).items() if key != name}
    if read_entries(result) != expected:
        raise CatalogError(f"the entry '{name}' cannot be taken out alone. Edit it by hand")
    return result


def _plain(entry: Any) -> Any:
    """Leave out `load_args` that say nothing."""
    if isinstance(entry, dict) and not entry.get("load_args"):
        return {key: value for key, value in entry.items() if key != "load_args"}
    return entry


def _span(text: str, name: str) -> tuple[int, int]:
    """Find the lines of an entry, without the comments behind it; in braces, that is all lines."""
    document, lines = load(text), split_lines(text)
    if document.fa.flow_style():
        return 0, len(lines)
    starts = sorted(document.lc.key(key)[0] for key, _ in document.non_merged_items())
    start = document.lc.key(name)[0]
    stop = next((other for other in starts if other > start), len(lines))
    while stop > start + 1 and is_remark(lines[stop - 1]):
        stop -= 1
    return start, stop


def _entry_text(text: str, name: str) -> str:
    start, stop = _span(text, name)
    return "".join(split_lines(text)[start:stop])


def _rest(text: str, name: str) -> str:
    """Give what is not the entry, ends of lines apart: the last of a text may have none."""
    start, stop = _span(text, name)
    lines = split_lines(text)
    return "".join([*lines[:start], "|", *lines[stop:]]).rstrip("\r\n")


def _note(lines: list[str], start: int) -> bool:
    """Tell whether our own comment is above an entry."""
    return start > 0 and lines[start - 1].startswith(_COPY_NOTE)


def _is_as_wanted(before: dict[Any, Any], text: str, name: str, version: int | None) -> bool:
    try:
        after = read_entries(text)
    except CatalogError:
        return False
    if list(after) != list(before):
        return False
    if any(after[key] != before[key] for key in before if key != name):
        return False
    args = after[name].get("load_args") if isinstance(after[name], dict) else None
    pin = {key: args[key] for key in _PIN_KEYS if key in args} if isinstance(args, dict) else {}
    is_pinned = pin == ({} if version is None else {"version": version})
    return is_pinned and without_pin(after[name]) == without_pin(before[name])


def _change(document: Any, name: str, pin: Mapping[str, str]) -> None:
    """Change the `load_args` that an entry has itself, the least that will do."""
    entry = _own(document[name])
    args: Any = entry.get("load_args")
    own = list(_own(args)) if hasattr(args, "non_merged_items") else []
    if not own or (not pin and set(own) <= set(_PIN_KEYS)):
        _replace(document, name, pin, is_emptied="load_args" not in entry)
        return
    there = [key for key in own if key in _PIN_KEYS]
    place = own.index(there[0]) if there else len(own)
    for key in there:
        del args[key]
    for key, value in pin.items():
        named = next((one for one in there if one == key), _quoted_like(own, key))
        if there and there[0] in args.ca.items:
            args.ca.items[named] = args.ca.items.pop(there[0])
        _insert(args, place, named, value)


def _replace(document: Any, name: str, pin: Mapping[str, str], is_emptied: bool = True) -> None:
    """Give an entry other `load_args`, or none of its own."""
    from ruamel.yaml.comments import CommentedMap

    entry = document[name]
    own = list(_own(entry))
    if not pin and not is_emptied:
        del entry["load_args"]
        return
    args = CommentedMap()
    args.fa.set_flow_style()
    for key, value in pin.items():
        args[_quoted_like(document, key)] = value
    if "load_args" in own:
        entry["load_args"] = args
    else:
        known = [place for place, key in enumerate(own) if key in _IDENTITY]
        place = (known or [len(own) - 1])[-1] + 1
        _insert(entry, place, _quoted_like(document, "load_args"), args)


def _insert(mapping: Any, place: int, key: Any, value: Any) -> None:
    """Add a pair before the own pair of that place."""
    following = list(_own(mapping))[place:]
    mapping[key] = value
    for other in following:
        mapping.move_to_end(other)


def _own(node: Any) -> dict[Any, Any]:
    """Give what a mapping has itself, not what it merges in.

    Raises:
        CatalogError: If it is no mapping.
    """
    if not hasattr(node, "non_merged_items"):
        raise CatalogError("it is no mapping of its own")
    return dict(node.non_merged_items())


def _quoted_like(keys: Iterable[Any], word: str) -> Any:
    """Quote a new key as the others are, so that a catalog in JSON stays JSON."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    is_quoted = all(isinstance(key, DoubleQuotedScalarString) for key in keys)
    return DoubleQuotedScalarString(word) if is_quoted else word
