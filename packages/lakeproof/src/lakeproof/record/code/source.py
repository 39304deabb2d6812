"""The files that Python may import from the project, by digest: what code is compared by."""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.record.code.lying_files import readable
from lakeproof.record.places.project_paths import files_below

# Made by Python and by editors, which make and remove theirs while a run goes on.
LEFT_OVER = re.compile(r".*\.pyc|\..*\.sw\w|.*~|\.#.*|#.*#|\.DS_Store")

# Made by tools, and no code of the run.
_MADE = re.compile(r"__pycache__|\.ipynb_checkpoints|\.git|\.venv|\.\w+_cache|.*\.egg-info")


def source_files(project_path: Path) -> dict[str, str]:
    """Digest `pyproject.toml` and every file below the source folder, links by what they lead to.

    Where there is no project but a package that was made of one (`kedro package`), it is the code.

    Returns:
        SHA-256 by path relative to the project, in order of the paths.
    """
    found = {}
    for path in source_paths(project_path):
        with suppress(OSError):  # Gone meanwhile, or nothing that Python could read either.
            found[readable(path)] = sha256_or_link(project_path / path)
    if not (project_path / "pyproject.toml").exists() and not found:
        found = dict(_of_package())
    return dict(sorted(found.items()))


def _of_package() -> Iterator[tuple[str, str]]:
    """Digest the installed package that Kedro runs, its own metadata and configuration aside."""
    from kedro.framework.project import PACKAGE_NAME

    spec = find_spec(PACKAGE_NAME) if PACKAGE_NAME else None
    folders: Iterable[str] = (spec and spec.submodule_search_locations) or ()
    for folder in folders:
        for path in files_below(Path(folder), _MADE):
            if not LEFT_OVER.fullmatch(path.name):
                with suppress(OSError):
                    name = path.relative_to(folder).as_posix()
                    yield readable(f"{PACKAGE_NAME}/{name}"), sha256_or_link(path)


def source_paths(project_path: Path) -> Iterator[str]:
    """Name the files that `source_files` digests, as the file system has them."""
    declared = project_path / "pyproject.toml"
    if declared.is_file():
        yield declared.name
    folder = source_folder(project_path)
    for path in files_below(folder, _MADE):
        if folder == project_path and not _is_of_a_package(path.relative_to(folder), folder):
            continue
        # `.git` is a file in a submodule.
        if path.name == ".git" or (LEFT_OVER.fullmatch(path.name) and not _stands_alone(path)):
            continue
        if path.is_file() or path.is_symlink():
            yield path.relative_to(project_path).as_posix()


def _is_of_a_package(path: Path, project: Path) -> bool:
    """Tell code from data where `source_dir` is the project itself: packages, and modules."""
    top = path.parts[0]
    if top.startswith("."):
        return False
    return path.suffix == ".py" or (project / top / "__init__.py").is_file()


def _stands_alone(path: Path) -> bool:
    """Tell whether a file is a compiled module whose source is not beside it: Python imports it."""
    return path.suffix == ".pyc" and not path.with_suffix(".py").exists()


def tree_digest(files: Mapping[str, str]) -> str:
    """Digest paths and digests: `path NUL digest newline`, in order of the paths."""
    lines = (f"{path}\0{digest}\n".encode() for path, digest in sorted(files.items()))
    return "sha256:" + hashlib.sha256(b"".join(lines)).hexdigest()


def sha256_or_link(path: Path) -> str:
    """Digest a file, or the text of a link that leads nowhere.

    Raises:
        OSError: If it can be neither.
    """
    try:
        return sha256_of(path)
    except FileNotFoundError:
        # A link that leads nowhere is what it says.
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()


def source_folder(project_path: Path) -> Path:
    """Give the folder of a project's own code."""
    return project_path / _source_folder(project_path / "pyproject.toml")


def _source_folder(declared: Path) -> str:
    try:
        tool = tomllib.loads(declared.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return "src"
    return str(tool.get("kedro", {}).get("source_dir") or "src")
