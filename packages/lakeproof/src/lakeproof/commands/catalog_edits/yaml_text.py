"""Where the parts of a YAML text are, so that one of them can be changed and no other byte.

Knows YAML, not catalogs. A round trip through any YAML library would change quoting, line breaks or
comments somewhere; here a text is parsed for positions alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from lakeproof.commands.command_errors import CatalogError


@dataclass
class Node:
    """A value and where it stands.

    Args:
        kind: What it is; an alias (`*name`) is not followed.
        start: Index of its first character, an anchor (`&name`) included.
        end: Index after its last character; comments and blank lines after it are not its.
        text: A scalar's value, or an alias's name.
        is_flow: Whether it is a collection in brackets or braces.
        pairs: A mapping's pairs, in order.
        items: A sequence's items.
    """

    kind: Literal["mapping", "sequence", "scalar", "alias"]
    start: int
    end: int
    text: str = ""
    is_flow: bool = False
    pairs: "list[Pair]" = field(default_factory=list)
    items: "list[Node]" = field(default_factory=list)

    def pair(self, key: str) -> "Pair | None":
        """Find the pair that a mapping itself has under a key, not one that it merges in."""
        return next((pair for pair in self.pairs if pair.key.text == key), None)

    def has_alias(self) -> bool:
        """Tell whether any part of it stands elsewhere."""
        if self.kind == "alias":
            return True
        return any(
            node.has_alias() for pair in self.pairs for node in (pair.key, pair.value)
        ) or any(item.has_alias() for item in self.items)


@dataclass
class Pair:
    """A key and its value."""

    key: Node
    value: Node

    @property
    def end(self) -> int:
        """Index after the last character of the pair."""
        return max(self.key.end, self.value.end)


def parse(text: str) -> Node | None:
    """Find the parts of the one document in a YAML text.

    Returns:
        The document's value; `None` where there is none.

    Raises:
        CatalogError: If the text is not YAML, or several documents.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.events import DocumentStartEvent, NodeEvent

    try:
        events: list[Any] = list(YAML().parse(text))
    except YAMLError as error:
        raise CatalogError(f"not YAML: {' '.join(str(error).split())[:300]}") from error
    if sum(isinstance(event, DocumentStartEvent) for event in events) > 1:
        raise CatalogError("several YAML documents in one file")
    values = iter([event for event in events if _is_part(event)])
    first = next(values, None)
    return _node(first, values, text) if isinstance(first, NodeEvent) else None


def line_start(text: str, index: int) -> int:
    """Give the index of the first character of a line."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Give the index after the last character of a line, its line break not included."""
    found = re.compile(r"\r?\n").search(text, index)
    return found.start() if found else len(text)


def next_line(text: str, index: int) -> int:
    """Give the index of the first character of the next line, or the end of the text."""
    found = text.find("\n", index)
    return found + 1 if found >= 0 else len(text)


def line_break(text: str) -> str:
    """Tell how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def insert_pair(text: str, mapping: Node, after: Pair, content: str) -> str:
    """Add a pair to a mapping, on a line of its own where the mapping has lines."""
    if mapping.is_flow:
        return f"{text[: after.end]}, {content}{text[after.end :]}"
    indent = " " * (after.key.start - line_start(text, after.key.start))
    end = line_end(text, after.end)
    return f"{text[:end]}{line_break(text)}{indent}{content}{text[end:]}"


def without_pair(text: str, mapping: Node, pair: Pair) -> Iterator[str]:
    """Take a pair out of a mapping, in every way that might do; the first that does is best."""
    if not mapping.is_flow:
        start, end = line_start(text, pair.key.start), next_line(text, pair.end)
        if text[start : pair.key.start].isspace() or start == pair.key.start:
            if end == len(text) and not text.endswith("\n"):
                start = len(text[:start].removesuffix("\n").removesuffix("\r"))
            yield text[:start] + text[end:]
        return
    place = mapping.pairs.index(pair)
    if place and "#" not in text[mapping.pairs[place - 1].end : pair.key.start]:
        yield text[: mapping.pairs[place - 1].end] + text[pair.end :]
    comma = re.compile(r"\s*,[ \t]*").match(text, pair.end)
    yield text[: pair.key.start] + text[comma.end() if comma else pair.end :]


def _is_part(event: Any) -> bool:
    from ruamel.yaml.events import CollectionEndEvent, NodeEvent

    return isinstance(event, NodeEvent | CollectionEndEvent)


def _node(event: Any, rest: Iterator[Any], text: str) -> Node:
    from ruamel.yaml.events import (
        AliasEvent,
        CollectionEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceStartEvent,
    )

    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, AliasEvent):
        return Node("alias", start, end, text=str(event.anchor))
    if isinstance(event, ScalarEvent):
        # The text of a block scalar is taken to go on to the next thing that is not blank.
        end = start + len(text[start:end].rstrip())
        return Node("scalar", start, end, text=str(event.value))
    node = Node(
        "mapping" if isinstance(event, MappingStartEvent) else "sequence",
        start,
        end,
        is_flow=bool(event.flow_style),
    )
    children: list[Node] = []
    for child in rest:
        if isinstance(child, CollectionEndEvent):
            # A block collection is taken to go on to the next key, over comments.
            node.end = (
                child.end_mark.index if node.is_flow else max([end, *(c.end for c in children)])
            )
            break
        children.append(_node(child, rest, text))
    if isinstance(event, SequenceStartEvent):
        node.items = children
    else:
        node.pairs = [
            Pair(key, _placed(key, value, text))
            for key, value in zip(children[::2], children[1::2], strict=True)
        ]
    return node


def _placed(key: Node, value: Node, text: str) -> Node:
    """Put a value that is not there behind its colon; the parser puts it before the next key."""
    colon = re.compile(r"\s*:").match(text, key.end)
    if value.start == value.end and colon:
        value.start = value.end = colon.end()
    return value
