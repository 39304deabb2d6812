"""Write below a folder and nowhere else, whatever links and records say.

For a worktree of the user's repository: git restores links as they were, and what is written
through one would be the user's own file. Not for which files are written, nor from where.
"""

import shutil
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from lakeproof.checksum import sha256_of
from lakeproof.errors import LakeproofError
from lakeproof.inside import inside


class RawFileError(LakeproofError):
    """A file that the run read cannot be found with its recorded bytes."""


def copy_if_same(source: Path, root: Path, path: str, sha256: str) -> bool:
    """Copy a file below a folder if it has these bytes; its times and mode come along.

    The copy is what is verified, so a file that changes meanwhile is found out. Otherwise nothing
    is left at the place.

    Args:
        source: The file, which may be absent.
        root: The folder.
        path: Where below it.
        sha256: In hexadecimal.
    """
    if sha256_if_there(source) != sha256:
        return False
    target = make_way(root, path)
    shutil.copy2(source, target)
    if sha256_if_there(target) == sha256:
        return True
    target.unlink()
    return False


def make_way(root: Path, path: str) -> Path:
    """Clear a place for a file below a folder: real folders down to it and nothing in it.

    A link on the way, which git restores as it was, could lead into the user's own tree.

    Raises:
        RawFileError: If the path leads out of the folder.
    """
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        raise RawFileError(
            f"The record names a file '{path}', which leads out of the project. It was edited by "
            "hand or damaged. Nothing was run."
        )
    root.mkdir(parents=True, exist_ok=True)
    folder = root
    for part in parts[:-1]:
        folder = folder / part
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        folder.mkdir(exist_ok=True)
    target = inside(root, path)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    return target


def cut_links(
    root: Path,
    paths: Iterable[str],
    keep: Collection[str],
    present: Path,
    had: Collection[str] = (),
) -> tuple[str, ...]:
    """Take away links that lead out of a folder: what is written through one would be the user's.

    Where the user's own leads to a folder, an empty one takes its place.

    Args:
        root: The folder.
        paths: Of the links, below it.
        keep: Files below it that may be read through a link, since their content is verified.
        present: Where the user has the same links.
        had: Files below it that take the place of what a link led to, by their content.

    Returns:
        A sentence on each that is cut and whose content is not had.
    """
    cut = []
    for path in paths:
        link = root / path
        if (
            _leads_to(path, keep)
            or not link.is_symlink()
            or link.resolve().is_relative_to(root.resolve())
        ):
            continue
        link.unlink()
        if (present / path).is_dir():
            link.mkdir()
        if not _leads_to(path, had):
            cut.append(
                f"'{path}' is a link out of the repository, which the re-run does not follow"
            )
    return tuple(cut)


def _leads_to(link: str, files: Collection[str]) -> bool:
    return any(file == link or file.startswith(f"{link}/") for file in files)


def sha256_if_there(path: Path) -> str | None:
    """Digest a file's bytes; `None` where there is no file that can be read.

    A device or a pipe is none: it may have no end.
    """
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError:
        return None
