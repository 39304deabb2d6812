"""Spell out what a text must not do to whoever reads it on a terminal or a page.

What others wrote (a record, a commit, the name of a file, git's own words) may hold characters that
move the cursor, colour what follows, turn the line round or show nothing. A leaf, for errors, too.
"""

import json
import re
import shlex
from collections.abc import Iterable, Sequence

_LINES_AND_TABS = "\n\t"
_TURNS = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff"
_STEERING = re.compile(f"[\x00-\x1f{_TURNS}]")
# The colours that we ask for ourselves, and no others.
_OURS = re.compile(r"(\x1b\[(?:0|1|3[1-3])m)")


def spelled(text: str, kept: str = _LINES_AND_TABS) -> str:
    r"""Write the characters that cannot be seen as Python does: `\x1b`, `\u202e`.

    The letters of a script that is written from right to left stay.

    Args:
        text: Anything.
        kept: The characters that stay as they are all the same.
    """
    if text.isprintable():
        return text
    bare = text
    for one in kept:
        bare = bare.replace(one, "")
    # A list of thousands of lines is looked at as a whole.
    if bare.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in kept else one.encode("unicode_escape").decode()
        for one in text
    )


# In the place of a value that belongs to a person.
PERSONAL = "(personal)"


def spelled_around_colours(text: str) -> str:
    """Spell out a whole answer, in which headings and verdicts are coloured by us."""
    parts: Iterable[str] = _OURS.split(text)
    return "".join(part if _OURS.fullmatch(part) else spelled(part) for part in parts)


def escaped_for_json(document: str) -> str:
    """Escape within a JSON document what cannot be seen; its values stay as they are."""
    if document.replace("\n", "").isprintable():
        return document
    return "".join(
        one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in document
    )


def typed(command: str, *values: str) -> str:
    """Write a command that we advise, with names that others chose as a shell takes them.

    Args:
        command: What is ours of it.
        values: What follows; none of them becomes an option, a second command or a pattern.
    """
    end_of_options = ["--"] if any(value.startswith("-") for value in values) else []
    return " ".join([command, *end_of_options, *map(shlex.quote, values)])


def first_of(names: Sequence[str], most: int) -> str:
    """List the first few names, and say how many more there are: `a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def steers(text: str) -> bool:
    """Tell whether a name holds what no name needs: control characters, lines, turns of direction.

    Other characters that show nothing, such as the joiners of some scripts, are spelled out where
    they are shown, and are no reason to refuse a name.
    """
    return _STEERING.search(text) is not None
