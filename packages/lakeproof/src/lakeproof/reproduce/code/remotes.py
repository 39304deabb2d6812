"""The code of a run from the remotes of this repository, where it lacks it itself.

Asked are those that the user has set up, never the address in a record. What comes is held against
the record like all else.
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lakeproof.record.code.git import GitError, run
from lakeproof.record.facts import CodeFacts
from lakeproof.reproduce.code.repository import SETTINGS

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHARED = re.compile(r"refs/lakeproof/[0-9a-f]{32}")
# A server that says nothing for so many seconds says nothing.
_IMPATIENT = ("http.lowSpeedLimit=1", "http.lowSpeedTime=10")
# Nobody asked for a clean-up.
_ALONE = ("gc.auto=0", "maintenance.auto=false")
_BY_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=10"


def remotes_of(project_path: Path) -> tuple[str, ...]:
    """Name the remotes of the user's repository, `origin` first."""
    try:
        names = os.fsdecode(_ask(project_path, "remote")).splitlines()
    except GitError:
        return ()
    return tuple(sorted(names, key=lambda name: (name != "origin", name)))


def fetched_from(project_path: Path, code: CodeFacts) -> str | None:
    """Bring the commit of a run into the repository, and give the remote that had it.

    One that was shared (`kedro share`) is kept alive by the same reference as there; of another,
    the objects alone come.
    """
    wanted = code.kept_commit or ""
    if not _COMMIT.fullmatch(wanted):
        return None
    for remote in remotes_of(project_path):
        shared = _shared_by(project_path, remote)
        if shared is None:
            continue  # it does not answer
        name = shared.get(wanted)
        for what in ([f"{name}:{name}"] if name else []) + [wanted]:
            try:
                quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
                _ask(project_path, "fetch", *quiet, remote, what)
            except GitError:
                continue  # a server gives no commit that none of its references leads to
            return remote
    return None


def is_shared(project_path: Path, code: CodeFacts) -> bool:
    """Tell whether a remote has the commit of a run under a reference of its own; bring nothing."""
    found = (_shared_by(project_path, remote) for remote in remotes_of(project_path))
    return any(code.kept_commit in shared for shared in found if shared is not None)


def nor_elsewhere(project_path: Path) -> str:
    """Say where else it is not, and what somebody can do."""
    remotes = remotes_of(project_path)
    if not remotes:
        return (
            ", which has no remote. Nothing was run. Name the one that the run was made in, and "
            "fetch from it: git remote add origin REPOSITORY; there it is shared by: kedro share "
            "RUN"
        )
    return (
        f", and not on {' or '.join(map(repr, remotes))}. Nothing was run. Whoever made the run "
        "shares it from the repository that it was made in: kedro share RUN"
    )


@cache
def _shared_by(project_path: Path, remote: str) -> Mapping[str, str] | None:
    try:
        told = os.fsdecode(_ask(project_path, "ls-remote", remote, "refs/lakeproof/*"))
    except GitError:
        return None
    pairs = (line.partition("\t") for line in told.splitlines())
    return {commit: name for commit, _, name in pairs if _SHARED.fullmatch(name)}


def _ask(project_path: Path, *arguments: str) -> bytes:
    variables = {} if "GIT_SSH_COMMAND" in os.environ else {"GIT_SSH_COMMAND": _BY_SSH}
    return run(
        project_path, *arguments, settings=(*SETTINGS, *_IMPATIENT, *_ALONE), variables=variables
    )
