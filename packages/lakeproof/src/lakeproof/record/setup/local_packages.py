"""Packages that came from a file or a folder of this machine: what they hold, and where they lie.

A version says little of them. A wheel is known by its digest, a folder by that of its Python
sources; where either lies in the project's repository, by its place in that, too. No place on this
machine outside of it is ever told. Not for the project itself, whose code has its own digest.
"""

import ast
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lakeproof.checksum import sha256_of

_MOST_FILES = 5_000
# Beside the modules of a package that is developed without a folder for them.
_NO_MODULES = frozenset(
    {"build", "conftest", "dist", "docs", "examples", "noxfile", "setup", "test", "tests", "venv"}
)


@dataclass(frozen=True)
class LocalPackage:
    """Where a distribution of this machine's comes from.

    Args:
        place: A file, or the folder from which its modules are imported.
        digest: `sha256:…` of the file, or of the sources; `None` where they are gone or too many.
        names: Of the modules in that folder, where the distribution tells them.
    """

    place: Path
    digest: str | None
    names: tuple[str, ...] = ()


def local_package(installed: metadata.Distribution) -> LocalPackage | None:
    """Find what a distribution was installed from, where that is a file or folder of this machine.

    Returns:
        `None` where it came from an index or a repository.
    """
    direct = direct_url(installed)
    place = _local_path(str(direct.get("url", "")))
    if place is None:
        return None
    if "dir_info" not in direct:
        return LocalPackage(place, _digest_of_archive(place, direct))
    if direct["dir_info"].get("editable"):
        root, names = _imported_from(installed, place)
        return LocalPackage(root, digest_of_sources(root, names), names)
    names = _installed_names(installed)
    files = _installed_sources(installed) if names else {}
    roots = [root for root in (place / "src", place) if names and _has(root, names[0])]
    return LocalPackage(roots[0] if roots else place, _digest_of_files(files), names)


def find_local_package(name: str) -> LocalPackage | None:
    """Find the one of that name in this environment."""
    try:
        return local_package(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        return None


def direct_url(installed: metadata.Distribution) -> dict[str, Any]:
    """Read the file that PEP 610 has installers write; of an index they write none."""
    try:
        found = json.loads(installed.read_text("direct_url.json") or "null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("url"), str) else {}


def place_in_repository(place: Path, project_path: Path) -> str | None:
    """Name a place by its way from the top of the project's repository; `None` if it is outside."""
    top = _top_of(project_path)
    resolved = place.resolve()
    return resolved.relative_to(top).as_posix() if resolved.is_relative_to(top) else None


def digest_of_sources(root: Path, names: Iterable[str] = ()) -> str | None:
    """Digest the Python sources that are imported from a folder, by their paths and contents.

    Args:
        root: What is on the path.
        names: Of modules and packages in it; all but tests, documents and set-up unless given.
    """
    return _digest_of_files(
        {path.relative_to(root).as_posix(): path for path in _sources(root, tuple(names))}
    )


def _digest_of_files(files: dict[str, Path]) -> str | None:
    if not files or len(files) > _MOST_FILES:
        return None
    try:
        lines = [f"{name}\0{sha256_of(files[name])}\n" for name in sorted(files)]
    except OSError:
        return None
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def _sources(root: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for name in names or _module_names(root):
        if (root / f"{name}.py").is_file():
            yield root / f"{name}.py"
        for place, folders, files in os.walk(root / name):
            folders[:] = [each for each in folders if each != "__pycache__" and each[0] != "."]
            yield from (Path(place, file) for file in files if file.endswith(".py"))


def _module_names(root: Path) -> list[str]:
    if not root.is_dir():
        return []
    found = []
    for entry in root.iterdir():
        name = entry.name.removesuffix(".py")
        if not name.isidentifier() or name in _NO_MODULES:
            continue
        is_package = entry.is_dir() and (
            any(entry.glob("*.py")) or any(entry.glob("*/__init__.py"))
        )
        if is_package or entry.suffix == ".py":
            found.append(name)
    return sorted(set(found))


def _imported_from(installed: metadata.Distribution, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Give the folder from which an editable one is imported, and the names if they are told.

    What stands first on the path wins: a re-run has the recorded sources there.
    """
    root, names = _declared_root(installed, folder)
    told = (installed.read_text("top_level.txt") or "").split()
    names = names or tuple(sorted(told))
    known = names or tuple(_module_names(root))
    for place in sys.path:
        if known and place and _has(Path(place), known[0]) and "-packages" not in place:
            return Path(place), names
    return root, names


def _declared_root(installed: metadata.Distribution, folder: Path) -> tuple[Path, tuple[str, ...]]:
    for file in installed.files or ():
        path = Path(str(installed.locate_file(file)))
        if file.suffix == ".pth" and path.is_file():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip() and (path.parent / line.strip()).is_dir():
                    return path.parent / line.strip(), ()
        if re.fullmatch(r"__editable__.*_finder\.py", file.name) and path.is_file():
            mapping = _mapping_of(path)
            if mapping:
                return Path(next(iter(mapping.values()))).parent, tuple(sorted(mapping))
    return (folder / "src" if (folder / "src").is_dir() else folder), ()


def _mapping_of(finder: Path) -> dict[str, str]:
    """Read where a finder of setuptools finds which module, without running it."""
    try:
        tree = ast.parse(finder.read_text(encoding="utf-8"))
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", 0)]
            if any(isinstance(each, ast.Name) and each.id == "MAPPING" for each in targets):
                found = ast.literal_eval(node.value)  # type: ignore[attr-defined]
                return {str(name): str(place) for name, place in found.items()}
    except (OSError, ValueError, SyntaxError, AttributeError):
        pass
    return {}


def _installed_names(installed: metadata.Distribution) -> tuple[str, ...]:
    names = {file.parts[0].removesuffix(".py") for file in installed.files or ()}
    return tuple(sorted(name for name in names if name.isidentifier()))


def _installed_sources(installed: metadata.Distribution) -> dict[str, Path]:
    """Give the sources that were copied; none where some of it is compiled and has no source."""
    files = [file for file in installed.files or () if file.parts[0] not in ("..", "__pycache__")]
    if any(file.suffix in (".so", ".pyd") for file in files):
        return {}
    return {
        file.as_posix(): Path(str(installed.locate_file(file)))
        for file in files
        if file.suffix == ".py"
    }


def _has(root: Path, name: str) -> bool:
    return (root / name).is_dir() or (root / f"{name}.py").is_file()


def _digest_of_archive(place: Path, direct: dict[str, Any]) -> str | None:
    known = (direct.get("archive_info") or {}).get("hashes", {}).get("sha256")
    if known:
        return f"sha256:{known}"
    return f"sha256:{sha256_of(place)}" if place.is_file() else None


def _local_path(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    return Path(url2pathname(parts.path))


@cache
def _top_of(project_path: Path) -> Path:
    """Find the folder of the repository without asking git."""
    resolved = project_path.resolve()
    for folder in (resolved, *resolved.parents):
        if (folder / ".git").exists():
            return folder
    return resolved
