"""The changed lines between the code of two runs, for people.

They are what git says of two snapshots. A record from before there were any is put together as a
tree: its commit, its diff, its untracked files. That happens in an index and an object store in a
temporary folder, so the user's are only read.
"""

import difflib
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lakeproof.record.code import git
from lakeproof.record.facts import CodeFacts, ConfigurationFacts, Content
from lakeproof.reproduce.code.recorded_contents import bytes_of
from lakeproof.reproduce.code.safe_writes import RawFileError

MOST_LINES = 40
_HUNK = re.compile(r"@@ -(\d+)\S* \+(\d+)\S* @@")
# A plumbing command: the user's settings of what a diff looks like do not reach it.
_SETTINGS = ("core.quotePath=false",)
_DIFF = ("diff-tree", "-r", "--patch", "--unified=0")


class _NotRestorableError(Exception):
    """The code of a record cannot be put together, for the reason given."""


def changed_lines(
    repository: Path, expected: CodeFacts, actual: CodeFacts, limit: int = MOST_LINES
) -> tuple[str, ...] | str:
    """Show the changed lines of two runs' sources, such as `src/project/rows.py:41  + new`.

    A line that is gone has its old number, one that came its new number.

    Args:
        repository: A folder in the repository; it is only read.
        expected: The code of the first run.
        actual: The code of the second run.
        limit: How many lines at most.

    Returns:
        The lines, or a sentence that says why there are none.
    """
    try:
        with _scratch(repository) as scratch:
            trees = [_tree(scratch, code) for code in (expected, actual)]
            patch = _git(scratch, *_DIFF, *trees).decode(errors="replace")
    except _NotRestorableError as error:
        return f"{error}; the changed lines cannot be shown."
    sources = {
        (PurePosixPath(code.prefix) / path).as_posix(): path
        for code in (expected, actual)
        for path in code.files
    }
    return _bounded(_lines(patch, sources), limit)


def changed_configuration(
    expected: ConfigurationFacts, actual: ConfigurationFacts, limit: int = MOST_LINES
) -> tuple[str, ...]:
    """Show the changed lines of the configuration; a record holds it whole, ignored files too."""
    ours, theirs = ({file.path: file for file in one.files} for one in (expected, actual))
    found = (
        line
        for path in sorted(ours.keys() | theirs.keys())
        for line in _lines_of(path, ours.get(path), theirs.get(path))
    )
    return _bounded(found, limit)


def _lines_of(path: str, before: Content | None, after: Content | None) -> Iterator[str]:
    if before and after and before.sha256 == after.sha256:
        return
    texts = ["" if one is None else one.text for one in (before, after)]
    if None in texts:
        yield f"{path}  changed; its lines are not in the record"
        return
    old, new = (str(text).splitlines() for text in texts)
    patch = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", n=0, lineterm="")
    yield from _lines("\n".join(patch), {path: path})


def _lines(patch: str, shown: Mapping[str, str]) -> Iterator[str]:
    """Read a diff without context.

    Args:
        patch: The diff.
        shown: What to call a file, by its name in the diff; others are left out.
    """
    path, old, new, left = None, 0, 0, 0
    for line in patch.split("\n"):
        hunk = _HUNK.match(line)
        if left == 0 and line.startswith(("--- a/", "+++ b/")):
            path = shown.get(line[6:].rstrip("\t"))
        elif left == 0 and line.startswith("Binary files "):
            names = (name for name in shown if f"a/{name} " in line or f"b/{name} " in line)
            yield from (f"{shown[name]}  changed; it is not text" for name in list(names)[:1])
        elif hunk is not None and left == 0:
            old, new, left = int(hunk[1]), int(hunk[2]), _length(line)
        elif left and line[:1] in ("-", "+"):
            left -= 1
            if path is not None:
                yield f"{path}:{old if line[0] == '-' else new}  {line[0]} {line[1:]}".rstrip()
            old, new = old + (line[0] == "-"), new + (line[0] == "+")


def _length(hunk: str) -> int:
    """Count the lines of a hunk; a line of it may look like a heading."""
    counts = re.findall(r"[-+]\d+(?:,(\d+))?", hunk.split("@@")[1])
    return sum(int(count or 1) for count in counts)


def _bounded(lines: Iterable[str], limit: int) -> tuple[str, ...]:
    found = list(lines)
    more = len(found) - limit
    return (*found[:limit], f"… and {more} more lines") if more > 0 else tuple(found)


@contextmanager
def _scratch(repository: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give the repository's top folder, and the variables by which git writes elsewhere."""
    try:
        top = _git((repository, {}), "rev-parse", "--show-toplevel").decode().rstrip("\n")
        objects = _git((repository, {}), "rev-parse", "--git-path", "objects").decode()
    except _NotRestorableError as error:
        raise _NotRestorableError("There is no git repository here") from error
    with tempfile.TemporaryDirectory(prefix="lakeproof-lines-") as folder:
        alternates = Path(folder, "objects", "info", "alternates")
        alternates.parent.mkdir(parents=True)
        alternates.write_text(f"{(repository / objects.rstrip(chr(10))).resolve()}\n")
        yield (
            Path(top),
            {
                "GIT_INDEX_FILE": str(Path(folder, "index")),
                "GIT_OBJECT_DIRECTORY": str(Path(folder, "objects")),
                # A partial clone would fetch what it lacks.
                "GIT_NO_LAZY_FETCH": "1",
            },
        )


def _tree(scratch: tuple[Path, dict[str, str]], code: CodeFacts) -> str:
    """Give the snapshot of a run; one from before there were any is put together."""
    if code.kept_tree is not None:
        if not _is_there(scratch, f"{code.kept_tree}^{{tree}}"):
            raise _NotRestorableError(f"Snapshot {code.kept_tree[:8]} is not in the repository")
        return code.kept_tree
    if code.commit is None:
        raise _NotRestorableError("A run was not recorded from a git repository")
    short = code.commit[:8]
    if not _is_there(scratch, f"{code.commit}^{{commit}}"):
        raise _NotRestorableError(f"Commit {short} is no longer in the repository")
    _git(scratch, "read-tree", code.commit)
    if code.diff is not None:
        patch = _bytes(code.diff, f"The changes that a run had over commit {short}")
        _git(scratch, "apply", "--cached", "--whitespace=nowarn", "-", given=patch)
    entries = []
    for file in code.untracked:
        if file.withheld is None:
            content = _bytes(file, f"Untracked file {file.path}")
            name = _git(scratch, "hash-object", "-w", "--stdin", given=content).decode().strip()
            entries.append(f"{'100755' if file.is_executable else '100644'} {name}\t{file.path}\0")
    _git(scratch, "update-index", "-z", "--index-info", given="".join(entries).encode())
    return _git(scratch, "write-tree").decode().strip()


def _bytes(content: Content, name: str) -> bytes:
    if content.withheld is not None:
        raise _NotRestorableError(f"{name} are not in the record: {content.withheld}")
    try:
        return bytes_of(content)
    except RawFileError as error:
        raise _NotRestorableError(error.message) from error


def _is_there(scratch: tuple[Path, dict[str, str]], name: str) -> bool:
    try:
        _git(scratch, "cat-file", "-e", name)
    except _NotRestorableError:
        return False
    return True


def _git(scratch: tuple[Path, dict[str, str]], *command: str, given: bytes = b"") -> bytes:
    folder, variables = scratch
    try:
        return git.run(folder, *command, settings=_SETTINGS, variables=variables, given=given)
    except git.GitError as error:
        raise _NotRestorableError(error.message) from error
