"""What to type for a package that no index has: a repository's commit, an archive.

Nothing of it is fetched or built by a re-run, which would be to run it: whoever types the command
decides. What is installed here as the run had it needs no other environment.
"""

import re
from collections.abc import Iterator, Sequence

from lakeproof.record.facts import Distribution
from lakeproof.reproduce.environment.requirements import NoRequirementError, pin_of
from lakeproof.reproduce.environment.same_environment import is_local, is_wheel
from lakeproof.spelling import typed

_COMMIT = re.compile(r"(?:https?|ssh|git)://[^\s@#]+@[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ADDRESS = re.compile(r"https?://[^\s@#]+(?:#sha256=[0-9a-f]{64})?")
_ARCHIVE = re.compile(r"file:([A-Za-z0-9][\w.+!-]*\.(?:tar\.gz|tgz|zip|tar\.bz2))(?:#sha256=.*)?")
_MOST_NAMED = 3


def how_to_have(elsewhere: Sequence[Distribution]) -> str:
    """Say how to get packages that are not found; nothing where nobody can tell."""
    cures = []
    if any(map(is_wheel, elsewhere)):
        cures.append("Put the wheel into a folder that UV_FIND_LINKS names.")
    if any(is_local(found) and not is_wheel(found) for found in elsewhere):
        cures.append("Keep what you develop in the project's repository.")
    commands = list(filter(None, map(_command, elsewhere)))
    if commands:
        more = len(commands) - _MOST_NAMED
        rest = f", and {more} more" if more > 0 else ""
        cures.append(f"Install it here as it was: {', '.join(commands[:_MOST_NAMED])}{rest}.")
    return " ".join(cures)


def _command(found: Distribution) -> str | None:
    try:
        pin_of(found)
    except NoRequirementError:
        return None
    return next(_commands(found.name, found.origin or ""), None)


def _commands(name: str, origin: str) -> Iterator[str]:
    if _COMMIT.fullmatch(origin):
        yield typed("uv pip install", f"{name} @ git+{origin}")
    elif _ADDRESS.fullmatch(origin):
        yield typed("uv pip install", f"{name} @ {origin}")
    elif archive := _ARCHIVE.fullmatch(origin):
        yield typed("uv pip install", f"./{archive[1]}")
