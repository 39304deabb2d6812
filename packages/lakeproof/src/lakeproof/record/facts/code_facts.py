"""The code and the configuration of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
class BundleFacts:
    """The same tree as a file on the run, for whoever has the store and not the repository.

    Args:
        artifact: Where MLflow has it: `runs:/…/lakeproof/code.bundle`.
        commit: The commit in it, which has no parent.
        tree: Its tree.
        size: Of the file, in bytes.
        left_out: Files of the snapshot that are not in it, by digest: a store may be read by others
            than the repository.
    """

    artifact: str
    commit: str
    tree: str
    size: int
    left_out: tuple[Content, ...] = ()


@dataclass(frozen=True)
class SnapshotFacts:
    """The working tree as one commit of git, each file with the bytes that lay there.

    Args:
        commit: What `refs/lakeproof/<run id>` holds: the checked-out commit where the working tree
            was that to the byte, or else a child of it; `None` where git could not write one.
        tree: Its tree.
        left_out: Files that the working tree had and the tree has not, by digest, each with its
            reason: a secret, or its size.
        note: Why there is no commit.
        bundle: It as a file, where no remote is known to have it.
        not_bundled: Why there is no such file although no remote is known to have it.
    """

    commit: str | None
    tree: str | None
    left_out: tuple[Content, ...] = ()
    note: str | None = None
    bundle: BundleFacts | None = None
    not_bundled: str | None = None


@dataclass(frozen=True)
class ImportedModule:
    """A module that was imported from neither repository, environment nor Python itself.

    Args:
        name: As it was imported.
        sha256: Of its file, in hexadecimal.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class CodeFacts:
    """The code that ran: what git has of it, and what only the working tree had.

    Args:
        commit: The full commit that was checked out; `None` where there is no repository, or no
            commit in it.
        remote: Where it was cloned from, without credentials.
        prefix: The project's folder within the repository, "" where it is the repository.
        diff: `git diff --binary HEAD` of tracked files, staged or not; `None` where there is none.
        untracked: Files of the repository that git neither tracks nor ignores; their bytes are in
            the snapshot, where there is one.
        files: Digest by path, relative to the project, of every source file and `pyproject.toml`.
        tree: `sha256:` of `files`: the code digest.
        changed_during_run: Paths that were others at the end of the run than at its start.
        snapshot: All of it as one commit; `None` outside of a repository, and in records from
            before there were any.
        search: Folders of the repository, relative to it, from which modules were imported beside
            the source folder, such as one on `PYTHONPATH`.
        elsewhere: Modules from folders on `PYTHONPATH` outside of it, which nothing keeps.
    """

    commit: str | None
    remote: str | None
    prefix: str
    diff: Content | None
    untracked: tuple[Content, ...]
    files: Mapping[str, str]
    tree: str
    changed_during_run: tuple[str, ...] = ()
    snapshot: SnapshotFacts | None = None
    search: tuple[str, ...] = ()
    elsewhere: tuple[ImportedModule, ...] = ()

    @property
    def is_dirty(self) -> bool:
        """Tell whether the working tree was another than the commit."""
        return self.diff is not None or bool(self.untracked)

    @property
    def kept_commit(self) -> str | None:
        """Give the commit that holds all that git has of it."""
        return (self.snapshot.commit if self.snapshot else None) or self.commit

    @property
    def kept_tree(self) -> str | None:
        """Give the tree of the snapshot; `None` where diff and untracked files stand for it."""
        return self.snapshot.tree if self.snapshot else None


@dataclass(frozen=True)
class ConfigurationFacts:
    """The configuration files that were read, those that git ignores too; never credentials.

    Args:
        source: The folder, relative to the project; absolute where it lies outside.
        environments: The base environment, then the one over it.
        files: All of them, by path.
        digest: `sha256:` of paths and contents.
        catalog_values: What resolvers made of values in the catalog, nested as they are there;
            `None` where nobody looked.
    """

    source: str
    environments: tuple[str, ...]
    files: tuple[Content, ...]
    digest: str
    catalog_values: Mapping[str, Any] | None = None
