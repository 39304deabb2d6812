"""The code and the configuration of a run."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Content:
    """A file as it was when the run started.

    Args:
        path: With slashes; relative to the repository for `code`, to the configuration's folder for
            `configuration`.
        sha256: Of its bytes, in hexadecimal.
        size: In bytes.
        text: The bytes, where they are UTF-8.
        base64: The bytes, where they are not.
        withheld: Why neither is there: it holds a secret, or is too large.
        is_executable: Whether its owner may execute it.
    """

    path: str
    sha256: str
    size: int
    text: str | None = None
    base64: str | None = None
    withheld: str | None = None
    is_executable: bool = False


@dataclass(frozen=True)
class CodeFacts:
    """The code that ran: what git has of it, and what only the working tree had.

    Args:
        commit: The full commit that was checked out; `None` where there is no repository, or no
            commit in it.
        remote: Where it was cloned from, without credentials.
        prefix: The project's folder within the repository, "" where it is the repository.
        diff: `git diff --binary HEAD` of tracked files, staged or not; `None` where there is none.
        untracked: Files of the repository that git neither tracks nor ignores.
        files: Digest by path, relative to the project, of every source file and `pyproject.toml`.
        tree: `sha256:` of `files`: the code digest.
        changed_during_run: Paths that were others at the end of the run than at its start.
    """

    commit: str | None
    remote: str | None
    prefix: str
    diff: Content | None
    untracked: tuple[Content, ...]
    files: Mapping[str, str]
    tree: str
    changed_during_run: tuple[str, ...] = ()

    @property
    def is_dirty(self) -> bool:
        """Tell whether the working tree was another than the commit."""
        return self.diff is not None or bool(self.untracked)


@dataclass(frozen=True)
class ConfigurationFacts:
    """The configuration files that were read, those that git ignores too; never credentials.

    Args:
        source: The folder, relative to the project; absolute where it lies outside.
        environments: The base environment, then the one over it.
        files: All of them, by path.
        digest: `sha256:` of paths and contents.
    """

    source: str
    environments: tuple[str, ...]
    files: tuple[Content, ...]
    digest: str
