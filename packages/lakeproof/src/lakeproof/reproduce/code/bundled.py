"""The code of a run out of the bundle that lies on it, where the repository does not have it.

It becomes a repository of its own in scratch: the user's gets nothing of it, and need not be there.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lakeproof.record.code.git import GitError
from lakeproof.record.facts import BundleFacts, CodeFacts
from lakeproof.reproduce.code.files_of_tree import write_files
from lakeproof.reproduce.code.recorded_contents import restore
from lakeproof.reproduce.code.repository import CodeError, git
from lakeproof.reproduce.code.safe_writes import RawFileError

# Brings an artifact of MLflow by its place; `None` where it is gone.
FindArtifact = Callable[[str], Path | None]

_PLACE = re.compile(r"runs:/[0-9a-f]{32}/lakeproof/code\.bundle")
_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def no_artifact(_: str) -> Path | None:
    """Bring nothing."""
    return None


def find_bundle(code: CodeFacts, find_artifact: FindArtifact) -> Path | None:
    """Bring the bundle of a run's code; `None` where it has none, or it is gone."""
    bundle = _facts(code)
    if bundle is None or not _PLACE.fullmatch(bundle.artifact):
        return None
    found = find_artifact(bundle.artifact)
    return found if found is not None and found.is_file() else None


def why_no_bundle(code: CodeFacts) -> str:
    """Say, after why the repository has not the code, why the run has not either."""
    bundle = _facts(code)
    if bundle is not None:
        return f" Nor is the bundle of the run where MLflow says ({bundle.artifact})."
    if code.snapshot is not None and code.snapshot.not_bundled:
        return f" The run has no bundle of it: {code.snapshot.not_bundled}."
    return ""


def unpack(file: Path, code: CodeFacts, target: Path) -> None:
    """Make a repository with the bundle's commit checked out, byte for byte.

    Args:
        file: The bundle.
        code: As recorded.
        target: The folder, which is not there yet.

    Raises:
        CodeError: If it is not the bundle that the record names.
    """
    bundle = _named(code, "Nothing was run.")
    target.mkdir(parents=True)
    by = "sha1" if len(bundle.commit) == 40 else "sha256"
    try:
        git(target, "init", "--quiet", "--template=", f"--object-format={by}")
        git(target, "bundle", "unbundle", str(file.resolve()))
        git(target, "update-ref", "--no-deref", "HEAD", bundle.commit)
        git(target, "read-tree", bundle.tree)
        write_files(target, bundle.tree, target)
    except (CodeError, GitError) as error:
        raise CodeError(
            f"The bundle of the run's code ({bundle.artifact}) is damaged or another one: "
            f"{error.message}"
        ) from error


def unbundled(file: Path, code: CodeFacts, repository: Path) -> str:
    """Bring the commit of a bundle into a repository, because somebody asked for it.

    Args:
        file: The bundle.
        code: As recorded.
        repository: The user's, which gets objects and no reference.

    Raises:
        CodeError: If it is not the bundle that the record names.
    """
    bundle = _named(code, "Nothing was changed.")
    git(repository, "bundle", "unbundle", str(file.resolve()))
    tree = git(repository, "rev-parse", "--verify", f"{bundle.commit}^{{tree}}").decode().strip()
    if tree != bundle.tree:
        raise CodeError(
            f"The bundle of the run's code ({bundle.artifact}) is another one: it holds the tree "
            f"{tree}, the record says {bundle.tree}. Nothing was changed."
        )
    return bundle.commit


def restore_left_out(code: CodeFacts, present: Path, target: Path) -> Iterator[str]:
    """Put files that the bundle leaves out where the user has them; say which are not had.

    Those of them that are source are missed when all source is held against the record.
    """
    bundle = _facts(code)
    for content in bundle.left_out if bundle is not None else ():
        try:
            restore(content, target, content.path, present)
        except RawFileError:
            yield f"'{content.path}' is not in the bundle: {content.withheld}"


def _facts(code: CodeFacts) -> BundleFacts | None:
    return code.snapshot.bundle if code.snapshot is not None else None


def _named(code: CodeFacts, untouched: str) -> BundleFacts:
    """Give the bundle that a record names; what it names may be anything."""
    bundle = _facts(code)
    assert bundle is not None
    if not _NAME.fullmatch(bundle.commit) or not _NAME.fullmatch(bundle.tree):
        raise CodeError(f"The record names no commit of the run's bundle. {untouched}")
    return bundle
