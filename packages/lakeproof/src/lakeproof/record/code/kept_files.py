"""Which of the files that nodes reached for the snapshot of the code keeps: a re-run has them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lakeproof.record.code import git
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
    known: dict[NotControlled, bool] = {}

    def is_kept(one: NotControlled) -> bool:
        path = PurePosixPath(one.name)
        if one.kind != "file" or path.is_absolute() or ".." in path.parts or one.digest is None:
            return False
        if one not in known:
            known[one] = one.digest == _digest_of(project_path, f"{commit}:{code.prefix}", path)
        return known[one]

    return tuple(
        replace(node, not_controlled=tuple(one for one in node.not_controlled if not is_kept(one)))
        for node in nodes
    )


def _digest_of(project_path: Path, tree: str, path: PurePosixPath) -> str | None:
    place = f"{tree}{'' if tree.endswith(':') else '/'}{path}"
    try:
        content = git.ask(project_path, "cat-file", "blob", place)
    except git.GitError:
        return None
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
