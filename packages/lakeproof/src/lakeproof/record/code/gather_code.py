"""Gather the code of a run: what git has of it, and what only the working tree had.

Where there is no repository the digests of the source files stand alone: the run can then be
compared, but not restored.
"""

import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lakeproof.record.code import file_contents, git, git_diff, git_files
from lakeproof.record.code import stamp as stamps
from lakeproof.record.code.file_contents import (
    ODD_NAME,
    as_content,
    content_withheld,
    contents,
    file_content,
)
from lakeproof.record.code.imported import Imported
from lakeproof.record.code.lying_files import Lying, Seen, data_of, readable
from lakeproof.record.code.snapshot import extended, write_snapshot
from lakeproof.record.code.source import (
    source_files,
    source_paths,
    tree_digest,
)
from lakeproof.record.code.working_tree import look
from lakeproof.record.facts import CodeFacts, Content, SnapshotFacts
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.watch import OwnThreads

logger = logging.getLogger(__name__)

DIFF_NAME = "working-tree.diff"


def gather_code(project_path: Path, secrets: Secrets, *, keeps: bool = True) -> CodeFacts:
    """Gather the code as it is now.

    Args:
        project_path: The project, which may be a folder of a larger repository.
        secrets: What must not get in: a diff or file that holds one is there by digest only.
        keeps: Whether the repository is to keep it as a snapshot.
    """
    with OwnThreads() as threads:
        hashing = threads.submit(source_files, project_path)
        repository = git.find_repository(project_path)
        if repository is None:
            return _without_repository(project_path, hashing.result(), secrets)
        commit = repository.commit
        asking = threads.submit(_ask_for_snapshot, repository) if keeps else None
        diffing = threads.submit(git_diff.diff_to_commit, repository, commit)
        untracked = threads.submit(git.untracked_paths, repository)
        changing = threads.submit(git_diff.changes_to_commit, repository, commit)
        remote = threads.submit(git.remote_url, repository)
        files = hashing.result()
        reasons: Mapping[str, str | None] = {}
        try:
            diff = diffing.result()
            reasons = _reasons(diff, repository.top, secrets)
            changes = _diff_content(diff, reasons)
        except git.GitError as error:
            changes = Content(DIFF_NAME, "", 0, withheld=error.message)
        snapshot, kept = None, Lying()
        try:
            found = dict(contents(repository.top, untracked.result(), secrets))
            submodules = [change.path for change in changing.result() if change.is_submodule]
            if asking is not None:
                asked = asking.result()
                seen = Seen(
                    tracked=asked.tracked,
                    changes=changing.result(),
                    reasons=reasons,
                    hidden=asked.hidden,
                    filtered=asked.filtered,
                    others=found,
                    source=_source_of(repository, project_path),
                    knows_modes=asked.knows_modes,
                )
                snapshot, kept = _snapshot(repository, seen, secrets)
            others = tuple(_told(found, submodules, kept))
        except git.GitError as error:
            others = (Content("", "", 0, withheld=error.message),)
        where = remote.result()
        return CodeFacts(
            commit=commit,
            remote=secrets.redact_text(where) if where else None,
            prefix=readable(repository.prefix),
            diff=changes,
            untracked=others,
            files=files,
            tree=tree_digest(files),
            snapshot=snapshot,
        )


def _without_repository(
    project_path: Path, files: Mapping[str, str], secrets: Secrets
) -> CodeFacts:
    """Take the commit of the stamp, if these are the files that it was set upon."""
    tree = tree_digest(files)
    stamp = stamps.fitting(project_path, files)
    if stamp is None:
        if stamps.read(project_path) is not None:
            logger.warning(
                "The stamp of this image (%s) is that of other source files: it is not believed, "
                "and the code is known by digest alone. Build the image again: kedro stamp",
                stamps.FILE,
            )
        return CodeFacts(None, None, "", None, (), files, tree)
    remote = secrets.redact_text(stamp.remote) if stamp.remote else None
    return CodeFacts(stamp.commit, remote, stamp.prefix, None, (), files, tree)


def with_imported(
    project_path: Path, code: CodeFacts, imported: Imported, secrets: Secrets
) -> CodeFacts:
    """Add what a run has imported from beside its source folder, once it has ended.

    Args:
        project_path: The project.
        code: What was gathered when the run started.
        imported: What it has imported since.
        secrets: What must not get in.
    """
    code = replace(code, search=imported.search, elsewhere=imported.elsewhere)
    snapshot = code.snapshot
    repository = git.find_repository(project_path) if imported.files else None
    if repository is None or snapshot is None or snapshot.tree is None or code.commit is None:
        return code
    try:
        held = git_files.files_of_tree(repository.top, snapshot.tree)
        known = {*held, *(content.path for content in snapshot.left_out)}
        lying = Lying()
        for path in imported.files:
            if path in known:
                continue
            found = file_content(repository.top / path, readable(path), secrets)
            if found.withheld is None:
                mode = "100755" if found.is_executable else "100644"
                lying.files[path] = (mode, data_of(found))
            else:
                lying.left_out.append(found)
        if lying.files:
            commit, tree = extended(repository, code.commit, snapshot.tree, lying)
            snapshot = replace(snapshot, commit=commit, tree=tree)
    except git.GitError as error:
        return replace(code, snapshot=replace(snapshot, note=error.message))
    bundle = snapshot.bundle
    if bundle is not None:
        late = tuple(
            as_content(readable(path), data, "it was imported after the bundle was made")
            for path, (_, data) in lying.files.items()
        )
        bundle = replace(bundle, left_out=(*bundle.left_out, *late))
    left_out = (*snapshot.left_out, *lying.left_out)
    return replace(code, snapshot=replace(snapshot, left_out=left_out, bundle=bundle))


def keep_alive(project_path: Path, run_id: str, commit: str) -> bool:
    """Keep the snapshot of a run as `refs/lakeproof/<run id>`; say whether it could."""
    return git.keep_commit(project_path, f"refs/lakeproof/{run_id}", commit)


@dataclass(frozen=True)
class _Asked:
    tracked: Mapping[str, git_files.Entry]
    hidden: Collection[str]
    filtered: Mapping[str, str]
    knows_modes: bool


def _ask_for_snapshot(repository: git.Repository) -> _Asked:
    tracked = git_files.files_of_tree(repository.top, repository.commit)
    return _Asked(
        tracked,
        git_files.hidden_paths(repository),
        git_files.filtered_paths(repository, tracked),
        git_files.knows_modes(repository),
    )


def _snapshot(
    repository: git.Repository, seen: Seen, secrets: Secrets
) -> tuple[SnapshotFacts, Lying]:
    """Keep the working tree in git; where that cannot be, know by digest what nothing else has."""

    def read(path: Path, name: str) -> Content:
        return file_content(path, name, secrets)

    def reread(path: Path, name: str) -> Content:
        return file_content(path, name, None)

    lying = look(repository, seen, read, reread, file_contents.MOST_BYTES_TOGETHER)
    try:
        commit, tree = write_snapshot(repository, seen.tracked, lying)
    except (git.GitError, OSError) as error:
        note = error.message if isinstance(error, git.GitError) else f"{error.strerror}"
        held = {*seen.others, *seen.reasons}
        lost = (
            as_content(readable(path), data, f"git could not write it: {note}")
            for path, (_, data) in lying.files.items()
            if path not in held and path not in seen.tracked
        )
        return SnapshotFacts(None, None, (*lying.left_out, *lost), note), Lying()
    return SnapshotFacts(commit, tree, tuple(lying.left_out)), lying


def _told(
    found: Mapping[str, Content], submodules: Iterable[str], kept: Lying
) -> Iterator[Content]:
    """Say what git does not track; what the snapshot keeps stands there alone."""
    for path, content in found.items():
        folder = path.rstrip("/")
        if folder in kept.inner:
            yield Content(content.path, "", kept.inner[folder])
        elif content.withheld is None and content.path != path:
            yield replace(content, text=None, base64=None, withheld=ODD_NAME)
        elif path in kept.files:
            yield replace(content, text=None, base64=None)
        else:
            yield content
    for path in submodules:
        if path in kept.inner:
            yield Content(readable(path), "", kept.inner[path])
        else:
            yield content_withheld(readable(path), "it is a submodule with changes of its own")


def _source_of(repository: git.Repository, project_path: Path) -> frozenset[str]:
    """Name the source files relative to the repository."""
    found = (
        os.path.normpath(os.path.join(repository.prefix, path))
        for path in source_paths(project_path)
    )
    return frozenset(path for path in found if not path.startswith(".."))


def _diff_content(diff: bytes, reasons: Mapping[str, str | None]) -> Content | None:
    if not diff:
        return None
    if len(diff) > file_contents.MOST_BYTES_TOGETHER:
        return as_content(
            DIFF_NAME, diff, f"it is larger than {file_contents.MOST_BYTES_TOGETHER:,} bytes"
        )
    withheld = (
        f"the change of {readable(path)} is withheld: {reason}"
        for path, reason in reasons.items()
        if reason is not None
    )
    return as_content(DIFF_NAME, diff, next(withheld, None))


def _reasons(diff: bytes, top: Path, secrets: Secrets) -> dict[str, str | None]:
    """Look at each changed file by the rules for its kind."""
    reasons: dict[str, str | None] = {}
    if len(diff) > file_contents.MOST_BYTES_TOGETHER:
        return reasons
    for path, section in git_diff.sections(diff):
        name = readable(path)
        if b"\nGIT binary patch\n" in section:
            # Compressed: what it makes of the file is looked at instead.
            reason = file_content(top / path, name, secrets).withheld
            reason = reason if (top / path).is_file() else secrets.reason(b"", name)
        else:
            lines = (line[1:] for line in section.split(b"\n") if line[:1] in (b" ", b"+", b"-"))
            reason = secrets.reason(b"\n".join(lines), name)
        reasons[path] = reasons.get(path) or reason
    return reasons
