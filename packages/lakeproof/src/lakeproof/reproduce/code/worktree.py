"""The code and the configuration of a recorded run, in a git worktree of the user's repository.

The user's own tree, branch, index, stash and reflog are not touched; the one trace is the entry in
`.git/worktrees`, which `discard` takes away. Not for credentials: those are read where the user has
them today and never copied. Not for data (`raw_files`; tables copy themselves).
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lakeproof.inside import is_inside
from lakeproof.record.code.git import GitError
from lakeproof.record.code.git_files import LINK, files_of_tree
from lakeproof.record.code.source import source_files
from lakeproof.record.facts import CodeFacts, ConfigurationFacts, Content
from lakeproof.reproduce.code.bundled import (
    FindArtifact,
    no_artifact,
    restore_left_out,
    unpack,
)
from lakeproof.reproduce.code.files_of_tree import write_files
from lakeproof.reproduce.code.older_code import check_out_changes, mend_line_ends
from lakeproof.reproduce.code.recorded_contents import restore
from lakeproof.reproduce.code.repository import CodeError, git, lay_out, repository_of
from lakeproof.reproduce.code.required_code import require_code
from lakeproof.reproduce.code.safe_writes import cut_links

ARCHIVES = (".gz", ".tgz", ".zip", ".tar")


@dataclass(frozen=True)
class CheckedOut:
    """The project as it was.

    Args:
        project: Its folder.
        conf_source: The folder of its configuration, which lies elsewhere where the run's own lay
            outside of the project.
        left_out: Sentences on what the run may have seen and the re-run will not: untracked things
            whose content no record could keep (a repository within the repository), links out of
            the repository. None of them is a source file: those are all verified.
        is_bundled: Whether the repository does not have it, so that the run's bundle was taken.
    """

    project: Path
    conf_source: Path
    left_out: tuple[str, ...] = ()
    is_bundled: bool = False


def check_out(
    project_path: Path,
    code: CodeFacts,
    configuration: ConfigurationFacts,
    target: Path,
    had: Collection[str] = (),
    find_artifact: FindArtifact = no_artifact,
) -> CheckedOut:
    """Make a worktree of what the run had: its snapshot and its configuration.

    Then hold every source file against the record: nothing that git or a setting did to one of
    them on the way goes unseen.

    Args:
        project_path: The user's project.
        code: As recorded.
        configuration: As recorded.
        target: The worktree's folder, which is not there yet. Git names its entry after it.
        had: Files that are put into the project afterwards, relative to it, by their content.
        find_artifact: Brings an artifact of MLflow by its place: where the repository lacks the
            run's code, its bundle has it.

    Raises:
        CodeError: If something is missing or a file comes out different.
    """
    project = _below(target, code.prefix)
    bundle = require_code(project_path, code, find_artifact, fetches=True)
    present = project_path if bundle is not None else repository_of(project_path)
    left_out: list[str] = []
    if bundle is not None:
        unpack(bundle, code, target)
        left_out += restore_left_out(code, project_path, target)
    elif code.kept_tree is not None:
        _check_out_snapshot(project_path, str(code.commit), code.kept_tree, target)
    else:
        check_out_changes(project_path, code, str(code.commit), target)
    for content in withheld_of(code):
        if content.sha256:
            restore(content, target, content.path, present)
        else:
            left_out.append(f"'{content.path}' is not in the record: {content.withheld}")
    # Once more: a link that has come with the files may be on the way there.
    project = _below(target, code.prefix)
    left_out += _cut_links(target, _tree_there(code, bundle), code, present, had)
    conf_source = _restore_configuration(configuration, project_path, project, target)
    _require_same(project, code)
    return CheckedOut(project, conf_source, tuple(left_out), bundle is not None)


def searched(out: CheckedOut, code: CodeFacts) -> Iterator[Path]:
    """Give the folders of the worktree from which the run imported beside its source folder.

    Raises:
        CodeError: If one leads out of it.
    """
    top = out.project
    for _ in PurePosixPath(code.prefix).parts:
        top = top.parent
    for folder in code.search:
        yield _below(top, folder)


def _check_out_snapshot(project_path: Path, commit: str, tree: str, target: Path) -> None:
    """Write the snapshot's files as they are, whatever attributes and settings say of them."""
    lay_out(project_path, commit, target)
    git(target, "read-tree", commit)
    try:
        write_files(project_path, tree, target)
    except GitError as error:
        raise CodeError(f"{error.message}. Nothing was run.") from error


def withheld_of(code: CodeFacts) -> Iterator[Content]:
    """Give what the record holds by digest only, or by name."""
    if code.kept_tree is None:
        yield from (content for content in code.untracked if content.withheld is not None)
    if code.snapshot is not None:
        yield from code.snapshot.left_out


def _below(folder: Path, prefix: str) -> Path:
    """Give the project's folder in a worktree.

    Raises:
        CodeError: If that is another place.
    """
    path = PurePosixPath(prefix)
    if not is_inside(folder, path / "any"):
        raise CodeError(
            f"The record says that the project lies at '{prefix}', which leads out of the "
            "repository. It was edited by hand or damaged. Nothing was run."
        )
    return folder / path


def _tree_there(code: CodeFacts, bundle: Path | None) -> str | None:
    facts = code.snapshot.bundle if code.snapshot is not None and bundle is not None else None
    return facts.tree if facts is not None else code.kept_tree


def _cut_links(
    target: Path, tree: str | None, code: CodeFacts, present: Path, had: Collection[str]
) -> tuple[str, ...]:
    in_repository = [str(PurePosixPath(code.prefix, path)) for path in had]
    if tree is not None:
        files = files_of_tree(target, tree)
        links = [path for path, entry in files.items() if entry.mode == LINK]
        return cut_links(target, links, (), present, in_repository)
    entries = git(target, "ls-files", "--stage", "-z").split(b"\0")
    links = [
        os.fsdecode(entry.partition(b"\t")[2]) for entry in entries if entry[:6] == LINK.encode()
    ]
    prefix = f"{code.prefix}/" if code.prefix else ""
    sources = {prefix + path for path in code.files}
    return cut_links(target, links, sources, present, in_repository)


def _restore_configuration(
    configuration: ConfigurationFacts, project_path: Path, project: Path, target: Path
) -> Path:
    """Write the recorded files over those of the commit, or beside the worktree."""
    source = configuration.source
    root, below, present = project, f"{source}/", project_path / source
    is_archive = source.endswith(ARCHIVES)
    if is_archive or PurePosixPath(source).is_absolute() or "://" in source:
        root, below = target.with_name(f"{target.name}-conf"), ""
        root.mkdir()
    for content in configuration.files:
        path = f"{below}{content.path}"
        restore(content, root, path, present.parent if is_archive else present)
    if is_archive:
        return root / present.name
    for environment in configuration.environments:
        # Kedro refuses to start without them, and git keeps no empty folder.
        _below(root, f"{below}{environment}").mkdir(parents=True, exist_ok=True)
    return root / below


def _require_same(project: Path, code: CodeFacts) -> None:
    # Once, that of a submodule counted.
    recorded = {path: sha256 for path, sha256 in code.files.items() if path[-5:] != "/.git"}
    found = source_files(project)
    if code.snapshot is None:  # Once, a compiled module did not count.
        found = {path: sha256 for path, sha256 in found.items() if not path.endswith(".pyc")}
    if code.kept_tree is None:
        for path in sorted(recorded.keys() & found.keys()):
            if found[path] != recorded[path] and mend_line_ends(
                project / path, recorded[path], project
            ):
                found[path] = recorded[path]
    for path in sorted(recorded.keys() | found.keys()):
        if recorded.get(path) != found.get(path):
            raise CodeError(
                f"The code of the run cannot be restored: '{path}' was {_said(recorded.get(path))}"
                f" and comes out of git {_said(found.get(path))}. Nothing was run. Its filter, "
                "submodule or sparse checkout may be set up otherwise than it was then."
            )


def _said(sha256: str | None) -> str:
    return f"with sha256 {sha256}" if sha256 else "not at all"
