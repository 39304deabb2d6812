"""Places that need no word: what the record holds otherwise, and the interpreter's own."""

import os
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

# What libraries look at for themselves.
_SYSTEM = (
    "/etc",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/zoneinfo",
    "/var/cache",
)
_DEVICES = ("/proc", "/sys", "/dev")


class Controlled:
    """Places whose content the record holds, or that no result hangs on.

    Args:
        places: Files and folders: the project's code, the datasets of the node.
    """

    def __init__(self, places: Iterable[Path]) -> None:
        given = {os.path.abspath(place) for place in places}
        own = sorted({*given, *map(os.path.realpath, given)})
        # Asked for each file that is opened: put together once.
        self._own = _prefixes((*own, *_interpreter(), *_DEVICES))

    def holds(self, path: str, is_direct: bool) -> bool:
        """Tell whether a path is, or is below, one of the places.

        Args:
            path: Absolute.
            is_direct: Whether the user's code reached for it, not a library.
        """
        inside = path + os.sep
        if inside.startswith(self._own):
            return True
        return not is_direct and inside.startswith((*_OF_SYSTEM, *_prefixes(_of_matplotlib())))


@cache
def _interpreter() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib", "include")
    found = {sysconfig.get_path(name) for name in names}
    if sys.prefix != sys.base_prefix:
        found.add(sys.prefix)
    return tuple({*found, *map(os.path.realpath, found)})


def _of_matplotlib() -> tuple[str, ...]:
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None:
        return ()
    return matplotlib.get_cachedir(), matplotlib.get_configdir()


def _prefixes(places: Iterable[str]) -> tuple[str, ...]:
    """Give what a place, and all that is below it, begins with once it ends in a separator."""
    return tuple(place + os.sep for place in places)


_OF_SYSTEM = _prefixes(_SYSTEM)
