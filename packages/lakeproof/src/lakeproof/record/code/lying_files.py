"""What is looked for in a working tree, and what was found lying there."""

import os
from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lakeproof.record.code import git_diff, git_files
from lakeproof.record.facts import Content


@dataclass(frozen=True)
class Seen:
    """What was asked of git, and what the source folder holds.

    Args:
        tracked: What the commit has.
        changes: Tracked paths that are not as the commit has them.
        reasons: Why the change of a path must not be kept, by paths whose change was looked at.
        hidden: Tracked paths whose changes git was told not to look for.
        filtered: The filter of tracked paths that have one.
        others: What git neither tracks nor ignores, as it was read.
        source: Files of the source folder, through links too, relative to the repository.
        knows_modes: Whether the file system says which files are executable.
    """

    tracked: Mapping[str, git_files.Entry]
    changes: Sequence[git_diff.Change]
    reasons: Mapping[str, str | None]
    hidden: Collection[str]
    filtered: Mapping[str, str]
    others: Mapping[str, Content]
    source: Collection[str]
    knows_modes: bool


@dataclass
class Lying:
    """What makes the working tree out of the commit's tree.

    Args:
        files: Mode and bytes by path.
        gone: Tracked paths that are not to be in the tree.
        left_out: Files that are to be known by digest only.
        inner: Repositories within this one whose files are among these, with their size.
    """

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    left_out: list[Content] = field(default_factory=list)
    inner: dict[str, int] = field(default_factory=dict)


def data_of(content: Content) -> bytes:
    """Give the bytes of a file that was read whole."""
    return b64decode(content.base64 or "") if content.text is None else content.text.encode()


def readable(name: str) -> str:
    """Give a name of the file system as text, with bytes that are no UTF-8 spelled out."""
    return os.fsencode(name).decode(errors="backslashreplace")
