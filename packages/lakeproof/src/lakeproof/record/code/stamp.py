"""The commit of a tree that has no repository: written when an image is built, believed if it fits.

An image has no `.git`, and often no git. What is built into it was a clean checkout then: the stamp
says of which commit, and the digest of the source files says whether it still is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lakeproof.errors import LakeproofError
from lakeproof.record.code import git
from lakeproof.record.code.source import source_files, tree_digest
from lakeproof.state_folder import NAME, hide_from_git

FILE = Path(NAME, "stamp.json")

_SCHEMA = 1
_MOST_BYTES = 10_000
_COMMIT, _DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"), re.compile(r"sha256:[0-9a-f]{64}")
_INNER = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)
# A URL, a path, or `git@host:path`; whatever else git knows is no address of a stamp.
_ADDRESS = re.compile(
    r"(?:(?:https?|ssh|git|file)://|/|\w[\w.-]*@(?=\w))\w?[\w./~:+@-]{0,2000}", re.ASCII
)


class StampError(LakeproofError):
    """A tree cannot be stamped."""

    exit_code = 2


@dataclass(frozen=True)
class Stamp:
    """What a tree was when it was stamped.

    Args:
        commit: The full commit.
        remote: Where it was cloned from, without credentials.
        prefix: The project's folder within the repository.
        tree: `sha256:…` of the source files, as a record's `code.tree`.
    """

    commit: str
    remote: str | None
    prefix: str
    tree: str


def write(project_path: Path) -> Stamp:
    """Stamp a clean checkout.

    Raises:
        StampError: If there is no commit, or the tree is another than it.
    """
    repository = git.find_repository(project_path)
    if repository is None:
        raise StampError(
            f"There is no commit of {project_path} that git would name. Nothing was stamped. "
            "Stamp where .git still is: before it is left out of the image."
        )
    try:
        told = git.ask(
            repository.top, "status", "--porcelain", "-z", "--untracked-files=all"
        ).decode(errors="replace")
    except git.GitError as error:
        raise StampError(f"{error.message}. Nothing was stamped.") from error
    if told:
        named = ", ".join(line[3:] for line in told.split("\0")[:5] if line[3:])
        raise StampError(
            f"The tree is not the commit {repository.commit[:8]}: {named}. Nothing was stamped. "
            "Commit first, or build from a clean checkout."
        )
    stamp = Stamp(
        repository.commit,
        git.remote_url(repository),
        repository.prefix,
        tree_digest(source_files(project_path)),
    )
    hide_from_git(project_path / NAME)
    text = json.dumps({"schema": _SCHEMA, **asdict(stamp)}, indent=1) + "\n"
    (project_path / FILE).write_text(text, encoding="utf-8")
    return stamp


def read(project_path: Path) -> Stamp | None:
    """Give the stamp of a tree, `None` where there is none that can be read."""
    try:
        with (project_path / FILE).open("rb") as file:
            document = json.loads(file.read(_MOST_BYTES))
        if document.pop("schema") != _SCHEMA:
            return None
        stamp = Stamp(**document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return stamp if _holds(stamp) else None


def fitting(project_path: Path, files: Mapping[str, str]) -> Stamp | None:
    """Give the stamp of these source files; `None` where it is that of others."""
    stamp = read(project_path)
    return stamp if stamp is not None and stamp.tree == tree_digest(files) else None


def _holds(stamp: Stamp) -> bool:
    texts = (stamp.commit, stamp.tree, stamp.prefix, stamp.remote or "")
    if not all(isinstance(text, str) for text in texts):
        return False
    return bool(
        _COMMIT.fullmatch(stamp.commit)
        and _DIGEST.fullmatch(stamp.tree)
        and (not stamp.prefix or _INNER.fullmatch(stamp.prefix))
        and ".." not in stamp.prefix.split("/")
        and (stamp.remote is None or _ADDRESS.fullmatch(stamp.remote))
    )
