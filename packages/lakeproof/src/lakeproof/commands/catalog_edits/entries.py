"""The pin of one catalog entry, changed in the text of its file.

Every edit is checked by reading the text again as Kedro does: it is kept only if the pin, and
nothing else, has come out otherwise.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from lakeproof.commands.catalog_edits.yaml_text import (
    Node,
    Pair,
    insert_pair,
    line_break,
    line_end,
    line_start,
    next_line,
    parse,
    without_pair,
)
from lakeproof.commands.command_errors import CatalogError

_COPY_NOTE = "# Copied by `kedro pin` from "
_PIN_KEYS = ("version", "timestamp")
# A new pin goes behind what says where and what the table is, before how it is written.
_IDENTITY = ("type", "filepath", "engine", "key")


def defines(text: str, name: str) -> bool:
    """Tell whether a file has an entry of that name, written out.

    Raises:
        CatalogError: If the text is not YAML.
    """
    root = parse(text)
    return root is not None and root.pair(name) is not None


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
        The text, in which this pin and no other byte has changed.

    Raises:
        CatalogError: If there is no such edit, or other entries would change with it.
    """
    before = read_entries(text)
    attempts = _pinned(text, name, version) if version is not None else _unpinned(text, name)
    for attempt in attempts:
        if _is_as_wanted(before, attempt, name, version):
            return attempt
    raise CatalogError(
        f"the entry '{name}' is written in a way in which its pin cannot be changed alone (an "
        "anchor that others use, or a pin that is merged in). Edit its load_args by hand"
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

    pair, entry = _entry(source, name), read_entries(source)[name]
    if pair.value.has_alias():
        copy = OmegaConf.to_yaml(OmegaConf.create({name: entry})).rstrip("\n")
    else:
        copy = source[line_start(source, pair.key.start) : line_end(source, pair.end)]
    note = f"{_COPY_NOTE}{origin}, whose entry it replaces here."
    end = line_break(target or source)
    result = target
    if target and not target.endswith("\n"):
        result += end
    if target.strip():
        result += end
    result += "".join(line + end for line in (note, *_lines(copy)))
    if read_entries(result) != {**read_entries(target), name: entry}:
        raise CatalogError(f"the entry '{name}' of {origin} cannot be copied there as text")
    return result


def is_needless(text: str, name: str, source: str) -> bool:
    """Tell whether an environment's entry says just what the one beneath it says.

    True only for a copy that `copy_entry` made, or one equal to the letter: an entry that somebody
    wrote may hold comments that would be lost with it.
    """
    pair, original = _entry(text, name), _entry(source, name)
    if _plain(read_entries(text)[name]) != _plain(read_entries(source)[name]):
        return False
    is_equal = _lines(text[pair.key.start : pair.end]) == _lines(
        source[original.key.start : original.end]
    )
    return is_equal or _note(text, pair) is not None


def without_entry(text: str, name: str) -> str:
    """Take an entry out, with the comment that `copy_entry` wrote above it."""
    pair = _entry(text, name)
    note = _note(text, pair)
    start = line_start(text, pair.key.start) if note is None else note
    end = next_line(text, pair.end)
    head, tail = text[:start], text[end:]
    if not tail:
        head = head.removesuffix("\n").removesuffix("\r")
        if head and not head.endswith("\n"):
            head += line_break(text)
    result = head + tail
    expected = {key: value for key, value in read_entries(text).items() if key != name}
    if read_entries(result) != expected:
        raise CatalogError(f"the entry '{name}' cannot be taken out alone. Edit it by hand")
    return result


def _plain(entry: Any) -> Any:
    """Leave out `load_args` that say nothing."""
    if isinstance(entry, dict) and not entry.get("load_args"):
        return {key: value for key, value in entry.items() if key != "load_args"}
    return entry


def _entry(text: str, name: str) -> Pair:
    root = parse(text)
    pair = root.pair(name) if root is not None else None
    if pair is None:
        raise CatalogError(f"there is no entry '{name}'")
    return pair


def _note(text: str, pair: Pair) -> int | None:
    """Find where our own comment above an entry begins."""
    start = line_start(text, pair.key.start)
    above = line_start(text, max(start - 1, 0))
    return above if start and text[above:start].startswith(_COPY_NOTE) else None


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


def _pinned(text: str, name: str, version: int) -> Iterator[str]:
    """Write the texts that may pin an entry, the least intrusive first."""
    entry = _entry(text, name)
    content = f"{{{_quoted_like(text, entry.key, 'version')}: {version}}}"
    args = entry.value.pair("load_args")
    if args is None:
        yield from _with_load_args(text, entry, content)
        return
    value = args.value
    if value.kind == "mapping":
        own, moment = value.pair("version"), value.pair("timestamp")
        if own is not None:
            changed = _replaced(text, own.value, str(version))
            yield changed
            if moment is not None:
                yield from _without(changed, name, "timestamp")
        elif moment is not None:
            changed = _replaced(text, moment.value, str(version))
            yield _replaced(changed, moment.key, _quoted_like(text, moment.key, "version"))
        elif value.pairs:
            last = value.pairs[-1]
            yield insert_pair(text, value, last, content.strip("{}"))
    yield _replaced(text, value, content)


def _unpinned(text: str, name: str) -> Iterator[str]:
    """Write the texts that may take a pin away, the least intrusive first."""
    entry = _entry(text, name)
    args = entry.value.pair("load_args")
    if args is None:
        # What is merged in (`<<: *pinned`) is overruled.
        yield from _with_load_args(text, entry, "{}")
        return
    if all(pair.key.text in _PIN_KEYS for pair in args.value.pairs):
        yield from without_pair(text, entry.value, args)
    else:
        for one in _without(text, name, "version"):
            yield one
            yield from _without(one, name, "timestamp")
        yield from _without(text, name, "timestamp")
    yield _replaced(text, args.value, "{}")


def _with_load_args(text: str, entry: Pair, content: str) -> Iterator[str]:
    """Give an entry `load_args` of its own."""
    pair = f"{_quoted_like(text, entry.key, 'load_args')}: {content}"
    value = entry.value
    if value.kind == "alias":
        yield _replaced(text, value, f"{{<<: *{value.text}, {pair}}}")
    elif value.pairs:
        known = [place for place in value.pairs if place.key.text in _IDENTITY]
        yield insert_pair(text, value, (known or value.pairs)[-1], pair)


def _without(text: str, name: str, key: str) -> Iterator[str]:
    """Take one argument out of an entry's `load_args`."""
    args = _entry(text, name).value.pair("load_args")
    pair = args.value.pair(key) if args is not None else None
    if args is not None and pair is not None:
        yield from without_pair(text, args.value, pair)


def _replaced(text: str, node: Node, content: str) -> str:
    space = " " if node.start == node.end else ""
    return text[: node.start] + space + content + text[node.end :]


def _lines(text: str) -> list[str]:
    return re.split(r"\r?\n", text)


def _quoted_like(text: str, key: Node, word: str) -> str:
    """Quote a new key as a neighbour is, so that a catalog in JSON stays JSON."""
    return f'"{word}"' if text[key.start] == '"' else word
