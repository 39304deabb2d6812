"""The commits between two of one branch."""

from pathlib import Path

from lakeproof.explain.explanation import Commit
from lakeproof.record.code import git
from lakeproof.record.facts import CodeFacts


def code_between(project_path: Path, ours: CodeFacts, theirs: CodeFacts) -> list[Commit]:
    """List the codes that lead from one run's to another's, the last being the other's own.

    What the first had not committed goes first: the commits were made upon its commit, without it.

    Args:
        project_path: A folder of the repository.
        ours: The code of A.
        theirs: That of B.

    Returns:
        None where no branch leads from one to the other.
    """
    if ours.commit is None or theirs.commit is None:
        return []
    found = commits_between(project_path, ours.commit, theirs.commit)
    if not found and ours.commit != theirs.commit:
        return []
    back = Commit(ours.commit, "what A had not committed, taken back", is_way_back=True)
    return [
        *([back] if ours.is_dirty else []),
        *(Commit(*one) for one in found),
        *([Commit("", "what was not committed")] if theirs.is_dirty else []),
    ]


def commits_between(project_path: Path, before: str, after: str) -> list[tuple[str, str]]:
    """List the commits that lead from one to another along first parents, the oldest first.

    Args:
        project_path: A folder of the repository.
        before: A commit, which is not listed.
        after: Another one, which is.

    Returns:
        The id and the first line of each; none where the second does not follow the first.
    """
    try:
        git.ask(project_path, "merge-base", "--is-ancestor", before, after)
        told = git.ask(
            *(project_path, "log", "--first-parent", "--reverse", "-z", "--format=%H%x09%s"),
            *(f"{before}..{after}", "--"),
        )
    except git.GitError:
        return []
    found = told.decode(errors="replace").split("\0")
    lines = (one.partition("\t") for one in found if one)
    return [(commit, subject) for commit, _, subject in lines]
