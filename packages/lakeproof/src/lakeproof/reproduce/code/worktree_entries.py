"""The worktrees that git has entries of, and how ours go again."""

import os
from collections.abc import Iterator
from pathlib import Path

from lakeproof.reproduce.code.repository import CodeError, git


def discard(project_path: Path, folder: Path) -> None:
    """Remove the worktrees at or below a folder, files and entries; the user's own stay.

    `git worktree prune` would take those that the user has on a disk that is not mounted.

    Raises:
        CodeError: If git cannot remove one.
    """
    for worktree in list(_worktrees(project_path)):
        if _is_below(worktree, folder.resolve()):
            # Twice: one that git was killed while making is still locked.
            git(project_path, "worktree", "remove", "--force", "--force", str(worktree))


def _worktrees(project_path: Path) -> Iterator[Path]:
    try:
        listed = git(project_path, "worktree", "list", "--porcelain")
    except CodeError:  # no repository, no worktrees
        return
    for line in listed.split(b"\n"):
        if line.startswith(b"worktree "):
            yield Path(os.fsdecode(line.removeprefix(b"worktree ")))


def _is_below(worktree: Path, folder: Path) -> bool:
    if worktree.is_relative_to(folder):
        return True
    # After the project has moved, git has the old place. The name of a re-run's folder is unique;
    # where the old place still exists, this project is a copy of one that is in use there.
    tail = folder.parts[-3:]
    places = [worktree.parts[at : at + len(tail)] for at in range(len(worktree.parts))]
    return tail in places and not worktree.exists()
