"""`kedro get`: from "how was that made?" to working on it: a run's code, parameters and pins, here.

Only when asked, and never over work that is not committed. What is changed beside the code are
lines of configuration files, which stay uncommitted, so that `git diff` shows them.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.commands.colleagues.run_settings import FileEdit, edits_of
from lakeproof.commands.output import write_atomically
from lakeproof.errors import LakeproofError
from lakeproof.record.code import git
from lakeproof.reproduce.code.bundled import unbundled
from lakeproof.reproduce.code.repository import repository_of
from lakeproof.reproduce.code.required_code import require_code
from lakeproof.spelling import first_of

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record

_SHORT = 8
_MOST_NAMED = 5


class GetError(LakeproofError):
    """What a run had cannot be brought here."""


@dataclass(frozen=True)
class Line:
    """A line of a file that is another now.

    Args:
        file: Relative to the repository.
        number: Of the line, from 1, as it was or, of a new one, as it is.
        before: What it was; `None` for a new one.
        after: What it is; `None` for one that is gone.
    """

    file: str
    number: int
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Got:
    """What was brought, or would be.

    Args:
        run_id: The run.
        branch: The branch of its code.
        commit: The snapshot to which that leads.
        was_on: What was checked out before.
        is_dry: Whether nothing was done.
        lines: The lines of configuration that were changed on top.
        notes: What could not be brought, and how to have it.
    """

    run_id: str
    branch: str
    commit: str
    was_on: str
    is_dry: bool
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def get(project: "RunProject", run: str, branch: str | None, is_dry: bool) -> Got:
    """Bring what a run had into the working tree.

    Args:
        project: The project.
        run: An id, a prefix of one, or `last`.
        branch: What the branch is to be called; `None` for `run-` and the beginning of the id.
        is_dry: Say what would be done, and change no file and no reference.

    Raises:
        LakeproofError: If there is no such run, its code is gone, or something is in the way.
    """
    run_id = project.records.resolve(run)
    record = project.records.record(run_id)
    branch = branch or f"run-{run_id[:_SHORT]}"
    top = repository_of(project.path)
    _require_clean(top)
    commit, notes = _commit(project, record)
    _require_free(top, branch, commit)
    _require_room(top, commit)
    edits = edits_of(top, record, commit)
    found = Got(
        run_id=run_id,
        branch=branch,
        commit=commit,
        was_on=_checked_out(top),
        is_dry=is_dry,
        lines=tuple(line for edit in edits.files for line in _lines(edit)),
        notes=(*notes, *edits.notes),
    )
    if not is_dry:
        _switch(top, branch, commit)
        for edit in edits.files:
            _write(top, edit)
    return found


def document(found: Got) -> dict[str, Any]:
    """Make the JSON document."""
    return asdict(found)


def render(found: Got) -> str:
    """Write what was done, each changed line with what it was."""
    does = "Would switch" if found.is_dry else "Switched"
    told = [
        f"{does} to branch {found.branch}: the code of run {found.run_id[:_SHORT]} "
        f"(commit {found.commit[:_SHORT]})"
    ]
    for file in dict.fromkeys(line.file for line in found.lines):
        told.append(f"{'Would change' if found.is_dry else 'Changed'} {file}:")
        for line in (line for line in found.lines if line.file == file):
            told += [f"  {line.number:>4} - {line.before}"] if line.before is not None else []
            told += [f"  {line.number:>4} + {line.after}"] if line.after is not None else []
    told += list(found.notes)
    if found.is_dry:
        told.append("Nothing was changed. Do it: leave out --dry-run")
    else:
        told.append(f"Run it: kedro run. Back: git stash && git switch {found.was_on}")
    return "\n".join(told)


def _require_clean(top: Path) -> None:
    told = os.fsdecode(git.ask(top, "status", "--porcelain", "--untracked-files=no"))
    names = [line[3:] for line in told.splitlines()]
    if names:
        raise GetError(
            f"The working tree has changes that are in no commit: "
            f"{first_of(names, _MOST_NAMED)}. Nothing was changed. Commit them, or put "
            "them aside: git stash"
        )


def _commit(project: "RunProject", record: "Record") -> tuple[str, tuple[str, ...]]:
    """Give a commit of the repository with the run's code, which a bundle may bring."""
    code = record.code
    bundle = require_code(project.path, code, project.records.artifact, fetches=True)
    if bundle is None:
        return str(code.kept_commit), ()
    commit = unbundled(bundle, code, repository_of(project.path))
    facts = code.snapshot.bundle if code.snapshot is not None else None
    left_out = [content.path for content in facts.left_out] if facts is not None else []
    notes = ["The code is out of the run's bundle: a commit without a history."]
    if left_out:
        notes.append(f"Not in it, for they hold secrets or are large: {', '.join(left_out[:10])}")
    return commit, tuple(notes)


def _require_free(top: Path, branch: str, commit: str) -> None:
    try:
        git.ask(top, "check-ref-format", "--branch", branch)
    except git.GitError as error:
        raise GetError(f"'{branch}' can be no name of a branch. Nothing was changed.") from error
    try:
        there = os.fsdecode(
            git.ask(top, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        ).strip()
    except git.GitError:
        return
    if there != commit:
        raise GetError(
            f"There is a branch {branch} already, at commit {there[:_SHORT]}, where somebody has "
            "gone on. Nothing was changed. Switch to it, or name another one: --branch NAME"
        )


def _require_room(top: Path, commit: str) -> None:
    """Refuse where the run's tree has a file that lies here untracked, though it be the same.

    Git would take it for its own, and remove it on the way back.
    """
    tracked = set(git.ask(top, "ls-files", "-z").split(b"\0"))
    there = git.ask(top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split(b"\0")
    names = [
        os.fsdecode(name)
        for name in there
        if name and name not in tracked and os.path.lexists(os.path.join(os.fsencode(top), name))
    ]
    if names:
        raise GetError(
            f"The run has files that lie here without being in git: "
            f"{first_of(names, _MOST_NAMED)}. Nothing was changed. Move them away, and try "
            "again."
        )


def _checked_out(top: Path) -> str:
    name = os.fsdecode(git.ask(top, "rev-parse", "--abbrev-ref", "HEAD")).strip()
    return name if name != "HEAD" else os.fsdecode(git.ask(top, "rev-parse", "HEAD")).strip()


def _switch(top: Path, branch: str, commit: str) -> None:
    try:
        git.ask(top, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        what = ["--end-of-options", branch]
    except git.GitError:
        what = ["-c", branch, commit]
    try:
        # What git ignores may be somebody's only copy.
        git.run(top, "switch", "--quiet", "--no-overwrite-ignore", *what, settings=())
    except git.GitError as error:
        raise GetError(f"{error.message} Nothing was changed.") from error


def _write(top: Path, edit: FileEdit) -> None:
    place = top / edit.path
    if place.is_symlink() or not place.resolve().is_relative_to(top.resolve()):
        raise GetError(f"{edit.path} leads out of the repository, and was left as it is.")
    if place.read_bytes() != edit.before.encode():
        raise GetError(f"{edit.path} is not as its commit has it, and was left as it is.")
    write_atomically(place, edit.after.encode())


def _lines(edit: FileEdit) -> Iterator[Line]:
    before, after = edit.before.splitlines(), edit.after.splitlines()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        olds, news = before[a:b], after[c:d]
        for offset in range(max(len(olds), len(news))):
            yield Line(
                edit.path,
                (a if olds else c) + offset + 1,
                olds[offset] if offset < len(olds) else None,
                news[offset] if offset < len(news) else None,
            )
