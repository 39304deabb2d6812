"""The place of one re-run: held while it is used, gone afterwards, whatever happens in between.

It lies in the project, so that it is on the file system of the project's tables and files can be
linked instead of copied. Not for what lies in it: code (`worktree`), tables (their own), files
(`raw_files`).
"""

import logging
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lakeproof.errors import LakeproofError
from lakeproof.inside import inside, is_by_no_link
from lakeproof.reproduce.code.worktree_entries import discard
from lakeproof.state_folder import hide_from_git, state_of

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)

_KEPT = "KEPT"


class ScratchError(LakeproofError):
    """A re-run has no place of its own."""


class Scratch:
    """Give a re-run a folder of its own: `path`, inside the `with` statement only.

    Its lock is the operating system's and goes with the process: a folder whose lock nobody holds
    was left by a command that was killed, and the next one removes it (`sweep`).

    Args:
        project_path: The user's project.
        name: Of this re-run and no other, ever.
        keep: Whether the folder stays, with the git worktrees in it, until the user removes it.
    """

    def __init__(self, project_path: Path, name: str, *, keep: bool = False) -> None:
        self.path = inside(_place(project_path), name)
        self._project_path = project_path
        self._keep = keep
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        """Make the folder.

        Raises:
            ScratchError: If there is one of this name.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        hide_from_git(self.path.parent.parent)
        lock = _held(self.path)
        if lock is None:
            raise ScratchError(
                f"The scratch folder {self.path} is in use by another process. Nothing was run. "
                "Wait for it to end."
            )
        try:
            # Configuration and parameters are written below it.
            self.path.mkdir(mode=0o700)
        except OSError as error:
            _let_go(lock, self.path)
            raise ScratchError(
                f"The scratch folder {self.path} cannot be made: {error.strerror}. Nothing was "
                "run. Remove it if it is there and try again."
            ) from error
        self._lock = lock
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the folder and the git worktrees in it, or mark it as kept."""
        assert self._lock is not None
        try:
            if self._keep:
                (self.path / _KEPT).touch()
            else:
                _remove(self._project_path, self.path)
        finally:
            _let_go(self._lock, self.path)
            self._lock = None


def sweep(project_path: Path) -> tuple[Path, ...]:
    """Remove what killed commands left; never what is in use, never what was to be kept.

    Behind a link, which a clone may bring along, lies what no command of this project has left.

    Returns:
        The folders that are gone.
    """
    place = _place(project_path)
    try:
        is_ours = is_by_no_link(place.parents[1], place.relative_to(place.parents[1]))
        names = sorted(os.listdir(place)) if is_ours else []
    except OSError:
        return ()
    gone = []
    for name in names:
        path = place / name
        if not path.is_dir() or path.is_symlink() or (path / _KEPT).exists():
            continue
        lock = _held(path)
        if lock is None:
            continue
        try:
            # Marked by a command that ended while its lock was being asked for.
            if not (path / _KEPT).exists() and _remove(project_path, path):
                gone.append(path)
        finally:
            _let_go(lock, path)
    return tuple(gone)


def _place(project_path: Path) -> Path:
    return state_of(project_path.resolve()) / "scratch"


def _lock_path(path: Path) -> Path:
    # Beside the folder: one inside would come into being after it, and a sweep in between would
    # take a folder that is just being made for one that was left.
    return path.with_name(f".{path.name}.lock")


def _held(path: Path) -> "FileLock | None":
    from filelock import FileLock, Timeout

    lock = FileLock(_lock_path(path))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def _let_go(lock: "FileLock", path: Path) -> None:
    # While it is held: whoever has opened the file by then sees that it is gone and asks anew.
    _lock_path(path).unlink(missing_ok=True)
    lock.release()


def _remove(project_path: Path, path: Path) -> bool:
    """Remove a folder, linked files too: only this name of theirs goes."""
    try:
        discard(project_path, path)
        shutil.rmtree(path)
    except (LakeproofError, OSError) as error:
        logger.warning("The scratch folder %s is not wholly removed: %s", path, error)
        return False
    return True
