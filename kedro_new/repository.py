"""Give the new project the commit that its first run's record will name.

Nobody's settings may keep it from being made: no identity, a key to sign with, hooks or
files to ignore of their own.
Inside another repository the project belongs to that one, and when to commit there is not ours to
say.
"""

import os
from pathlib import Path

from kedro_new.git import git, git_knows

_NOBODY = ["-c", "user.name=kedro new", "-c", "user.email=kedro-new@localhost"]
_UNHINDERED = [
    *("-c", "commit.gpgSign=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", f"core.excludesFile={os.devnull}"),
]


def commit_or_join(target: Path, project_name: str) -> str:
    """Make a repository with one commit, unless the project lies in a repository already.

    Args:
        target: The new project's folder, complete.
        project_name: What people call the project.

    Returns:
        What was done.

    Raises:
        GenerateError: git is not installed, or cannot commit.
    """
    around = git_knows(target, "rev-parse", "--show-toplevel")
    if around:
        return _joined(target, around)
    git(target, "init", "--quiet")
    git(target, *_UNHINDERED, "add", "--all")
    is_known = all(
        git_knows(target, "-c", "user.useConfigOnly=true", "var", f"GIT_{who}_IDENT")
        for who in ("AUTHOR", "COMMITTER")
    )
    message = f"Start {project_name} with kedro new"
    identity = [] if is_known else _NOBODY
    git(target, *identity, *_UNHINDERED, "commit", "--quiet", "--message", message)
    commit = git(target, "rev-parse", "--short", "HEAD")
    done = f"Made a git repository with the first commit, {commit}."
    if is_known:
        return done
    return (
        f"{done} git knows no name of yours, so it is by 'kedro new'. To make it yours, set "
        "user.name and user.email, then: git commit --amend --no-edit --reset-author"
    )


def _joined(target: Path, around: str) -> str:
    done = f"The project is inside the git repository {around}: none of its own was made, and "
    if git_knows(target, "check-ignore", "."):
        return (
            f"{done}that one ignores this folder. A run is reproduced from a commit: move the "
            "project out, or take it out of .gitignore there."
        )
    return f"{done}nothing was committed. To commit it there: git add . && git commit"
