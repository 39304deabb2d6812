"""The newest record of this clone: a ref of git, or a file where there is no git to write to.

The ref is not below `refs/lakeproof/`, which people push to each other: a head is one clone's own.
Several projects in one repository have one each.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lakeproof.record.code import git
from lakeproof.state_folder import hide_from_git, state_of
from lakeproof.whole_file import replace_text

REF = "refs/lakeproof-chain"

_FILE = "head"
_SHA256, _RUN_ID = r"sha256:[0-9a-f]{64}", r"[0-9a-f]{32}"
_LINE = re.compile(rf"({_SHA256}) ({_RUN_ID}) (-|{_SHA256})\n?")
# Each time another process was faster; a run that loses so often at once has other troubles.
_MOST_ATTEMPTS = 50


@dataclass(frozen=True)
class Head:
    """The newest record of this clone.

    Args:
        digest: `sha256:…` of its bytes.
        run_id: Whose it is.
        previous: What it names as the one before it.
    """

    digest: str
    run_id: str
    previous: str | None


@dataclass(frozen=True)
class Newest:
    """What a ref holds.

    Args:
        ref: Its name.
        held: The object, "" for none.
        head: What is in it.
    """

    ref: str
    held: str
    head: Head | None


def link(
    project_path: Path,
    run_id: str,
    write: Callable[[str | None], str],
    newest: Newest | None = None,
) -> None:
    """Write a record that names the newest one, and make it the newest.

    Where another process was faster, the record is written again. One that is written without the
    head moving on is followed by a fork: a fact, which costs no run its record. A run that is
    recorded a second time, because the first time failed, takes the place of its first record.

    Args:
        project_path: The project.
        run_id: Whose record it is.
        write: Writes the record with the digest of the one before it, and gives its own digest.
        newest: What was the newest a moment ago, where somebody has asked.

    Raises:
        GitError: If git cannot say.
    """
    if newest is None:
        repository = git.find_repository(project_path)
        if repository is None:
            _link_by_file(project_path, run_id, write)
            return
        newest = newest_in(project_path, repository)
    for _ in range(_MOST_ATTEMPTS):
        after = _after(newest.head, run_id, write)
        if _move(project_path, newest, after):
            return
        before, newest = newest, _held(project_path, newest.ref)
        if newest.held == before.held:
            # Nobody was faster: git cannot write here.
            _write_file(project_path, after)
            return


def head_of(project_path: Path) -> Head | None:
    """Give the newest record of this clone, where one is known."""
    repository = git.find_repository(project_path)
    held = newest_in(project_path, repository).head if repository is not None else None
    return held or _read_file(project_path)


def newest_in(project_path: Path, repository: git.Repository) -> Newest:
    """Give what the ref of a project holds.

    Raises:
        GitError: If git cannot say.
    """
    place = hashlib.sha256(repository.prefix.encode()).hexdigest()[:16]
    return _held(project_path, f"{REF}/{f'project-{place}' if repository.prefix else 'head'}")


def _after(head: Head | None, run_id: str, write: Callable[[str | None], str]) -> Head:
    if head is not None and head.run_id == run_id:
        previous = head.previous
    else:
        previous = head.digest if head is not None else None
    return Head(write(previous), run_id, previous)


def _held(project_path: Path, ref: str) -> Newest:
    """Give the object that the ref holds, "" for none, and what is in it."""
    # Of nearly all, name and content come of one process.
    name, content = _blob(project_path, ref)
    if content is None:
        asked = git.ask(project_path, "for-each-ref", "--format=%(objectname)", ref)
        name = asked.decode().strip()
        if not name:
            return Newest(ref, "", _read_file(project_path))
        # Another process may have made it since.
        _, content = _blob(project_path, name)
    return Newest(ref, name, None if content is None else _read(content))


def _blob(project_path: Path, which: str) -> tuple[str, str | None]:
    """Give the name of a blob and what is in it; nothing where there is none."""
    try:
        told = git.ask(project_path, "cat-file", "--batch", given=f"{which}\n".encode())
    except git.GitError:
        return "", None
    name, _, rest = told.decode(errors="replace").partition(" ")
    kind, _, content = rest.partition("\n")
    return (name, content.removesuffix("\n")) if kind.startswith("blob ") else ("", None)


def _move(project_path: Path, newest: Newest, head: Head) -> bool:
    """Let the ref hold another record, if it still holds what it held."""
    try:
        blob = git.ask(project_path, "hash-object", "-w", "--stdin", given=_written(head).encode())
        new = blob.decode().strip()
        git.ask(project_path, "update-ref", newest.ref, new, newest.held or "0" * len(new))
    except git.GitError:
        return False
    return True


def _link_by_file(project_path: Path, run_id: str, write: Callable[[str | None], str]) -> None:
    from filelock import FileLock

    place = state_of(project_path) / _FILE
    hide_from_git(place.parent)
    with FileLock(place.with_suffix(".lock")):
        _write_file(project_path, _after(_read_file(project_path), run_id, write))


def _read_file(project_path: Path) -> Head | None:
    try:
        return _read((state_of(project_path) / _FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _write_file(project_path: Path, head: Head) -> None:
    place = state_of(project_path) / _FILE
    hide_from_git(place.parent)
    replace_text(place, _written(head), 0o644, outlives_power=False)


def _read(text: str) -> Head | None:
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    digest, run_id, previous = found.groups()
    return Head(digest, run_id, None if previous == "-" else previous)


def _written(head: Head) -> str:
    return f"{head.digest} {head.run_id} {head.previous or '-'}\n"
