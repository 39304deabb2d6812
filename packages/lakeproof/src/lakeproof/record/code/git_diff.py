"""What git says of the difference between a working tree and a commit.

Asked with a copy of the index: `git diff` would write it.
"""

import ast
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakeproof.record.code.git import Repository, ask

# One section per path, which `git apply` takes whatever the user set: no renames, no omissions.
_DIFF = (
    *("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--no-relative"),
    *("--diff-algorithm=myers", "--src-prefix=a/", "--dst-prefix=b/", "-O/dev/null"),
)
_PATCH = ("--patch", "--binary", "--full-index", "-U3", "--inter-hunk-context=0")
SUBMODULE = "160000"


@dataclass(frozen=True)
class Change:
    """A tracked path that is not as a commit has it.

    Args:
        path: As the file system has it.
        status: Git's letter: `M`, `A`, `D`, `T`, `U`.
        is_submodule: Whether a submodule is there, or was.
    """

    path: str
    status: str
    is_submodule: bool


def diff_to_commit(repository: Repository, commit: str) -> bytes:
    """Give what `git apply` makes the tracked files of today out of a commit.

    Staged or not, new files that are staged or announced (`git add -N`) too; not the submodules.

    Raises:
        GitError: If git cannot say.
    """
    with _copied_index(repository) as index:
        return ask(repository.top, *_DIFF, *_PATCH, "--ignore-submodules=all", commit, index=index)


def sections(diff: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a diff says of each path; no line of a change begins as a section does."""
    for section in re.split(rb"^(?=diff --git )", diff, flags=re.MULTILINE):
        header = section.partition(b"\n")[0].removeprefix(b"diff --git ")
        # Without renames both halves name the same path: `a/PATH b/PATH`.
        half = header[: len(header) // 2]
        if half.startswith(b'"'):
            half = ast.literal_eval("b" + half.decode())
        if half:
            yield os.fsdecode(half[2:]), section


def changes_to_commit(repository: Repository, commit: str) -> tuple[Change, ...]:
    """Name the tracked paths that are not as the commit has them, submodules too.

    Raises:
        GitError: If git cannot say.
    """
    with _copied_index(repository) as index:
        answer = ask(
            repository.top,
            *(*_DIFF, "--raw", "-z", "--ignore-submodules=none", commit),
            index=index,
        )
    fields = answer.split(b"\0")
    return tuple(
        Change(os.fsdecode(path), chr(entry.split()[-1][0]), SUBMODULE.encode() in entry[:14])
        for entry, path in zip(fields[::2], fields[1::2], strict=False)
    )


@contextmanager
def _copied_index(repository: Repository) -> Iterator[Path | None]:
    with tempfile.TemporaryDirectory(prefix="lakeproof-index-") as folder:
        copy = Path(folder, "index")
        try:
            # With its time: a file that was changed in the very moment after its entry was written
            # looks unchanged, and git tells by the index being no younger.
            shutil.copy2(repository.index, copy)
        except FileNotFoundError:
            yield None
        else:
            yield copy
