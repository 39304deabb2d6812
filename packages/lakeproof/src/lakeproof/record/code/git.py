"""What git says of the project, asked so that neither the repository nor the answer changes.

The user's settings decide nothing of what is recorded, no command prompts or pages, and the index
stays as it is. What differs from a commit is another question (`git_diff`).
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakeproof.errors import LakeproofError

# Set by git for its hooks, they would lead every command of ours to another repository, index or
# setting (from `git rev-parse --local-env-vars`).
PLACES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_QUIETLY = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
# Settings that have no option to overrule them. A filesystem monitor would be left running.
SETTINGS = (
    "core.quotePath=true",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    # A change is not to hide behind a modification time that was put back.
    "core.trustctime=true",
    "core.checkStat=default",
    # A private index is one file, and whole.
    "core.splitIndex=false",
    "index.sparse=false",
    # Else a reference of ours could have a reflog.
    "core.logAllRefUpdates=false",
    "diff.autoRefreshIndex=true",
    "diff.suppressBlankEmpty=false",
)
# Which snapshots of runs a remote has taken: it has them under names that git does not track.
SHARED = "refs/lakeproof-shared"
_REMOTES = r"^(remote\..*\.url|branch\..*\.remote)$"
_LEFT_OUT = {*PLACES, "GIT_DIFF_OPTS"}
_TRUST = "safe.directory"
_MOST_CHARACTERS = 500


class GitError(LakeproofError):
    """Git could not answer."""


@dataclass(frozen=True)
class Repository:
    """The repository that a project lies in.

    Args:
        top: Its working tree.
        prefix: The project's folder in it, "" where it is the repository.
        commit: The full commit that is checked out.
        tree: Its tree.
        index: The index file.
    """

    top: Path
    prefix: str
    commit: str
    tree: str
    index: Path


def head_commit(project_path: Path) -> str | None:
    """Give the full commit that is checked out, or `None` outside a repository."""
    try:
        answer = ask(project_path, "rev-parse", "--verify", "--quiet", "HEAD")
    except GitError:
        return None
    return os.fsdecode(answer).strip() or None


def find_repository(project_path: Path) -> Repository | None:
    """Find the repository of a project.

    Returns:
        `None` where there is none, or no commit in it, or no git; and where the project is ignored
        by a repository around it, whose commits say nothing of it.
    """
    try:
        answer = ask(
            project_path,
            *("rev-parse", "--show-toplevel", "--show-prefix", "--git-path", "index"),
            *("HEAD", "HEAD^{tree}"),
        )
    except GitError:
        return None
    top, prefix, index, commit, tree = os.fsdecode(answer).split("\n")[:5]
    repository = Repository(
        Path(top), prefix.rstrip("/"), commit, tree, Path(project_path, index).resolve()
    )
    return None if prefix and _is_ignored(project_path) else repository


def untracked_paths(repository: Repository) -> tuple[bytes, ...]:
    """Name the files that git neither tracks nor ignores, relative to the repository.

    A repository within this one is a single name that ends in a slash.

    Raises:
        GitError: If git cannot say.
    """
    answer = ask(repository.top, "ls-files", "--others", "--exclude-standard", "-z")
    return tuple(path for path in answer.split(b"\0") if path)


def remote_url(repository: Repository) -> str | None:
    """Give where the repository was cloned from: `origin`, or what the branch follows.

    User, password and query are removed from a URL; the `git@` of `git@host:path` is none of them.
    """
    try:
        answer = ask(repository.top, "config", "-z", "--get-regexp", _REMOTES)
    except GitError:
        return None
    lines = (line.split("\n", 1) for line in os.fsdecode(answer).split("\0") if "\n" in line)
    settings = dict(lines)
    followed = [value for key, value in settings.items() if key.startswith("branch.")]
    for name in ["origin", *followed]:
        if url := settings.get(f"remote.{name}.url"):
            return _without_secrets(url).encode(errors="replace").decode()
    return None


def _without_secrets(url: str) -> str:
    if "://" not in url:
        return url
    # A password that holds an `@` of its own ends at the last one before the path.
    return re.sub(r"(?<=://)[^/]*@", "", re.sub(r"[?#].*", "", url, flags=re.DOTALL))


def is_on_a_remote(repository: Repository) -> bool:
    """Tell whether a remote is known to have the checked-out commit.

    Raises:
        GitError: If git cannot say.
    """
    more = ask(repository.top, "rev-list", "-n1", repository.commit, "--not", "--remotes")
    return not more.strip()


def commits_on_remotes(project_path: Path) -> frozenset[str]:
    """Name all commits that a remote is known to have, as of the last fetch or push.

    Raises:
        GitError: If git cannot say.
    """
    told = ask(project_path, "rev-list", "--remotes", f"--glob={SHARED}/*")
    return frozenset(told.decode("ascii").split())


def keep_commit(project_path: Path, name: str, commit: str) -> bool:
    """Hold a commit by a reference of its own, so that no rebase and no clean-up loses it.

    Returns:
        Whether it could; a repository that cannot be written is no reason to stop.
    """
    try:
        ask(project_path, "update-ref", name, commit)
    except GitError:
        return False
    return True


def ask(
    folder: Path,
    *arguments: str,
    index: Path | None = None,
    variables: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> bytes:
    """Ask git something for the record.

    Args:
        folder: Where.
        arguments: The command.
        index: In place of the user's.
        variables: More for its environment.
        given: Its standard input.

    Raises:
        GitError: If git is not there or fails.
    """
    more = {**(variables or {}), **({} if index is None else {"GIT_INDEX_FILE": str(index)})}
    return run(folder, *arguments, settings=SETTINGS, variables=more, given=given)


def run(
    folder: Path,
    *arguments: str,
    settings: Sequence[str],
    variables: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> bytes:
    """Run git in the repository of a folder and in no other, and give what it printed.

    Args:
        folder: Where.
        arguments: The command.
        settings: What wins over the user's settings, such as `core.eol=lf`.
        variables: More for its environment.
        given: Its standard input.

    Raises:
        GitError: With git's own words, if it is not there or fails.
    """
    try:
        done = subprocess.run(
            command(settings, arguments),
            cwd=folder,
            env=environment(variables or {}),
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[:_MOST_CHARACTERS]
        # Not where: it may become part of a record, which names no place of a machine.
        raise GitError(f"git {arguments[0]} failed: {said or 'it does not say why'}")
    return done.stdout


def command(settings: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Give the command line of git with settings that win over the user's."""
    return ["git", *(part for setting in settings for part in ("-c", setting)), *arguments]


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Give the environment in which git works in the repository of its folder and asks nobody."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return {**kept, **_trusted(os.environ), **_QUIETLY, **variables}


def _trusted(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep whose repositories are trusted, of the settings that the environment gives to git.

    A container has no other place for it: no home folder, and a file system that is read alone.
    """
    count = environ.get("GIT_CONFIG_COUNT", "")
    numbers = range(int(count)) if count.isascii() and count.isdigit() and len(count) < 4 else ()
    pairs = ((environ.get(f"GIT_CONFIG_{kind}_{n}") for kind in ("KEY", "VALUE")) for n in numbers)
    places = [value for key, value in pairs if value and (key or "").lower() == _TRUST]
    given = {"GIT_CONFIG_COUNT": str(len(places))} if places else {}
    for number, place in enumerate(places):
        given |= {f"GIT_CONFIG_KEY_{number}": _TRUST, f"GIT_CONFIG_VALUE_{number}": place}
    return given


def _is_ignored(project_path: Path) -> bool:
    try:
        ask(project_path, "check-ignore", "--quiet", "pyproject.toml")
    except GitError:
        return False
    return True
