"""Who reached for something: the user's code, a library on its behalf, or a library for itself."""

import os
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from types import CodeType, FrameType

_HERE = os.path.dirname(__file__)
_STANDARD = tuple({os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib")})
# Below them lies what starts nodes; a generator goes on in the second.
_STARTS_NODES = tuple(
    os.path.join("kedro", *names) for names in (("pipeline", "node.py"), ("runner", "task.py"))
)
# What is installed is looked up along the path of imports, the current folder among it.
_LOOKS_UP = f"{os.sep}importlib{os.sep}metadata{os.sep}"
_MOST_FRAMES = 200
IMPORTING = "import"


@dataclass(frozen=True)
class Callers:
    """Who is on the stack between a node's function and what it reached for.

    Args:
        is_direct: Whether the first that is not of the standard library is not an installed
            package.
        packages: The installed packages on the way, and `import` where a module is being imported.
    """

    is_direct: bool
    packages: frozenset[str]


def callers(frame: FrameType | None) -> Callers:
    """Walk a stack from the place where something was reached for."""
    packages: set[str] = set()
    is_direct: bool | None = None
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        whose = _whose(frame.f_code)
        if whose == _NODE:
            break
        if whose == IMPORTING:
            packages.add(whose)
        elif whose not in (_OURS, _PYTHON):
            is_direct = whose == _USER if is_direct is None else is_direct
            packages.add(whose)
        frame = frame.f_back
    return Callers(bool(is_direct), frozenset(packages))


_OURS, _PYTHON, _USER, _NODE = "<watch>", "<python>", "<user>", "<node>"


def is_installed(path: str) -> bool:
    """Tell a file of an installed package or of the standard library from the user's own."""
    return path.startswith((*_INSTALLED, *_STANDARD))


@cache
def _whose(code: CodeType) -> str:
    """Tell whose code it is: a package's name, or one of the words above."""
    path = code.co_filename
    if path.startswith("<frozen importlib"):
        return IMPORTING
    if path.startswith(_HERE):
        return _OURS
    if path.endswith(_STARTS_NODES):
        return _NODE
    for folder in _INSTALLED:
        if path.startswith(folder):
            return path[len(folder) + 1 :].partition(os.sep)[0].removesuffix(".py")
    if path.startswith(_STANDARD) or path.startswith(("<frozen", sys.base_prefix + os.sep + "lib")):
        return IMPORTING if _LOOKS_UP in path else _PYTHON
    # Installed editable, ours and Kedro's are packages all the same.
    for name in ("lakeproof", "kedro"):
        if f"{os.sep}{name}{os.sep}" in path and name in sys.modules:
            folder = os.path.dirname(sys.modules[name].__file__ or "")
            if folder and path.startswith(folder + os.sep):
                return name
    return _USER
