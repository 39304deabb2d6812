"""The code and the configuration of a recorded run, in a git worktree of the user's repository.

The user's own tree, branch, index, stash and reflog are not touched; the one trace is the entry in
`.git/worktrees`, which `discard` takes away. Not for credentials: those are read where the user has
them today and never copied. Not for data (`raw_files`, `lakehouse`).
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import CodeFacts, ConfigurationFacts
from lakeproof.record.git import GitError, diff_to_commit, find_repository, run
from lakeproof.reproduce.raw_files import bytes_of, cut_links, restore

# What a user may have set that would change files or run something. Filters (LFS) stay: a file has
# its content through them.
_SETTINGS = (
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

_LINK = b"120000"
ARCHIVES = (".gz", ".tgz", ".zip", ".tar")


class CodeError(LakeproofError):
    """The code or configuration of a run cannot be had again."""


@dataclass(frozen=True)
class CheckedOut:
    """The project as it was.

    Args:
        project: Its folder.
        conf_source: The folder of its configuration, which lies elsewhere where the run's own lay
            outside of the project.
        left_out: Sentences on what the run may have seen and the re-run will not: untracked things
            whose content no record could keep (a repository within the repository), links out of
            the repository. None of them is a source file: those are all verified.
    """

    project: Path
    conf_source: Path
    left_out: tuple[str, ...] = ()


def check_out(
    project_path: Path, code: CodeFacts, configuration: ConfigurationFacts, target: Path
) -> CheckedOut:
    """Make a worktree of what the run had: commit, diff, untracked files and configuration.

    Then hold every source file against the record: nothing that git, a filter or a setting did to
    one of them on the way goes unseen.

    Args:
        project_path: The user's project.
        code: As recorded.
        configuration: As recorded.
        target: The worktree's folder, which is not there yet. Git names its entry after it.

    Raises:
        CodeError: If something is missing or a file comes out different.
    """
    commit = require_commit(project_path, code)
    git(project_path, "worktree", "add", "--detach", "--quiet", str(target), commit)
    present = repository_of(project_path)
    if code.diff is not None:
        _apply(target, diff_of(project_path, code))
    left_out = []
    for content in code.untracked:
        if content.sha256:
            restore(content, target, content.path, present)
        else:
            left_out.append(f"'{content.path}' is not in the record: {content.withheld}")
    project = target / code.prefix
    left_out += _cut_links(target, code, present)
    conf_source = _restore_configuration(configuration, project_path, project, target)
    _require_same(project, code.files)
    return CheckedOut(project, conf_source, tuple(left_out))


def require_commit(project_path: Path, code: CodeFacts) -> str:
    """Give the recorded commit if the repository still has it.

    Raises:
        CodeError: If it has not, or if there was none.
    """
    if code.commit is None:
        raise CodeError(
            "The run was not made from a git commit, so its code is known by digests only and "
            "cannot be had again. Nothing was run. Commit the project before the next run."
        )
    try:
        git(project_path, "cat-file", "-e", f"{code.commit}^{{commit}}")
    except CodeError as error:
        raise CodeError(
            f"Commit {code.commit} of the run is not in this repository. Nothing was run. Fetch "
            f"it: git fetch {code.remote or 'origin'} {code.commit} (or, in a shallow clone, "
            "git fetch --unshallow)"
        ) from error
    return code.commit


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
        return run(folder, *arguments, settings=_SETTINGS, given=given)
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


def _cut_links(target: Path, code: CodeFacts, present: Path) -> tuple[str, ...]:
    entries = git(target, "ls-files", "--stage", "-z").split(b"\0")
    links = [os.fsdecode(entry.partition(b"\t")[2]) for entry in entries if entry[:6] == _LINK]
    prefix = f"{code.prefix}/" if code.prefix else ""
    return cut_links(target, links, {prefix + path for path in code.files}, present)


def _restore_configuration(
    configuration: ConfigurationFacts, project_path: Path, project: Path, target: Path
) -> Path:
    """Write the recorded files over those of the commit, or beside the worktree."""
    source = configuration.source
    root, below, present = project, f"{source}/", project_path / source
    is_archive = source.endswith(ARCHIVES)
    if is_archive or PurePosixPath(source).is_absolute() or "://" in source:
        root, below = target.with_name(f"{target.name}-conf"), ""
        root.mkdir()
    for content in configuration.files:
        path = f"{below}{content.path}"
        restore(content, root, path, present.parent if is_archive else present)
    if is_archive:
        return root / present.name
    for environment in configuration.environments:
        # Kedro refuses to start without them, and git keeps no empty folder.
        (root / below / environment).mkdir(parents=True, exist_ok=True)
    return root / below


def _require_same(project: Path, recorded: Mapping[str, str]) -> None:
    from lakeproof.record.code import source_files

    found = source_files(project)
    for path in sorted(recorded.keys() & found.keys()):
        if found[path] != recorded[path] and _mend_line_ends(
            project / path, recorded[path], project
        ):
            found[path] = recorded[path]
    for path in sorted(recorded.keys() | found.keys()):
        if recorded.get(path) != found.get(path):
            raise CodeError(
                f"The code of the run cannot be had again: '{path}' was {_said(recorded.get(path))}"
                f" and comes out of git {_said(found.get(path))}. Nothing was run. Its filter, "
                "submodule or sparse checkout may be set up otherwise than it was then."
            )


def _said(sha256: str | None) -> str:
    return f"with sha256 {sha256}" if sha256 else "not at all"


def _mend_line_ends(file: Path, recorded: str, project: Path) -> bool:
    """Give a file the line ends it had, which git's settings of that day decided."""
    if not file.resolve().is_relative_to(project.resolve()):
        return False  # A link leads to a file of the user's.
    unix = file.read_bytes().replace(b"\r\n", b"\n")
    for content in (unix, unix.replace(b"\n", b"\r\n")):
        if hashlib.sha256(content).hexdigest() == recorded:
            file.write_bytes(content)
            return True
    return False
