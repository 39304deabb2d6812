"""Which places are the machine's own: what lies there is not the project's data."""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

_SYSTEM = ("/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")


def is_above(place: Path, project: Path) -> bool:
    """Tell a folder that holds the project, the home folder or the like: it is nobody's data."""
    return any(one.is_relative_to(place) for one in (project, *_own_folders()))


def is_of_machine(place: Path, *own: Path) -> bool:
    """Tell what belongs to the system or the interpreter, and not to anybody's data.

    Args:
        place: Absolute.
        own: Folders that are the user's wherever they lie, such as a project in `/usr/src/app`.
    """
    return any(
        place.is_relative_to(folder)
        and not any(place.is_relative_to(one) and one.is_relative_to(folder) for one in own)
        for folder in (*_SYSTEM, sys.prefix)
    )


@cache
def _own_folders() -> tuple[Path, ...]:
    # Without HOME, a user whom no passwd knows has none.
    home = os.path.expanduser("~")
    own = [Path(home)] if os.path.isabs(home) else []
    return (*own, Path(tempfile.gettempdir()), Path(sys.prefix))
