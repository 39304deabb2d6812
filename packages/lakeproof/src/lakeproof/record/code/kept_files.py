"""Which of the files that nodes reached for the snapshot of the code keeps: a re-run has them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lakeproof.record.code import git, git_files
from lakeproof.record.facts import CodeFacts, NodeFacts, NotControlled


def without_kept_files(
    nodes: Sequence[NodeFacts], code: CodeFacts, project_path: Path
) -> tuple[NodeFacts, ...]:
    """Leave out of what nothing controls the files that come out of git as they were read.

    Args:
        nodes: Of a run.
        code: Its code, with the snapshot.
        project_path: Of the project whose repository holds it.
    """
    commit = code.snapshot.commit if code.snapshot is not None else None
    if commit is None:
        return tuple(nodes)
    reached = {one for node in nodes for one in node.not_controlled if _is_in_project(one)}
    kept = _kept(project_path, commit, code.prefix, reached) if reached else frozenset()
    return tuple(
        replace(node, not_controlled=tuple(one for one in node.not_controlled if one not in kept))
        for node in nodes
    )


def _is_in_project(one: NotControlled) -> bool:
    path = PurePosixPath(one.name)
    is_inside = not path.is_absolute() and ".." not in path.parts
    return one.kind == "file" and one.digest is not None and is_inside


def _kept(
    project_path: Path, commit: str, prefix: str, reached: Iterable[NotControlled]
) -> frozenset[NotControlled]:
    """Give those that git has with the digest that was seen: one listing, one look at them all."""
    try:
        entries = git_files.files_of_tree(project_path, commit)
        places = ((one, str(PurePosixPath(prefix, one.name))) for one in reached)
        found = [(one, entries[place].name) for one, place in places if place in entries]
        contents = git_files.blobs(project_path, [name for _, name in found])
        digests = [f"sha256:{_sha256(pieces)}" for pieces in contents]
    except git.GitError:  # a partial clone lacks one
        return frozenset()
    pairs = zip(found, digests, strict=True)
    return frozenset(one for (one, _), digest in pairs if one.digest == digest)


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
