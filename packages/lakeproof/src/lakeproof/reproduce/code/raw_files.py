"""The files of a re-run: those that the run saw, with the bytes it saw, and no others.

Not for what a run wrote itself: its re-run writes that anew. Copies, never links: a node may write
in place, and a link would be the user's own file.
"""

import base64
import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from lakeproof.checksum import sha256_of
from lakeproof.errors import LakeproofError
from lakeproof.inside import inside, is_inside
from lakeproof.record.facts import Content, FileFacts
from lakeproof.record.places.redirection import mirror

FindArtifact = Callable[[FileFacts], Path | None]

_NAMED_AT_MOST = 5
_LOOKED_AT_MOST = 200_000


class RawFileError(LakeproofError):
    """A file that the run read cannot be had with the bytes it had."""


def place_files(
    files: Sequence[FileFacts],
    project_path: Path,
    worktree_project: Path,
    find_artifact: FindArtifact,
    outside: Path | None = None,
) -> None:
    """Put every file that the run read where it was, in the worktree.

    One outside of the project is put below a folder that stands for the root of the file system, so
    that the re-run finds no other beside it and writes to none of the user's. Of a folder from
    which one dataset read several files (deliveries), those that the run did not see are taken out
    of the worktree: a pattern in the catalog would find them.

    Args:
        files: As recorded.
        project_path: The user's project, which is only read.
        worktree_project: Where the re-run reads.
        find_artifact: Gives a file with the recorded bytes from a run's artifacts, where one is.
        outside: That folder; without it such files are read in place, and only verified.

    Raises:
        RawFileError: Naming each that cannot be had, with both digests.
    """
    lost = []
    for file in (file for file in files if not file.is_own):
        if PurePosixPath(file.path).is_absolute():
            found = _sha256_if_there(Path(file.path))
            is_there = found == file.sha256
            if outside is not None:
                is_there = _is_mirrored(
                    file, project_path, worktree_project, find_artifact, outside
                )
            if not is_there:
                lost.append(_described(file, found))
        elif not _is_placed(file, project_path, worktree_project, find_artifact):
            lost.append(_described(file, _sha256_if_there(project_path / file.path)))
    if lost:
        more = f", and {len(lost) - _NAMED_AT_MOST} more" if len(lost) > _NAMED_AT_MOST else ""
        raise RawFileError(
            f"{len(lost)} file(s) that the run read are not what they were: "
            f"{'; '.join(lost[:_NAMED_AT_MOST])}{more}. Nothing was run, and your files are as "
            "they were. Put the recorded ones back and try again."
        )
    _take_out_unseen(files, worktree_project)


def _is_placed(
    file: FileFacts, project_path: Path, worktree_project: Path, find_artifact: FindArtifact
) -> bool:
    there = worktree_project / file.path
    # What a link leads to is no file of the worktree.
    is_inside = there.resolve().is_relative_to(worktree_project.resolve())
    if is_inside and not there.is_symlink() and _sha256_if_there(there) == file.sha256:
        return True
    if copy_if_same(project_path / file.path, worktree_project, file.path, file.sha256):
        return True
    return _is_had_elsewhere(file, find_artifact, worktree_project, file.path)


def _is_mirrored(
    file: FileFacts,
    project_path: Path,
    worktree_project: Path,
    find_artifact: FindArtifact,
    outside: Path,
) -> bool:
    path = mirror(outside, Path(file.path)).relative_to(outside).as_posix()
    # Beside the project in one repository, the commit may have it.
    beside = worktree_project / os.path.relpath(file.path, project_path)
    is_of_worktree = beside.resolve().is_relative_to(outside.parent.resolve())
    for source in (Path(file.path), *([beside] if is_of_worktree else [])):
        if copy_if_same(source, outside, path, file.sha256):
            return True
    return _is_had_elsewhere(file, find_artifact, outside, path)


def _is_had_elsewhere(file: FileFacts, find_artifact: FindArtifact, root: Path, path: str) -> bool:
    """Write a file from the record, where it holds it, or from a run's artifacts."""
    if file.text is not None and hashlib.sha256(file.text.encode()).hexdigest() == file.sha256:
        make_way(root, path).write_bytes(file.text.encode())
        return True
    artifact = find_artifact(file)
    return artifact is not None and copy_if_same(artifact, root, path, file.sha256)


def _take_out_unseen(files: Sequence[FileFacts], worktree_project: Path) -> None:
    by_dataset: dict[str, set[PurePosixPath]] = defaultdict(set)
    for file in files:
        by_dataset[file.dataset].add(PurePosixPath(file.path))
    seen = set().union(*by_dataset.values())
    for paths in by_dataset.values():
        if len(paths) < 2:
            continue
        suffixes = {path.suffix for path in paths}
        for folder in {path.parent for path in paths if not path.is_absolute()}:
            # A record may name any folder, and a link that git restored may lead to one.
            is_ours = is_inside(worktree_project, folder / "any")
            if not is_ours or not (worktree_project / folder).is_dir():
                continue
            for found in sorted((worktree_project / folder).iterdir()):
                is_file = found.is_symlink() or found.is_file()
                if is_file and found.suffix in suffixes and folder / found.name not in seen:
                    found.unlink()


def restore(content: Content, root: Path, path: str, present: Path) -> None:
    """Write one recorded file below a folder; one that the record withholds is copied from today's.

    Others may read it only where they may read the user's own.

    Args:
        content: The file.
        root: The folder.
        path: Where below it.
        present: Where the user has such files today.

    Raises:
        RawFileError: If nothing has the recorded bytes.
    """
    if content.withheld is None:
        file = make_way(root, path)
        data = bytes_of(content)
        # Nobody else's before it is known whose it is.
        file.touch(mode=0o600, exist_ok=False)
        file.write_bytes(data)
        if not _is_private(present / content.path):
            file.chmod(0o666 & ~_umask())
        if content.is_executable:
            mode = file.stat().st_mode
            file.chmod(mode | (mode & 0o444) >> 2)
        return
    if not content.sha256:
        raise RawFileError(
            f"The record could not keep '{content.path}': {content.withheld}. Nothing was run."
        )
    for candidate in _candidates(content, present):
        if copy_if_same(candidate, root, path, content.sha256):
            return
    raise RawFileError(
        f"The record keeps '{content.path}' by digest only ({content.withheld}), and no file in "
        f"{present} has its sha256 {content.sha256}. Nothing was run. Put the file back."
    )


def _is_private(present: Path) -> bool:
    """Tell whether a file is its owner's alone; one that is gone may have been."""
    try:
        return not present.stat().st_mode & 0o077
    except OSError:
        return True


def _umask() -> int:
    # It can only be read by setting it.
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def lacking(content: Content, present: Path) -> str | None:
    """Say what `restore` would miss, by presence and size alone; `None` where it may have all."""
    if content.withheld is None:
        return None
    if not content.sha256:
        return f"The record could not keep '{content.path}': {content.withheld}."
    if any(_has_size(file, content.size) for file in _candidates(content, present)):
        return None
    return (
        f"The record keeps '{content.path}' by digest only ({content.withheld}), and no file in "
        f"{present} has its {content.size} bytes (sha256 {content.sha256}). Put the file back."
    )


def _has_size(file: Path, size: int) -> bool:
    return file.is_file() and file.stat().st_size == size


def _candidates(content: Content, present: Path) -> Iterator[Path]:
    """Yield the files that can be a withheld one: its own path first, then those of its size.

    A record may name any folder, the root of the disk too: not all of that is looked through.
    """
    yield present / content.path
    left = _LOOKED_AT_MOST
    for folder, folders, names in os.walk(present):
        left -= len(names) + 1
        if left < 0:
            return
        # Environments, caches, git's own.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            with suppress(OSError):
                if not file.is_symlink() and _has_size(file, content.size):
                    yield file


def bytes_of(content: Content) -> bytes:
    """Give what the record holds of a file.

    Raises:
        RawFileError: If that is not what its digest says.
    """
    if content.text is not None:
        found = content.text.encode()
    else:
        found = base64.b64decode(content.base64 or "")
    if hashlib.sha256(found).hexdigest() != content.sha256:
        raise RawFileError(
            f"The record is damaged: what it holds of '{content.path}' is not what its sha256 "
            f"{content.sha256} says. Nothing was run."
        )
    return found


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
    if _sha256_if_there(source) != sha256:
        return False
    target = make_way(root, path)
    shutil.copy2(source, target)
    if _sha256_if_there(target) == sha256:
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
    root.mkdir(exist_ok=True)
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


def _sha256_if_there(path: Path) -> str | None:
    """Digest a file's bytes; `None` where there is no file that can be read.

    A device or a pipe is none: it may have no end.
    """
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError:
        return None


def _described(file: FileFacts, found: str | None) -> str:
    now = f"is now sha256 {found}" if found else "is not there"
    return f"{file.path} ({file.dataset}) {now}, recorded sha256 {file.sha256}"
