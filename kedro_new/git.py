"""Ask git, in a folder and of nothing else's settings."""

import os
import subprocess
from pathlib import Path

from kedro_new.errors import GenerateError

# Where `kedro new` is typed in a hook of git, these would mean that hook's repository.
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder.

    Args:
        folder: Where.
        arguments: Options and command, as they would be typed.

    Returns:
        What it says, without the end of the last line.

    Raises:
        GenerateError: git is not installed, or it failed.
    """
    answer = _answer(folder, arguments)
    if answer.returncode:
        raise GenerateError(
            f"`git {' '.join(arguments)[:200]}` failed in {folder}: {answer.stderr.strip()[:500]} "
            "Nothing was made."
        )
    return answer.stdout.rstrip("\n")


def git_knows(folder: Path, *arguments: str) -> str:
    """Run git where a failure is an answer too: nothing.

    Raises:
        GenerateError: git is not installed.
    """
    answer = _answer(folder, arguments)
    return "" if answer.returncode else answer.stdout.rstrip("\n")


def _answer(folder: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except OSError as error:
        raise GenerateError(
            f"git could not be started: {error}. Nothing was made. A project needs git, also for "
            "the records of its runs: install it and try again."
        ) from error
