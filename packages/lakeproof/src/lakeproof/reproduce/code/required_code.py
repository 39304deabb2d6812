"""Is the code of a run still there: in the repository, as a bundle on the run, on a remote?"""

from pathlib import Path

from lakeproof.record.facts import CodeFacts
from lakeproof.reproduce.code.bundled import (
    FindArtifact,
    find_bundle,
    no_artifact,
    why_no_bundle,
)
from lakeproof.reproduce.code.remotes import fetched_from, is_shared, nor_elsewhere
from lakeproof.reproduce.code.repository import CodeError, git


def require_code(
    project_path: Path,
    code: CodeFacts,
    find_artifact: FindArtifact = no_artifact,
    fetches: bool = False,
) -> Path | None:
    """Look for the code: in the repository, as a bundle on the run, on the repository's remotes.

    Args:
        project_path: The user's project.
        code: As recorded.
        find_artifact: Brings an artifact of MLflow by its place.
        fetches: Whether it is brought from a remote that has it; else that one has it is enough.

    Returns:
        The bundle, where the repository has not the code.

    Raises:
        CodeError: If none has, or the snapshot in the repository is not the record's.
    """
    _require_own_snapshot(project_path, code)
    try:
        require_commit(project_path, code)
    except CodeError as error:
        bundle = find_bundle(code, find_artifact)
        if bundle is not None:
            return bundle
        if not fetches and is_shared(project_path, code):
            return None
        if not fetches or fetched_from(project_path, code) is None:
            raise CodeError(f"{error.message}{why_no_bundle(code)}") from error
        _require_own_snapshot(project_path, code)
        require_commit(project_path, code)
    return None


def require_commit(project_path: Path, code: CodeFacts) -> str:
    """Give the recorded commit if the repository still has it.

    Raises:
        CodeError: If it has not, or if there was none.
    """
    if code.commit is None:
        raise CodeError(
            "The run was not made from a git commit, so its code is known by digests only and "
            "cannot be restored. Nothing was run. Commit the project before the next run."
        )
    try:
        for name in dict.fromkeys([code.commit, str(code.kept_commit)]):
            git(project_path, "cat-file", "-e", f"{name}^{{commit}}")
    except CodeError as error:
        if name != code.commit:
            raise CodeError(
                f"The snapshot {name} of the run's working tree is not in this repository"
                f"{nor_elsewhere(project_path)}"
            ) from error
        raise CodeError(
            f"Commit {code.commit} of the run is not in this repository"
            f"{nor_elsewhere(project_path)}"
        ) from error
    return code.commit


def _require_own_snapshot(project_path: Path, code: CodeFacts) -> None:
    """Hold what git knows of a snapshot against the record: which tree, and of which commit.

    Raises:
        CodeError: If it is another one. Where git does not have it, nothing is said.
    """
    kept, tree = (code.snapshot.commit, code.snapshot.tree) if code.snapshot else (None, None)
    if kept is None or code.commit is None:
        return
    try:
        content = git(project_path, "cat-file", "commit", kept).decode(errors="replace")
    except CodeError:
        return
    facts = [line.split() for line in content.partition("\n\n")[0].splitlines()]
    parents = [fact[1] for fact in facts if fact[0] == "parent"]
    if kept != code.commit and code.commit not in parents:
        raise CodeError(
            f"The record says that commit {code.commit} was checked out, and its snapshot {kept} "
            f"is of {' and '.join(parents) or 'none'}: one of them was edited. Nothing was run."
        )
    if ["tree", tree] not in facts:
        raise CodeError(
            f"The record says that its snapshot {kept} holds tree {tree}, and git has another in "
            "it: one of them was edited. Nothing was run."
        )
