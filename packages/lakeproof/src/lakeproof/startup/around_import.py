"""Do something around or after the import of a module, whenever that comes and whoever asks for it.

The module is found and run as ever, within what was given for it; a module that is there already
stays as it is. Or tell somebody that it is not there.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # It imports what makes temporary files, for the interpreter that only starts a run again.
    from importlib.abc import Loader

_IMPORT_SYSTEM = "importlib._bootstrap"
Around = Callable[[ModuleType], AbstractContextManager[None]]


def around_import(name: str, around: Around) -> None:
    """Have a module's code run within something, once.

    Args:
        name: The module's, with those of its packages.
        around: Makes a context of the module, whose code has not run yet.
    """
    if name not in sys.modules:
        _WAITED_FOR[name] = around
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)


def after_import(name: str, change: Callable[[ModuleType], None]) -> None:
    """Have a module changed when its code has run, once.

    Args:
        name: The module's, with those of its packages.
        change: Gets the module.
    """

    @contextmanager
    def changing(module: ModuleType) -> Iterator[None]:
        yield
        change(module)

    around_import(name, changing)


def importer() -> str | None:
    """Name the module that imports, for a finder or a module that is asked for a name."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == _IMPORT_SYSTEM:
        frame = frame.f_back
    return None if frame is None else frame.f_globals.get("__name__")


class Refusal:
    """Finds nothing, and lets nobody else find some packages for whom they are not to be there.

    It works where it stands in `sys.meta_path`.

    Args:
        packages: Their names.
        is_meant: Tells of the name of a module that imports one whether it is meant.
    """

    def __init__(self, packages: Collection[str], is_meant: Callable[[str], bool]) -> None:
        self._packages, self._is_meant = packages, is_meant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise where somebody is meant, else leave it to the others."""
        if name.partition(".")[0] in self._packages and self._is_meant(importer() or ""):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return None


class _Finder:
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _WAITED_FOR:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            _wrap(spec.loader, _WAITED_FOR[name])
        return spec


def _wrap(loader: "Loader", around: Around) -> None:
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        with around(module):
            run(module)

    # On this one loader, which is the module's alone: it stays of its class for whoever asks.
    loader.exec_module = exec_module  # type: ignore[method-assign]


_WAITED_FOR: dict[str, Around] = {}
_FINDER = _Finder()
