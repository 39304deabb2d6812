"""The files of a re-run: those that the run saw, with the bytes it saw, and no others.

Not for what a run wrote itself: its re-run writes that anew. Copies, never links: a node may write
in place, and a link would be the user's own file.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lakeproof.inside import is_inside
from lakeproof.record.facts import FileFacts
from lakeproof.record.places.redirection import mirror
from lakeproof.reproduce.code.safe_writes import (
    RawFileError,
    copy_if_same,
    make_way,
    sha256_if_there,
)
from lakeproof.stores.addresses import is_remote

FindArtifact = Callable[[FileFacts], Path | None]

_NAMED_AT_MOST = 5


def place_files(
    files: Sequence[FileFacts],
    project_path: Path,
    worktree_project: Path,
    find_artifact: FindArtifact,
    outside: Path | None = None,
    stored: Mapping[str, Path] | None = None,
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
        stored: The folders for what came from a store, by dataset.

    Raises:
        RawFileError: Naming each that cannot be found, with both digests.
    """
    lost = []
    for file in (file for file in files if not file.is_own):
        if is_remote(file.path):
            folder = (stored or {}).get(file.dataset)
            name = PurePosixPath(file.path).name
            if folder is None or not _is_had_elsewhere(file, find_artifact, folder, name):
                lost.append(_described(file, None))
        elif PurePosixPath(file.path).is_absolute():
            found = sha256_if_there(Path(file.path))
            is_there = found == file.sha256
            if outside is not None:
                is_there = _is_mirrored(
                    file, project_path, worktree_project, find_artifact, outside
                )
            if not is_there:
                lost.append(_described(file, found))
        elif not _is_placed(file, project_path, worktree_project, find_artifact):
            lost.append(_described(file, sha256_if_there(project_path / file.path)))
    if lost:
        more = f", and {len(lost) - _NAMED_AT_MOST} more" if len(lost) > _NAMED_AT_MOST else ""
        raise RawFileError(
            f"{len(lost)} file(s) that the run read are not what they were: "
            f"{'; '.join(lost[:_NAMED_AT_MOST])}{more}. Nothing was run, and your files are as "
            "they were. Put the recorded ones back and try again."
        )
    _take_out_unseen(files, worktree_project)


def stored_folders(files: Iterable[FileFacts], scratch: Path) -> dict[str, Path]:
    """Give each dataset whose files came from a store a folder in scratch."""
    names = sorted({file.dataset for file in files if is_remote(file.path) and not file.is_own})
    return {name: scratch / "stored" / str(number) for number, name in enumerate(names)}


def _is_placed(
    file: FileFacts, project_path: Path, worktree_project: Path, find_artifact: FindArtifact
) -> bool:
    there = worktree_project / file.path
    # What a link leads to is no file of the worktree.
    is_inside = there.resolve().is_relative_to(worktree_project.resolve())
    if is_inside and not there.is_symlink() and sha256_if_there(there) == file.sha256:
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
    for file in (file for file in files if not is_remote(file.path)):
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


def _described(file: FileFacts, found: str | None) -> str:
    gone = "is neither there as it was nor kept" if is_remote(file.path) else "is not there"
    now = f"is now sha256 {found}" if found else gone
    return f"{file.path} ({file.dataset}) {now}, recorded sha256 {file.sha256}"
