"""Copy what a new project gets, under its own name; there is no second copy of any file.

What is copied is a list of places in this repository, so that a file of the starter's own stays
here unless it is named. Of those places, what git ignores stays too: data, models, credentials.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kedro_new.errors import GenerateError
from kedro_new.git import git
from kedro_new.names import distribution_name

# What this project's own package is called in every file that is copied.
PACKAGE, TITLE = "winery", "Winery"

COPIED = (
    ".gitignore",
    ".pre-commit-config.yaml",
    ".telemetry",
    "Dockerfile",
    "Makefile",
    "pyproject.toml",
    "conf/",
    "data/01_raw/wine/",
    "notebooks/",
    "requirements/",
    f"src/{PACKAGE}/",
    "tests/projects.py",
    f"tests/{PACKAGE}/",
)
# Lines between two of these, each on a line of its own in a comment, stay in the starter.
BEGIN, END = "[starter-only]", "[/starter-only]"
_MARK = re.compile(r"\s*(?:#|<!--)\s*(\[/?starter-only\])")


def copy(starter: Path, target: Path, *, package: str, title: str) -> None:
    """Copy and rename into a folder that is there.

    Args:
        starter: This repository, or its clone.
        target: The new project's folder.
        package: What the project's package is called.
        title: What people call the project.

    Raises:
        GenerateError: git is not installed.
    """
    for name in own_files(starter):
        place = target / name.replace(PACKAGE, package)
        place.parent.mkdir(parents=True, exist_ok=True)
        content = (starter / name).read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            place.write_bytes(content)
        else:
            renamed = _renamed(_without_starter(text, name), name, package=package, title=title)
            place.write_bytes(renamed.encode("utf-8"))
        shutil.copymode(starter / name, place)
    # As Kedro writes it when it is asked for `--telemetry`, so that the first commit stays clean.
    (target / ".telemetry").write_text("consent: false", encoding="utf-8")


def own_files(starter: Path) -> Iterator[str]:
    """List what of the starter a new project gets, whether the starter is a clone or a download.

    Args:
        starter: This repository, its clone, or a folder of its files without git.

    Yields:
        Paths relative to the starter.

    Raises:
        GenerateError: git is not installed.
    """
    for name in not_ignored(starter):
        if any(name == place or name.startswith(place) for place in COPIED):
            yield name


def not_ignored(starter: Path) -> list[str]:
    """Ask an empty repository what it would add: the rules of `.gitignore` and nobody's own."""
    with tempfile.TemporaryDirectory() as empty:
        git(starter, "init", "--quiet", "--bare", "--template=", empty)
        listed = git(
            starter,
            *("-c", f"core.excludesFile={os.devnull}"),
            *(f"--git-dir={empty}", f"--work-tree={starter}"),
            *("ls-files", "-z", "--others", "--exclude-standard"),
        )
    return sorted(filter(None, listed.split("\0")))


def _without_starter(text: str, name: str) -> str:
    kept, is_inside = [], False
    for line in text.splitlines(keepends=True):
        if mark := _MARK.match(line):
            if is_inside == (mark[1] == BEGIN):
                raise GenerateError(
                    f"'{name}' of the starter begins or ends {BEGIN} twice. Nothing was made."
                )
            is_inside = not is_inside
        elif not is_inside:
            kept.append(line)
    if is_inside:
        raise GenerateError(f"'{name}' of the starter has {BEGIN} without {END}. Nothing was made.")
    return "".join(kept)


def _renamed(text: str, name: str, *, package: str, title: str) -> str:
    # uv writes the distribution's name into a lock.
    own = distribution_name(package) if name.startswith("requirements/") else package
    by_name = {PACKAGE: own, TITLE: title}
    # In one go, for the new names may have the old ones in them.
    return re.sub("|".join(by_name), lambda found: by_name[found[0]], text)
