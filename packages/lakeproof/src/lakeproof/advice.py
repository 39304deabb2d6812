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
_QUOTED_FIRST = 2
# Also as `python -m kedro`, which Kedro calls so.
_KEDRO = re.compile(r"(?:^|[\\/ ])kedro(?:\.exe|[\\/]__main__\.py)?$")
# A process of ours typed what a re-run is started with, and a person something else.
_RERUN = "LAKEPROOF_RERUN"
_AGAIN = re.compile(r"(?<=again: )kedro run\b(?! -)")
_A_FILE = re.compile(
    r"(?:conf/(?:<environment>|\*)/)[\w*]+\.yml(?: or --params)?|(?<=in )catalog\.yml"
)
# Said wherever a store asks for them; it is replaced by where they are in this project.
WHERE_KEYS_ARE = "conf/<environment>/credentials.yml"
# Commands that look the table up in the catalog of an environment.
_ON_A_TABLE = re.compile(
    r"\bkedro (?:history|deliveries anew) [\w-]+(?![\w-])(?! --env)"
    r"|(?<=Take them: )kedro run\b(?! -)"
)
# The key that is to be corrected there: "correct `pattern` in …".
_KEY_BEFORE = re.compile(r"`(\w+)` in (?:conf/)?$")
_LEFT_UNTOUCHED = re.compile(r"Nothing (?:of it )?was ")
# Files are called as they like.
_A_DELIVERY = re.compile(r"Delivery '[^']*'")
_WORD = re.compile(r"['`]([^'`\s]{1,80})['`]")
# What a shell's history may hold a log need not: by name, and rather one too many.
_A_SECRET = re.compile(r"(?i)([\w.]*(?:pass|secret|token|key|pwd|credential|auth)[\w.]*=)[^,]+")
_FULL_KEY = re.compile(r"full_key: ([\w.]+)")
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
    if env := _environment():
        text = _ON_A_TABLE.sub(lambda found: f"{found[0]} --env {env}", text)
    text = text.replace(WHERE_KEYS_ARE, credentials_file())
    place = None
    if (found := _A_FILE.search(text)) is not None:
        key = _KEY_BEFORE.search(text[: found.start()])
        # What was wrong is named before what was left untouched.
        said = _LEFT_UNTOUCHED.split(text)[0]
        place = where_written(key[1]) if key else None
        place = place or where_written(*words_of(said))
    return text if place is None else _A_FILE.sub(lambda _: place, text)


def where_written(*words: str) -> str | None:
    """Find the line of the configuration, or of the command, that has most of some words.

    A word that stands in many lines tells little, and what is misspelt stands in one.

    Args:
        words: Keys and values; of a dotted name each part is one.
    """
    parts = (part for word in words for part in re.split(r"[.:]", word) if part)
    found: dict[str, list[str]] = {one: [] for one in parts}
    for place, line in _lines():
        for one in found.keys() & set(re.findall(r"\w+", line)):
            found[one].append(place)
    weights: dict[str, float] = {}
    for rank, places in enumerate(found.values()):
        for place in places:
            # Of equals, the last part of a dotted name says most.
            weights[place] = weights.get(place, 0) + (1 + rank / 100) / len(places)
    return max(weights, key=weights.__getitem__, default=None)


def words_of(text: str) -> list[str]:
    """List what an error quotes first, and what OmegaConf calls the full key.

    What it quotes later is what would do instead.
    """
    quoted = _WORD.findall(_A_DELIVERY.sub("", text))
    return [*quoted[:_QUOTED_FIRST], *_FULL_KEY.findall(text)]


def configuration_files() -> Iterator[tuple[Path, str]]:
    """Yield the files that are read, as a person calls them; none with credentials.

    Where nothing could be read yet, those of all environments of the folder that Kedro is told of.
    """
    read = _read or _Configuration(Path.cwd(), (Path.cwd() / "conf",))
    for folder in read.folders:
        for path in sorted(folder.rglob("*")):
            is_hidden = path.name.startswith(("credentials", "."))
            if path.suffix in _SUFFIXES and not is_hidden and path.is_file():
                is_inside = path.is_relative_to(read.project_path)
                yield (
                    path,
                    path.relative_to(read.project_path).as_posix() if is_inside else str(path),
                )


def credentials_file() -> str:
    """Name the file with credentials that is read, or that would be if it were there.

    Kedro reads the environment's own over the base one; `conf/local` is the environment only where
    no other is asked for.
    """
    folders = _read.folders if _read is not None else ()
    for folder in folders:
        for path in sorted(folder.glob("**/credentials*")):
            if path.is_file() and path.suffix in _SUFFIXES:
                return _as_called(path)
    return _as_called(folders[0] / "credentials.yml") if folders else "conf/local/credentials.yml"


def _as_called(path: Path) -> str:
    if _read is not None and path.is_relative_to(_read.project_path):
        return path.relative_to(_read.project_path).as_posix()
    return str(path)


def as_typed(otherwise: str = "kedro run") -> str:
    """Give the command line, quoted as a shell takes it.

    Args:
        otherwise: What to give where no `kedro` command was typed, as in a notebook.
    """
    arguments = _arguments()
    if not arguments:
        return otherwise
    whole = shlex.join(["kedro", *(_A_SECRET.sub(r"\1…", one) for one in arguments)])
    return whole if len(whole) <= _MOST_CHARACTERS else f"kedro {shlex.quote(arguments[0])} …"


def _environment() -> str | None:
    """Give the environment that was typed; one of a variable stays in force."""
    arguments = _arguments()
    for place, one in enumerate(arguments):
        if one in ("--env", "-e") and place + 1 < len(arguments):
            return shlex.quote(arguments[place + 1])
        if one.startswith("--env="):
            return shlex.quote(one.removeprefix("--env="))
    return None


def _arguments() -> list[str]:
    is_kedro = bool(sys.argv) and _KEDRO.search(sys.argv[0]) is not None
    return sys.argv[1:] if is_kedro and not os.environ.get(_RERUN) else []


def _lines() -> Iterator[tuple[str, str]]:
    for option, value in zip(_arguments(), _arguments()[1:], strict=False):
        if option == "--params":
            yield option, value
    for path, name in configuration_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, start=1):
            if not line.lstrip().startswith("#"):
                yield f"{name}, line {number}", line
