"""`kedro share`: give the code of runs to whoever has the remote, uncommitted changes as well."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lakeproof.errors import LakeproofError
from lakeproof.record.code import git
from lakeproof.reproduce.code.remotes import remotes_of
from lakeproof.terminal import layout

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject

_SHORT = 8


class ShareError(LakeproofError):
    """The code of a run cannot be given to others."""


@dataclass(frozen=True)
class Shared:
    """What became of one run.

    Args:
        run_id: MLflow's.
        commit: The snapshot of its code.
        ref: The reference that holds it, here and there.
        remote: To which it was given.
        is_new: Whether the remote did not have it.
    """

    run_id: str
    commit: str
    ref: str
    remote: str
    is_new: bool


def share(project: "RunProject", runs: Sequence[str], remote: str | None) -> list[Shared]:
    """Push the snapshots of runs, each under a reference of its own; no branch is touched.

    Args:
        project: The project.
        runs: Their ids, beginnings of them, or `last`.
        remote: Which; `None` for `origin`, or the only one.

    Raises:
        LakeproofError: If there is no such run, its code is not here, or git refuses.
    """
    run_ids = dict.fromkeys(project.records.resolve(run) for run in runs)
    wanted = {run_id: _commit_of(project, run_id) for run_id in run_ids}
    target = _target(project, remote)
    return [_pushed(project, target, run_id, commit) for run_id, commit in wanted.items()]


def document(found: Sequence[Shared]) -> dict[str, Any]:
    """Make the JSON document."""
    return {"runs": list(map(asdict, found))}


def render(found: Sequence[Shared]) -> str:
    """Write a line a run."""
    rows = [
        [one.run_id[:_SHORT], one.commit[:_SHORT], one.remote, "new" if one.is_new else "was there"]
        for one in found
    ]
    return layout(dict.fromkeys(("run", "commit", "remote", "state"), "left"), rows)


def _commit_of(project: "RunProject", run_id: str) -> str:
    code = project.records.record(run_id).code
    if code.kept_commit is None:
        raise ShareError(
            f"Run {run_id[:_SHORT]} was not made from a git commit, so there is nothing to share. "
            "Commit the project before the next run."
        )
    try:
        git.ask(project.path, "cat-file", "-e", f"{code.kept_commit}^{{commit}}")
    except git.GitError as error:
        raise ShareError(
            f"The code of run {run_id[:_SHORT]}, commit {code.kept_commit}, is not in this "
            "repository. Nothing was shared. Share it from the one that the run was made in."
        ) from error
    return code.kept_commit


def _target(project: "RunProject", remote: str | None) -> str:
    known = remotes_of(project.path)
    if remote is not None and remote not in known:
        raise ShareError(
            f"This repository has no remote '{remote}': {_listed(known)}. Nothing was shared. Name "
            "one of them: --remote NAME"
        )
    if not known:
        raise ShareError(
            "This repository has no remote. Nothing was shared. Name one: git remote add origin "
            "REPOSITORY"
        )
    if remote is None and known[0] != "origin" and len(known) > 1:
        raise ShareError(
            f"This repository has several remotes: {_listed(known)}. Nothing was shared. Name one "
            "of them: --remote NAME"
        )
    return remote or known[0]


def _listed(names: Sequence[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there is none"


def _pushed(project: "RunProject", remote: str, run_id: str, commit: str) -> Shared:
    ref = f"refs/lakeproof/{run_id}"
    try:
        # With the user's own hooks and credentials: this is a push like any other.
        told = git.run(
            project.path,
            *("push", "--porcelain", "--no-follow-tags", remote, f"{commit}:{ref}"),
            settings=(),
            variables={"GIT_TERMINAL_PROMPT": os.environ.get("GIT_TERMINAL_PROMPT", "1")},
        )
    except git.GitError as error:
        raise ShareError(
            f"The code of run {run_id[:_SHORT]} could not be pushed to '{remote}': {error.message}"
        ) from error
    # So that `kedro check` knows it of a commit that is on no branch.
    git.keep_commit(project.path, f"{git.SHARED}/{remote}/{run_id}", commit)
    states = dict(_states(os.fsdecode(told)))
    return Shared(run_id, commit, ref, remote, is_new=states.get(ref) != "=")


def _states(told: str) -> Iterator[tuple[str, str]]:
    """Read what `git push --porcelain` says of each reference: `=` is up to date."""
    for line in told.splitlines():
        parts = line.split("\t")
        if len(parts) >= 2:
            yield parts[1].rpartition(":")[2], parts[0]
