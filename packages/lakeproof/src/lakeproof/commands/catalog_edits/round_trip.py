"""A YAML text through ruamel.yaml and back, so that an edit is the lines that it is about.

Knows YAML, not catalogs. No library writes every text back to the byte: what an edit changed is
carried over to the text as it was, line by line, and a line that the round trip alone would have
changed is none that an edit may touch.
"""

import io
import re
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from itertools import product
from typing import TYPE_CHECKING, Any

from lakeproof.commands.command_errors import CatalogError

if TYPE_CHECKING:
    from ruamel.yaml import YAML


def edited(text: str, edit: Callable[[Any], None]) -> str:
    """Change the document of a text, and no line of the text that the change is not about.

    Args:
        text: One YAML document.
        edit: Changes what `load` gave in place.

    Raises:
        CatalogError: If the text is not YAML, or has a line that cannot be changed alone.
    """
    lines, end = split_lines(text), line_break(text)
    refusal = None
    for yaml, plain in _round_trips(lines):
        document = _read(yaml, text)
        edit(document)
        try:
            carried = _carried(lines, plain, _written(yaml, document))
        except CatalogError as error:
            refusal = refusal or error
            continue
        result = join_lines(carried, end)
        return result if text.endswith("\n") else result.removesuffix(end)
    raise refusal or CatalogError("not YAML")


def load(text: str) -> Any:
    """Read the document of a text, every scalar as it is written.

    Raises:
        CatalogError: If the text is not YAML.
    """
    return _read(_yaml(), text)


def split_lines(text: str) -> list[str]:
    """Split a text into its lines, each with the end that it has."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def join_lines(lines: Iterable[str], end: str) -> str:
    """Put lines together; those that have no end get one."""
    return "".join(line if line.endswith("\n") else line + end for line in lines)


def line_break(text: str) -> str:
    """Tell how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def is_remark(line: str) -> bool:
    """Tell whether a line is empty or a comment."""
    return not line.strip() or line.lstrip().startswith("#")


def _yaml(mapping: int = 2, offset: int = 0) -> "YAML":
    from ruamel.yaml import YAML
    from ruamel.yaml.resolver import VersionedResolver

    class AsWritten(VersionedResolver):
        """Takes `True`, `0x1F`, `~` and times for text, which is written back as it was."""

        @property
        def versioned_resolver(self) -> dict[str, Any]:
            return {
                "": [("tag:yaml.org,2002:null", re.compile("^$"))],
                "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
            }

    yaml = YAML()
    yaml.Resolver = AsWritten
    yaml.preserve_quotes = True
    yaml.width = 2**30
    yaml.indent(mapping=mapping, sequence=offset + 2, offset=offset)
    return yaml


def _round_trips(lines: list[str]) -> list[tuple["YAML", list[str]]]:
    """Write a text as it is, in the ways in which it is indented; the one most like it first."""
    bare = _bare(lines)
    text = "\n".join(bare)
    steps = [len(step) for step in re.findall(r"^( +)[^ #]", text, re.MULTILINE)]
    lists = re.findall(r"^( *)[^ #-].*: *\n( *)- ", text, re.MULTILINE)
    offsets = {max(len(dash) - len(key), 0) for key, dash in lists}
    found = []
    for mapping, offset in product({*steps[:1], 2, 4}, offsets or {0}):
        yaml = _yaml(mapping, offset)
        written = _written(yaml, _read(yaml, text))
        if written == bare:
            return [(yaml, written)]
        changed = sum(one != other for one, other in zip(bare, written, strict=False))
        found.append((changed, yaml, written))
    return [(yaml, written) for _, yaml, written in sorted(found, key=lambda one: one[0])]


def _read(yaml: "YAML", text: str) -> Any:
    from ruamel.yaml.error import YAMLError

    try:
        return yaml.load("\n".join(_bare(split_lines(text))) + "\n")
    except YAMLError as error:
        raise CatalogError(f"not YAML: {' '.join(str(error).split())[:300]}") from error


def _written(yaml: "YAML", document: Any) -> list[str]:
    stream = io.StringIO()
    yaml.dump(document, stream)
    return _bare(split_lines(stream.getvalue()))


def _bare(lines: list[str]) -> list[str]:
    return [line.removesuffix("\n").removesuffix("\r") for line in lines]


def _carried(original: list[str], plain: list[str], changed: list[str]) -> list[str]:
    """Do to the original what was done to its round trip.

    A comment stays where it is: a new line goes above those before it, and those behind a removed
    line are kept.
    """
    blocks = SequenceMatcher(None, plain, _bare(original), autojunk=False).get_matching_blocks()
    places = {one.a + i: one.b + i for one in blocks for i in range(one.size)}
    result = list(original)
    edits = SequenceMatcher(None, plain, changed, autojunk=False).get_opcodes()
    for kind, start, stop, first, last in reversed(edits):
        if kind == "equal":
            continue
        while kind == "delete" and stop > start + 1 and is_remark(plain[stop - 1]):
            stop -= 1
        while kind == "insert" and start > 0 and is_remark(plain[start - 1]):
            start = stop = start - 1
        # The lines to go, or the one behind which new ones come: they have to be the user's own.
        touched = range(start, stop) if stop > start else range(max(start - 1, 0), start)
        at = places.get(touched[0], -1) if touched else 0
        if any(places.get(line) != at + i for i, line in enumerate(touched)):
            before = [place for line, place in places.items() if line < touched[-1]]
            number = min(max(before, default=-1) + 2, len(original))
            raise CatalogError(
                f"line {number} ('{original[number - 1].strip()[:80]}') would be written in "
                "another way"
            )
        at += stop == start and bool(touched)
        new = changed[first:last]
        if stop - start == len(new) == 1:
            new = [_with_gap_of(plain[start], new[0])]
        result[at : at + stop - start] = new
    return result


def _with_gap_of(before: str, after: str) -> str:
    """Keep the room between a value and the comment behind it, not the comment's column."""
    old, new = (re.search(r"\s+(#.*)$", line) for line in (before, after))
    return after[: new.start()] + old[0] if old and new and old[1] == new[1] else after
