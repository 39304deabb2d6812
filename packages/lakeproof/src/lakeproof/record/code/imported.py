"""Modules that a run has imported from beside its source folder and its environment.

Such as a folder on `PYTHONPATH`. What lies in the repository can be restored; of what lies
elsewhere the digest is known, and no place is told. Not for installed packages (`installed`).
"""

import os
import stat
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.record.facts import ImportedModule

_SITES = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Imported:
    """What was imported.

    Args:
        search: Folders of the repository from which modules were imported, relative to it.
        files: Those modules, relative to it.
        elsewhere: Modules from other folders.
    """

    search: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    elsewhere: tuple[ImportedModule, ...] = ()


def imported_beside(source: Path, top: Path) -> Imported:
    """Look at what this process has imported by now.

    Args:
        source: The source folder, whose files are known.
        top: Of the repository, or the project where there is none.
    """
    search, files, elsewhere = set(), set(), []
    real_top = os.path.realpath(top)
    named = _path_of_variables()
    for name, file, real in _modules(os.path.realpath(source)):
        if not real.startswith(real_top + os.sep):
            if real.startswith(named):
                elsewhere.append(ImportedModule(name, sha256_of(Path(real))))
            continue
        files.add(os.path.relpath(real, real_top))
        levels = name.count(".") + (Path(file).stem == "__init__") + 1
        folder = Path(real).parents[levels - 1]
        if folder.is_relative_to(real_top):
            search.add(folder.relative_to(real_top).as_posix())
    return Imported(
        tuple(sorted(search)),
        tuple(sorted(files)),
        tuple(sorted(elsewhere, key=lambda module: module.name)),
    )


def _modules(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield the modules that are neither source, nor Python's own, nor installed.

    Each with its file, and where that really is.
    """
    real_folder, place_of = cache(os.path.realpath), cache(os.path.abspath)
    paths = sysconfig.get_paths()
    known = (
        source + os.sep,
        *(paths[name] + os.sep for name in ("stdlib", "platstdlib", "purelib")),
    )

    @cache
    def is_known(folder: str) -> bool:
        inside = folder + os.sep
        return inside.startswith(known) or not _SITES.isdisjoint(inside.split(os.sep))

    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in ("__main__", "__mp_main__") or not isinstance(file, str):
            continue
        # So it is of nearly all of five thousand.
        if file.startswith(known) and ".." not in file:
            continue
        folder, base = os.path.split(file)
        folder = place_of(folder)
        if is_known(folder):
            continue
        file = os.path.join(folder, base)
        try:
            kind = stat.S_IFMT(os.lstat(file).st_mode)
        except OSError:
            continue
        # To resolve a path asks of each folder on it whether it is a link.
        is_link = kind == stat.S_IFLNK
        if not (os.path.isfile(file) if is_link else kind == stat.S_IFREG):
            continue
        real = os.path.realpath(file) if is_link else os.path.join(real_folder(folder), base)
        if not real.startswith(known):
            yield name, file, real


def _path_of_variables() -> tuple[str, ...]:
    """Give the folders that somebody named, which is not what debuggers and hosts bring along."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return tuple(os.path.realpath(place) + os.sep for place in named if place)
