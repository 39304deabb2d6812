"""The files of a git tree, written below a folder byte for byte.

`git checkout` would let filters, line ends and encodings change them by today's attributes and
settings. Not for which tree that is (`worktree`).
"""

import re
from pathlib import Path, PurePosixPath

from lakeproof.inside import inside
from lakeproof.record.code import git, git_diff, git_files
from lakeproof.reproduce.code.safe_writes import make_way

# Git's own folder, also as file systems that mind neither case nor dots have it.
_GITS_OWN = re.compile(r"\.git[ .]*|git~\d", re.IGNORECASE)


def write_files(repository: Path, tree: str, target: Path) -> None:
    """Write all files of a tree, links last, so that nothing is written through one.

    Args:
        repository: A folder of it.
        tree: A tree or commit.
        target: The folder, which is there.

    Raises:
        GitError: If an object is not here, or the tree is none that git makes.
    """
    entries = git_files.files_of_tree(repository, tree)
    for path in entries:
        _require_ordinary(path)
    files = {path: entry for path, entry in entries.items() if entry.mode.startswith("100")}
    links = {path: entry for path, entry in entries.items() if entry.mode == git_files.LINK}
    made = {target}
    wanted = {**files, **links}
    contents = git_files.blobs(repository, [entry.name for entry in wanted.values()])
    for (path, entry), pieces in zip(wanted.items(), contents, strict=True):
        place = target / path
        if entry.mode == git_files.LINK:
            make_way(target, path).symlink_to(b"".join(pieces).decode(errors="surrogateescape"))
            continue
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        with place.open("xb") as file:
            file.writelines(pieces)
        if entry.mode == "100755":
            place.chmod(place.stat().st_mode | 0o111)
    for path, entry in entries.items():
        if entry.mode == git_diff.SUBMODULE:
            inside(target, path).mkdir(parents=True, exist_ok=True)


def _require_ordinary(path: str) -> None:
    parts = PurePosixPath(path).parts
    if path.startswith("/") or any(part == ".." or _GITS_OWN.fullmatch(part) for part in parts):
        raise git.GitError(f"The snapshot has a file '{path}', which git itself would not keep")
