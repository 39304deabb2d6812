"""The code of a record from before there were snapshots: commit, diff and untracked files.

Git puts it together, by today's attributes and filters; line ends are mended afterwards. Not for
snapshots (`files_of_tree`).
"""

import hashlib
from pathlib import Path

from lakeproof.record.code.git import find_repository
from lakeproof.record.code.git_diff import diff_to_commit
from lakeproof.record.facts import CodeFacts
from lakeproof.reproduce.code.recorded_contents import bytes_of, restore
from lakeproof.reproduce.code.repository import CodeError, git, lay_out


def check_out_changes(project_path: Path, code: CodeFacts, commit: str, target: Path) -> None:
    """Put a record from before there were snapshots together: commit, diff, untracked files."""
    lay_out(project_path, commit, target)
    git(target, "reset", "--hard", "--quiet")
    if code.diff is not None:
        _apply(target, diff_of(project_path, code))
    for content in code.untracked:
        if content.withheld is None:
            restore(content, target, content.path, target)


def diff_of(project_path: Path, code: CodeFacts) -> bytes:
    """Give the recorded diff; one that the record withholds is today's, if that is the same.

    Raises:
        CodeError: If it is not.
    """
    assert code.diff is not None
    assert code.commit is not None
    if code.diff.withheld is None:
        return bytes_of(code.diff)
    repository = find_repository(project_path)
    today = diff_to_commit(repository, code.commit) if repository else b""
    found = hashlib.sha256(today).hexdigest()
    if found != code.diff.sha256:
        raise CodeError(
            "The record keeps the changes that the run had to tracked files by digest only "
            f"({code.diff.withheld}), and today's are others: recorded sha256 "
            f"{code.diff.sha256 or 'unknown'}, found {found}. Nothing was run. Put those changes "
            "back."
        )
    return today


def _apply(target: Path, diff: bytes) -> None:
    git(target, "apply", "--binary", "-p1", "-", given=diff)
    # The files that the diff adds were tracked. Not by `apply --intent-to-add`: git 2.39 then
    # forgets all others.
    added = git(target, "ls-files", "--others", "-z")
    if added:
        from_stdin = ("--pathspec-from-file=-", "--pathspec-file-nul")
        git(target, "add", "--intent-to-add", "--force", *from_stdin, given=added)


def mend_line_ends(file: Path, recorded: str, project: Path) -> bool:
    """Give a file the line ends it had, which git's settings of that day decided."""
    if not file.resolve().is_relative_to(project.resolve()):
        return False  # A link leads to a file of the user's.
    unix = file.read_bytes().replace(b"\r\n", b"\n")
    for content in (unix, unix.replace(b"\n", b"\r\n")):
        if hashlib.sha256(content).hexdigest() == recorded:
            file.write_bytes(content)
            return True
    return False
