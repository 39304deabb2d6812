"""What an error advises, in terms of whoever reads it: their file and line, their command.

An error is worded where it is noticed, where nobody knows in which of the environments' files an
entry stands, nor what was typed; the record keeps it so. It is made concrete where it is shown.
A leaf: the standard library alone.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_CHARACTERS = 400
# A process of ours typed what a re-run is started with, and a person something else.
_RERUN = "LAKEPROOF_RERUN"
_AGAIN = re.compile(r"(?<=again: )kedro run\b(?! -)")
_A_FILE = re.compile(r"(?:conf/(?:<environment>|\*)/)[\w*]+\.yml|(?<=in )catalog\.yml")
_WORD = re.compile(r"['`]([^'`\s]{1,80})['`]")
_SUFFIXES = (".yml", ".yaml", ".json")


@dataclass(frozen=True)
class _Configuration:
    project_path: Path
    # Of the environments; what stands in an earlier one wins.
    folders: tuple[Path, ...]


_read: _Configuration | None = None


def configured_in(project_path: Path, conf_path: Path, environments: Iterable[str]) -> None:
    """Say where this process reads its configuration.

    Args:
        project_path: The project's folder.
        conf_path: That of its configuration.
        environments: Whose files are read, the one that is over the others first.
    """
    global _read
    _read = _Configuration(project_path, tuple(conf_path / one for one in environments if one))


def concrete(text: str) -> str:
    """Put the file and the command that are meant into a text that could not know them."""
    text = _AGAIN.sub(lambda _: as_typed(), text)
    place = None
    if _A_FILE.search(text) is not None:
        # What was wrong is named before what was left untouched.
        place = where_written(*_WORD.findall(text.partition("Nothing was ")[0]))
    return text if place is None else _A_FILE.sub(lambda _: place, text)


def where_written(*words: str) -> str | None:
    """Find the line of the configuration, or of the command, that has most of some words.

    Args:
        words: Keys and values; of a dotted name each part is one.
    """
    wanted = {part for word in words for part in re.split(r"[.:]", word) if part}
    found, most = None, 0
    for place, line in _lines():
        count = sum(
            re.search(rf"(?<!\w){re.escape(one)}(?!\w)", line) is not None for one in wanted
        )
        if count > most:
            found, most = place, count
    return found


def as_typed(otherwise: str = "kedro run") -> str:
    """Give the command line, quoted as a shell takes it.

    Args:
        otherwise: What to give where no `kedro` command was typed, as in a notebook.
    """
    arguments = _arguments()
    if not arguments:
        return otherwise
    whole = shlex.join(["kedro", *arguments])
    return whole if len(whole) <= _MOST_CHARACTERS else f"kedro {shlex.quote(arguments[0])} …"


def _arguments() -> list[str]:
    path = Path(sys.argv[0] if sys.argv else "")
    is_kedro = path.stem == "kedro" or (path.stem == "__main__" and path.parent.name == "kedro")
    return sys.argv[1:] if is_kedro and not os.environ.get(_RERUN) else []


def _lines() -> Iterator[tuple[str, str]]:
    for option, value in zip(_arguments(), _arguments()[1:], strict=False):
        if option == "--params":
            yield option, value
    for folder in _read.folders if _read is not None else ():
        for path in sorted(folder.rglob("*")):
            if path.suffix not in _SUFFIXES or path.name.startswith(("credentials", ".")):
                continue
            try:
                lines = path.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError):
                continue
            for number, line in enumerate(lines, start=1):
                if not line.lstrip().startswith("#"):
                    yield f"{_shown(path)}, line {number}", line


def _shown(path: Path) -> str:
    assert _read is not None
    root = _read.project_path
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
