"""The commits between two of one branch."""

from pathlib import Path

from lakeproof.record.code import git


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
