"""What of the code has changed while a run went on."""

import hashlib
import stat
from base64 import b64decode
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from lakeproof.record.code import git, git_diff
from lakeproof.record.code import stamp as stamps
from lakeproof.record.code.file_contents import ODD_NAME
from lakeproof.record.code.gather_code import DIFF_NAME
from lakeproof.record.code.lying_files import readable
from lakeproof.record.code.source import sha256_or_link, source_files
from lakeproof.record.facts import CodeFacts, Content
from lakeproof.watch import OwnThreads

_IMPORTABLE = {".py", ".pyc", ".so", ".pyd"}
_NO_BYTES = hashlib.sha256(b"").hexdigest()


def changed_in(
    project_path: Path,
    code: CodeFacts,
    repository: git.Repository | None,
    written: Collection[str] = (),
) -> tuple[str, ...]:
    """Name the paths that are not what they were when the facts were gathered.

    What counts is the content: to commit or stage the same files changes nothing. Nor does what
    git does not track outside of the source tree, unless Python could import it: the log of the run
    itself may be written there.

    Args:
        project_path: The project.
        code: What was gathered when the run started.
        repository: Of the project, as it is now.
        written: Files and folders that the run itself wrote, relative to the project.

    Returns:
        Paths of the source tree relative to the project, others relative to the repository.
    """
    files = source_files(project_path)
    changed = {path for path, _ in code.files.items() ^ files.items()}
    if code.commit is not None:
        prefix = f"{code.prefix}/" if code.prefix else ""
        in_source = {prefix + path for path in code.files.keys() | files.keys()}
        own = {prefix + path.rstrip("/") for path in written}
        for path in _changed_in_repository(project_path, code, repository) - in_source:
            if own.isdisjoint((path, *map(str, PurePosixPath(path).parents))):
                changed.add(path)
    return tuple(sorted(changed))


def _changed_in_repository(
    project_path: Path, code: CodeFacts, repository: git.Repository | None
) -> set[str]:
    commit = code.commit
    assert commit is not None
    if repository is None:
        stamp = stamps.fitting(project_path, code.files)
        # It was there when the run started, unless a stamp stood in its place.
        return set() if stamp is not None and stamp.commit == commit else {".git"}
    try:
        with OwnThreads(1) as threads:
            changing = threads.submit(git_diff.changes_to_commit, repository, commit)
            diff, changes = git_diff.diff_to_commit(repository, commit), changing.result()
    except git.GitError:
        return {".git"}
    then = {content.path: content for content in code.untracked}
    idle = {path for path in then if PurePosixPath(path).suffix not in _IMPORTABLE}
    same = {path for path, content in then.items() if _is_as(content, repository.top / path)}
    now = {readable(change.path) for change in changes if change.is_submodule}
    return (_changed_sections(code.diff, diff) | now | then.keys()) - same - idle


def _changed_sections(then: Content | None, now: bytes) -> set[str]:
    if (then.sha256 if then else _NO_BYTES) == hashlib.sha256(now).hexdigest():
        return set()
    if then is not None and then.withheld is not None:
        return {DIFF_NAME}  # It is not known what it said of which path.
    before = (then.text or "").encode() or b64decode(then.base64 or "") if then else b""
    return {path for path, _ in set(git_diff.sections(before)) ^ set(git_diff.sections(now))}


def _is_as(content: Content, path: Path) -> bool:
    if not content.sha256 or content.withheld == ODD_NAME:
        return True  # Never known, and said so when the run started.
    try:
        is_executable = bool(path.stat().st_mode & stat.S_IXUSR)
        return is_executable == content.is_executable and sha256_or_link(path) == content.sha256
    except OSError:
        return False
