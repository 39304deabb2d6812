"""What a name, a path, a place, an address can be, whoever wrote it.

As narrow as nothing that is honest suffers, and so wide that nothing gets through that git, uv, a
shell, a terminal or a join of paths would take for something else.
"""

import re
import sys
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from lakeproof.spelling import steers

_LONGEST_NAME = 10_000
_LONGEST_PATH = 4_096
_SCHEME = r"[a-z][a-z0-9+.-]*"
# Object stores that are known by their hosts; any other host would be asked for nothing.
_STORE_HOSTS = r"(?:amazonaws\.com|windows\.net|fabric\.microsoft\.com|cloudflarestorage\.com)"
# Records have names and places in common, each a hundred or so.
_seen_before = lru_cache(1_000)
# Helpers of git that run, or take over, what follows.
_STARTS_PROGRAMS = re.compile(r"(?:ext|fd)::", re.IGNORECASE)


def matches(pattern: str) -> Callable[[Any], bool]:
    """Make the test that a text is, from end to end, of a pattern."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


is_run_id = matches(r"[0-9a-f]{32}")
is_distribution = matches(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def is_title(value: str) -> bool:
    """Tell whether a text can be a name that is only shown and looked up."""
    return 0 < len(value) <= _LONGEST_NAME and not steers(value)


def is_name(value: str) -> bool:
    """Tell whether a text can be a name that a command is given, too, and is no option there."""
    return len(value) <= _LONGEST_NAME and _is_name(value)


@_seen_before
def _is_name(value: str) -> bool:
    return is_title(value) and not value.startswith("-")


def is_inner_path(value: str) -> bool:
    """Tell whether a path stays below the folder that it is relative to, on any system."""
    return (
        0 < len(value) <= _LONGEST_PATH
        and "\0" not in value
        and not value.startswith(("/", "\\\\"))
        and re.match(r"[A-Za-z]:[/\\]", value) is None
        and ".." not in re.split(r"[/\\]", value)
    )


def is_environment(value: str) -> bool:
    """Tell whether a text can be the name of an environment, which is a folder of configuration."""
    return value == "" or (is_name(value) and is_inner_path(value))


def leads_straight(value: str) -> bool:
    """Tell whether a place outside is named by its root, as since schema 2, and not by `..`."""
    return ".." not in re.split(r"[/\\]", value)


def is_place(value: str) -> bool:
    """Tell whether a file or a table can be at a place: in the project, or anywhere else."""
    return len(value) <= _LONGEST_PATH and _is_place(value)


@_seen_before
def _is_place(value: str) -> bool:
    return was_place(value) and leads_straight(value)


def was_place(value: str) -> bool:
    """Tell a place that is read, and to which nothing is ever written.

    Of the addresses, a host that is no object store is none.
    """
    if not 0 < len(value) <= _LONGEST_PATH or "\0" in value:
        return False
    scheme, separator, rest = value.partition("://")
    if not separator:
        return True
    if steers(value) or not rest or not re.fullmatch(_SCHEME, scheme):
        return False
    if scheme == "https":
        return re.match(rf"[a-z0-9.-]+\.{_STORE_HOSTS}(?::443)?/", rest) is not None
    return scheme not in ("http", "ftp", "ftps", "ws", "wss")


def is_address(value: str) -> bool:
    """Tell where something was cloned or read from, apart from an option and from a program."""
    return (
        0 < len(value) <= _LONGEST_PATH
        and not value.startswith("-")
        and not steers(value)
        and _STARTS_PROGRAMS.match(value) is None
        # ssh would take the host for an option.
        and re.search(r"(?:://|@)-", value) is None
    )


def is_origin(value: str) -> bool:
    """Tell where a distribution came from: `project`, `editable` or one address."""
    return is_address(value) and re.search(r"\s", value) is None


def is_artifact(value: str) -> bool:
    """Tell whether a text names an artifact of a run or of a model in the user's own MLflow."""
    scheme, _, path = value.partition(":/")
    first, separator, _ = path.partition("/")
    is_owned = is_run_id(first) if scheme == "runs" else scheme == "models" and bool(first)
    # MLflow decodes what it is given, more than once.
    decoded = unquote(unquote(unquote(path)))
    return (
        is_owned
        and bool(separator)
        and len(value) <= _LONGEST_PATH
        and not steers(value)
        and ".." not in re.split(r"[/\\]", decoded)
    )


def is_model(value: str) -> bool:
    """Tell whether a text names a version of a registered model, a logged one, or one of a run."""
    # Of a logged model the id is all there is.
    return is_artifact(f"{value}/MLmodel") and not re.search(r"[@%?#]", value)


def is_moment(value: str) -> bool:
    """Tell whether a text is a moment as ISO 8601 has it."""
    try:
        return len(value) < 50 and value.isascii() and datetime.fromisoformat(value).year > 1
    except ValueError:
        return False


def is_runner(value: Any) -> bool:
    """Tell the name of a runner, which is imported: Kedro's, or one of no module of Python's."""
    if not matches(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")(value):
        return False
    return "." not in value or value.partition(".")[0] not in sys.stdlib_module_names


def are_pins(value: Any) -> bool:
    """Tell whether a text names tables with their versions, as `--load-versions` takes them."""
    if not isinstance(value, str):
        return False
    pairs = [pin.partition(":") for pin in value.split(",")]
    return all(is_name(name) and is_name(version) for name, _, version in pairs)
