"""Who made a run, or a verdict: a checkout, a user, a machine; as digests, which name none of them.

They tell one from another and nothing else. No host name and no path goes into them.
"""

import hashlib
import os
import platform
import re
import threading
from contextlib import suppress
from functools import cache
from getpass import getuser
from pathlib import Path
from secrets import token_hex

from lakeproof.record.code import git
from lakeproof.record.factors.machine import cpu_model, memory_gib
from lakeproof.record.facts import Maker
from lakeproof.state_folder import hide_from_git, state_of

_PLACE = "id"
_ID = re.compile(r"[0-9a-f]{32}")


@cache
def maker_of(project_path: Path) -> Maker:
    """Tell who works here.

    The user is the one of git (`user.email`), else of the system. Machines of one processor, with
    as much memory, are taken for one.

    Args:
        project_path: The checkout, which gets an id of its own in `.lakeproof/id`.
    """
    machine = f"{cpu_model()}, {platform.machine()}, {memory_gib()} GiB"
    return Maker(
        _checkout(project_path), _digest("user", _user(project_path)), _digest("machine", machine)
    )


def _checkout(project_path: Path) -> str | None:
    """Give the random id of a checkout; `None` where nothing can be written."""
    place = state_of(project_path) / _PLACE
    return _read(place) or _made(place)


def _made(place: Path) -> str | None:
    with suppress(OSError):
        hide_from_git(place.parent)
        partial = place.with_name(f"id.{os.getpid()}.{threading.get_ident()}")
        with partial.open("x", encoding="ascii") as file:
            file.write(f"{token_hex(16)}\n")
        # Whoever comes first: another command may begin at the same time.
        with suppress(FileExistsError):
            os.link(partial, place)
        partial.unlink()
    return _read(place)


def _read(place: Path) -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        found = place.read_text(encoding="ascii").strip()
        return found if _ID.fullmatch(found) else None
    return None


def _user(project_path: Path) -> str:
    with suppress(git.GitError):
        if found := os.fsdecode(git.ask(project_path, "config", "user.email")).strip():
            return found
    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        return "nobody"


def _digest(what: str, text: str) -> str:
    return "sha256:" + hashlib.sha256(f"{what}\0{text}".encode()).hexdigest()
