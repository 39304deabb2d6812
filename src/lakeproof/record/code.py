"""Gather the code of a run: what git has of it, and what only the working tree had.

Where there is no repository the digests of the source files stand alone: the run can then be
compared, but not restored.
"""

import hashlib
import os
import re
import stat
import tomllib
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lakeproof.checksum import sha256_of
from lakeproof.record import git
from lakeproof.record.facts import CodeFacts, Content
from lakeproof.record.paths import files_below
from lakeproof.record.secrets import Secrets

DIFF_NAME = "working-tree.diff"
MOST_BYTES = 10 * 1024**2
# All untracked files together: a record is a document, not a store of data.
MOST_BYTES_TOGETHER = 64 * 1024**2

# Made by tools, and no code of the run.
_MADE = re.compile(r"__pycache__|\.ipynb_checkpoints|\.git|\.venv|\.\w+_cache|.*\.egg-info")
# Made by Python and by editors, which make and remove theirs while a run goes on.
_LEFT_OVER = re.compile(r".*\.pyc|\..*\.sw\w|.*~|\.#.*|#.*#|\.DS_Store")
_IMPORTABLE = {".py", ".pyc", ".so", ".pyd"}
_NO_BYTES = hashlib.sha256(b"").hexdigest()
_ODD_NAME = "its name is not UTF-8"


def gather_code(project_path: Path, secrets: Secrets) -> CodeFacts:
    """Gather the code as it is now.

    Args:
        project_path: The project, which may be a folder of a larger repository.
        secrets: What must not get in: a diff or file that holds one is there by digest only.
    """
    with ThreadPoolExecutor() as threads:
        hashing = threads.submit(source_files, project_path)
        repository = git.find_repository(project_path)
        if repository is None:
            files = hashing.result()
            return CodeFacts(None, None, "", None, (), files, tree_digest(files))
        commit = repository.commit
        diff = threads.submit(git.diff_to_commit, repository, commit)
        untracked = threads.submit(git.untracked_paths, repository)
        submodules = threads.submit(git.changed_submodules, repository, commit)
        remote = threads.submit(git.remote_url, repository)
        files = hashing.result()
        try:
            changes = _diff_content(diff.result(), repository.top, secrets)
        except git.GitError as error:
            changes = Content(DIFF_NAME, "", 0, withheld=error.message)
        try:
            paths = untracked.result()
            others = (
                *_contents(repository.top, paths, secrets),
                *_of_submodules(submodules.result()),
            )
        except git.GitError as error:
            others = (Content("", "", 0, withheld=error.message),)
        return CodeFacts(
            commit=commit,
            remote=remote.result(),
            prefix=readable(repository.prefix),
            diff=changes,
            untracked=others,
            files=files,
            tree=tree_digest(files),
        )


def changed_during(
    project_path: Path, code: CodeFacts, written: Collection[str] = ()
) -> tuple[str, ...]:
    """Name the paths that are not what they were when the facts were gathered.

    What counts is the content: to commit or stage the same files changes nothing. Nor does what
    git does not track outside of the source tree, unless Python could import it: the log of the run
    itself may be written there.

    Args:
        project_path: The project.
        code: What was gathered when the run started.
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
        for path in _changed_in_repository(project_path, code, code.commit) - in_source:
            if own.isdisjoint((path, *map(str, PurePosixPath(path).parents))):
                changed.add(path)
    return tuple(sorted(changed))


def keep_alive(project_path: Path, run_id: str, commit: str) -> bool:
    """Keep the commit of a run by the reference `refs/lakeproof/<run id>`; say whether it could."""
    return git.keep_commit(project_path, f"refs/lakeproof/{run_id}", commit)


def source_files(project_path: Path) -> dict[str, str]:
    """Digest `pyproject.toml` and every file below the source folder, links by what they lead to.

    Returns:
        SHA-256 by path relative to the project, in order of the paths.
    """
    declared = project_path / "pyproject.toml"
    found = {}
    if declared.is_file():
        found[declared.name] = _sha256(declared)
    for path in files_below(project_path / _source_folder(declared), _MADE):
        if _LEFT_OVER.fullmatch(path.name) or not (path.is_file() or path.is_symlink()):
            continue
        with suppress(OSError):  # Gone meanwhile, or nothing that Python could read either.
            found[readable(path.relative_to(project_path).as_posix())] = _sha256(path)
    return dict(sorted(found.items()))


def tree_digest(files: Mapping[str, str]) -> str:
    """Digest paths and digests: `path NUL digest newline`, in order of the paths."""
    lines = (f"{path}\0{digest}\n".encode() for path, digest in sorted(files.items()))
    return "sha256:" + hashlib.sha256(b"".join(lines)).hexdigest()


def file_content(path: Path, name: str, secrets: Secrets) -> Content:
    """Give a file as a fact: whole, or by digest where it is large or holds a secret.

    Args:
        path: Where it is; a link is the file it leads to.
        name: What to call it in the record.
        secrets: What must not get in.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _withheld(name, "it is no regular file, or a link to a folder")
        mark = bool(status.st_mode & stat.S_IXUSR)
        if status.st_size > MOST_BYTES:
            reason = f"it is larger than {MOST_BYTES:,} bytes"
            digest = _sha256(path)
            return Content(name, digest, status.st_size, withheld=reason, is_executable=mark)
        data = path.read_bytes()
    except OSError as error:
        return _withheld(name, f"it could not be read: {error.strerror}")
    return _content(name, data, secrets.reason(data, name), is_executable=mark)


def readable(name: str) -> str:
    """Give a name of the file system as text, with bytes that are no UTF-8 spelled out."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _content(
    name: str, data: bytes, withheld: str | None, *, is_executable: bool = False
) -> Content:
    facts = Content(
        *(name, hashlib.sha256(data).hexdigest(), len(data)),
        withheld=withheld,
        is_executable=is_executable,
    )
    if withheld is not None:
        return facts
    try:
        return replace(facts, text=data.decode())
    except UnicodeDecodeError:
        return replace(facts, base64=b64encode(data).decode())


def _withheld(name: str, reason: str) -> Content:
    return Content(name, "", 0, withheld=reason)


def _contents(top: Path, paths: Iterable[bytes], secrets: Secrets) -> Iterator[Content]:
    left = MOST_BYTES_TOGETHER
    for path in map(os.fsdecode, paths):
        name = readable(path)
        if _LEFT_OVER.fullmatch(PurePosixPath(path).name):
            continue
        if path.endswith("/"):
            yield _withheld(name, "it is a repository of its own")
            continue
        found = file_content(top / path, name, secrets)
        if found.withheld is None and name != path:
            found = replace(found, text=None, base64=None, withheld=_ODD_NAME)
        if found.withheld is None:
            left -= found.size
            if left < 0:
                reason = f"the untracked files together are over {MOST_BYTES_TOGETHER:,} bytes"
                found = replace(found, text=None, base64=None, withheld=reason)
        yield found


def _diff_content(diff: bytes, top: Path, secrets: Secrets) -> Content | None:
    if not diff:
        return None
    if len(diff) > MOST_BYTES_TOGETHER:
        return _content(DIFF_NAME, diff, f"it is larger than {MOST_BYTES_TOGETHER:,} bytes")
    return _content(DIFF_NAME, diff, _secret_in(diff, top, secrets))


def _secret_in(diff: bytes, top: Path, secrets: Secrets) -> str | None:
    """Look at each changed file by the rules for its kind."""
    for path, section in git.sections(diff):
        name = readable(path)
        if b"\nGIT binary patch\n" in section:
            # Compressed: what it makes of the file is looked at instead.
            reason = file_content(top / path, name, secrets).withheld
            reason = reason if (top / path).is_file() else secrets.reason(b"", name)
        else:
            lines = (line[1:] for line in section.split(b"\n") if line[:1] in (b" ", b"+", b"-"))
            reason = secrets.reason(b"\n".join(lines), name)
        if reason is not None:
            return f"the change of {name} is withheld: {reason}"
    return None


def _changed_in_repository(project_path: Path, code: CodeFacts, commit: str) -> set[str]:
    repository = git.find_repository(project_path)
    if repository is None:
        return {".git"}
    try:
        diff = git.diff_to_commit(repository, commit)
        submodules = git.changed_submodules(repository, commit)
    except git.GitError:
        return {".git"}
    then = {content.path: content for content in code.untracked}
    idle = {path for path in then if PurePosixPath(path).suffix not in _IMPORTABLE}
    same = {path for path, content in then.items() if _is_as(content, repository.top / path)}
    now = {content.path for content in _of_submodules(submodules)}
    return (_changed_sections(code.diff, diff) | now | then.keys()) - same - idle


def _changed_sections(then: Content | None, now: bytes) -> set[str]:
    if (then.sha256 if then else _NO_BYTES) == hashlib.sha256(now).hexdigest():
        return set()
    if then is not None and then.withheld is not None:
        return {DIFF_NAME}  # It is not known what it said of which path.
    before = (then.text or "").encode() or b64decode(then.base64 or "") if then else b""
    return {path for path, _ in set(git.sections(before)) ^ set(git.sections(now))}


def _is_as(content: Content, path: Path) -> bool:
    if not content.sha256 or content.withheld == _ODD_NAME:
        return True  # Never known, and said so when the run started.
    try:
        is_executable = bool(path.stat().st_mode & stat.S_IXUSR)
        return is_executable == content.is_executable and _sha256(path) == content.sha256
    except OSError:
        return False


def _of_submodules(paths: Iterable[bytes]) -> Iterator[Content]:
    for path in paths:
        yield _withheld(readable(os.fsdecode(path)), "it is a submodule with changes of its own")


def source_folder(project_path: Path) -> Path:
    """Give the folder of a project's own code."""
    return project_path / _source_folder(project_path / "pyproject.toml")


def _source_folder(declared: Path) -> str:
    try:
        tool = tomllib.loads(declared.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return "src"
    return str(tool.get("kedro", {}).get("source_dir") or "src")


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except FileNotFoundError:
        # A link that leads nowhere is what it says.
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
