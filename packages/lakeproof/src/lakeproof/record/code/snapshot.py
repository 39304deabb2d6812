"""A working tree as one commit of git, with the bytes that lay there.

It is made beside the user's repository: the index is a private one in a temporary folder, blobs go
through no filter, and neither a hook nor a signing key is asked. What is added is objects, which
`refs/lakeproof/<run id>` keeps. Not for which files those are (`working_tree`).
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from lakeproof.record.code import git, git_files
from lakeproof.record.code.lying_files import Lying

# The same tree on the same commit is the same snapshot, whoever makes it and when.
_IDENTITY = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in (
        ("NAME", "Lakeproof"),
        ("EMAIL", "lakeproof@localhost"),
        ("DATE", "946684800 +0000"),
    )
}
_MESSAGE = b"The working tree of a recorded run\n"


def write_snapshot(
    repository: git.Repository, tracked: Mapping[str, git_files.Entry], lying: Lying
) -> tuple[str, str]:
    """Write the objects, and give commit and tree: those of the repository where nothing differs.

    Args:
        repository: Of its own, only objects become more.
        tracked: What its commit has.
        lying: What is to be otherwise.

    Raises:
        GitError: If git cannot write them.
    """
    with tempfile.TemporaryDirectory(prefix="lakeproof-snapshot-") as folder:
        entries = _written(repository, lying, Path(folder))
        added = {path: entry for path, entry in entries.items() if tracked.get(path) != entry}
        gone = [path for path in lying.gone if path in tracked and path not in entries]
        if not added and not gone:
            return repository.commit, repository.tree
        tree = _changed(repository, repository.tree, gone, added, Path(folder, "index"), {})
    return commit_of(repository, tree, repository.commit), tree


def extended(repository: git.Repository, commit: str, tree: str, lying: Lying) -> tuple[str, str]:
    """Write a snapshot that has more files than another one of the same commit.

    Raises:
        GitError: If git cannot write it.
    """
    with tempfile.TemporaryDirectory(prefix="lakeproof-snapshot-") as folder:
        added = _written(repository, lying, Path(folder))
        tree = _changed(repository, tree, (), added, Path(folder, "index"), {})
    return commit_of(repository, tree, commit), tree


def without(
    repository: git.Repository,
    tree: str,
    paths: Iterable[str],
    index: Path,
    variables: Mapping[str, str],
) -> str:
    """Write a tree that lacks some files of another one.

    Args:
        repository: Where.
        tree: The other one.
        paths: Of the files.
        index: A private one, which is not there yet.
        variables: More for git's environment.

    Raises:
        GitError: If git cannot write it.
    """
    return _changed(repository, tree, paths, {}, index, variables)


def commit_of(
    repository: git.Repository,
    tree: str,
    *parents: str,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Write the commit of a tree, always the same for the same.

    Raises:
        GitError: If git cannot write it.
    """
    above = [part for parent in parents for part in ("-p", parent)]
    answer = git.ask(
        repository.top,
        *("commit-tree", "--no-gpg-sign", *above, tree),
        variables={**_IDENTITY, **(variables or {})},
        given=_MESSAGE,
    )
    return answer.decode().strip()


def _changed(
    repository: git.Repository,
    tree: str,
    gone: Iterable[str],
    added: Mapping[str, git_files.Entry],
    index: Path,
    variables: Mapping[str, str],
) -> str:
    def ask(*arguments: str, given: bytes = b"") -> bytes:
        return git.ask(repository.top, *arguments, index=index, variables=variables, given=given)

    ask("read-tree", tree)
    nothing = "0" * len(tree)
    lines = [f"0 {nothing}\t".encode() + os.fsencode(path) for path in sorted(gone)]
    lines += [
        f"{entry.mode} {entry.name}\t".encode() + os.fsencode(path)
        for path, entry in sorted(added.items())
    ]
    ask("update-index", "-z", "--index-info", given=b"".join(line + b"\0" for line in lines))
    # What a partial clone lacks is not fetched for it.
    return ask("write-tree", "--missing-ok").decode().strip()


def _written(repository: git.Repository, lying: Lying, folder: Path) -> dict[str, git_files.Entry]:
    """Write the blobs, by way of copies: what was looked at for secrets is what becomes one."""
    if not lying.files:
        return {}
    places = []
    for number, (_, data) in enumerate(lying.files.values()):
        place = folder / str(number)
        place.write_bytes(data)
        places.append(str(place))
    answer = git.ask(
        repository.top,
        *("hash-object", "-w", "--no-filters", "--stdin-paths"),
        given="".join(f"{place}\n" for place in places).encode(),
    )
    names = answer.decode().split()
    modes = (mode for mode, _ in lying.files.values())
    return {
        path: git_files.Entry(mode, name)
        for path, mode, name in zip(lying.files, modes, names, strict=True)
    }
