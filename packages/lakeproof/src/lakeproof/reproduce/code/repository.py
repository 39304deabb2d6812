"""The user's repository, asked by a re-run so that no setting of today decides what comes out."""

import os
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.record.code.git import GitError, run

# What a user may have set that would change files or run something. Filters (LFS) stay: a file has
# its content through them.
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.safecrlf=false",
    "apply.whitespace=nowarn",
    "apply.ignoreWhitespace=no",
    "submodule.recurse=false",
    "advice.detachedHead=false",
)


class CodeError(LakeproofError):
    """The code or configuration of a run cannot be restored."""


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run git so that only the repository decides what comes of it.

    Args:
        folder: Where.
        arguments: The command.
        given: Its standard input.

    Raises:
        CodeError: With git's own words.
    """
    try:
        return run(folder, *arguments, settings=SETTINGS, given=given)
    except GitError as error:
        raise CodeError(
            f"In {folder}, {error.message}. Nothing was run, and your files are as they were."
        ) from error


def repository_of(project_path: Path) -> Path:
    """Find the top of the repository that the project is, or is a folder of.

    Raises:
        CodeError: If it is in none.
    """
    top = os.fsdecode(git(project_path, "rev-parse", "--show-toplevel"))
    return Path(top.removesuffix("\n"))


def lay_out(project_path: Path, commit: str, target: Path) -> None:
    """Make a worktree of a commit, and write no file of it.

    Where nothing may be written into the user's repository (a read-only mount, another owner), it
    is a repository of its own, which borrows the user's objects.

    Raises:
        CodeError: If git cannot.
    """
    shared = Path(os.fsdecode(git(project_path, "rev-parse", "--git-common-dir")).rstrip("\n"))
    shared = (project_path / shared).resolve()
    if os.access(shared, os.W_OK):
        options = ("--detach", "--no-checkout", "--quiet")
        git(project_path, "worktree", "add", *options, str(target), commit)
        return
    target.mkdir(parents=True)
    kind = "sha1" if len(commit) == 40 else "sha256"
    git(target, "init", "--quiet", "--template=", f"--object-format={kind}")
    borrowed = target / ".git/objects/info/alternates"
    borrowed.parent.mkdir(exist_ok=True)
    borrowed.write_bytes(os.fsencode(shared / "objects") + b"\n")
    if (shared / "shallow").is_file():
        (target / ".git/shallow").write_bytes((shared / "shallow").read_bytes())
    git(target, "update-ref", "--no-deref", "HEAD", commit)
