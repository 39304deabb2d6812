"""The files that nodes opened by themselves and git does not hold, if they are as they were.

The watch over nodes has written down what each of them read beside the catalog, and its digest. Not
for the catalog's (`raw_files`), nor for what is another today: that is said with the verdict.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from lakeproof.record.facts import NodeFacts, NotControlled
from lakeproof.reproduce.code.safe_writes import copy_if_same
from lakeproof.watch.seen import file_seen, files_below


def place_seen(nodes: Iterable[NodeFacts], project_path: Path, worktree_project: Path) -> None:
    """Put what nodes found in the project where they look for it, if its bytes are the recorded.

    A file that a node wrote by itself is left for it to write.

    Args:
        nodes: As recorded.
        project_path: The user's project, which is only read.
        worktree_project: Where the re-run looks.
    """
    reached = [one for node in nodes for one in node.not_controlled]
    written = {one.name for one in reached if one.kind == "written"}
    for one in reached:
        if one.name in written or not _is_within(one.name):
            continue
        for path, sha256 in _files(one, project_path):
            there = worktree_project / path
            if path not in written and not (there.exists() or there.is_symlink()):
                copy_if_same(project_path / path, worktree_project, path, sha256)


def _is_within(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _files(one: NotControlled, project_path: Path) -> Iterator[tuple[str, str]]:
    """Give the files with their sha256; those of a folder where all of it is as it was."""
    if one.digest is None or one.kind not in ("file", "folder"):
        return
    if one.kind == "file":
        yield one.name, one.digest.removeprefix("sha256:")
        return
    folder = project_path / one.name
    seen = file_seen("folder", str(folder)) if folder.is_dir() else None
    if seen is not None and seen.digest == one.digest:
        from lakeproof.checksum import sha256_of

        for file in files_below(str(folder)):
            yield Path(file).relative_to(project_path).as_posix(), sha256_of(Path(file))
