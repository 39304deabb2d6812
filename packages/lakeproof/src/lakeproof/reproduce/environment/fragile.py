"""What of a run lies in one place, and goes without a rule: its code, and what it had installed."""

from collections.abc import Callable, Iterator
from pathlib import Path

from lakeproof.record.code.git import GitError, commits_on_remotes
from lakeproof.record.facts import EnvironmentFacts, Record
from lakeproof.reproduce.environment.uv_cache import not_cached
from lakeproof.reproduce.looks import Looks
from lakeproof.reproduce.outcomes import Limit
from lakeproof.spelling import first_of, typed

_MOST = 3
_SHORT = 12
NotCached = Callable[[EnvironmentFacts, Path], tuple[str, ...]]


def fragile_limits(
    record: Record, project_path: Path, looks: Looks, ask: NotCached = not_cached
) -> Iterator[Limit]:
    """Yield what has one copy.

    Args:
        record: Of a run of which nothing is missing.
        project_path: The user's project, whose repository is asked.
        looks: What was asked for other runs.
        ask: Asks uv's cache.
    """
    yield from _code(record, project_path, looks)
    environment = record.environment
    pins = looks.once(("uv", looks.told(environment)), lambda: ask(environment, project_path))
    if pins:
        what = (
            f"{first_of(list(pins), _MOST)} of the environment: not in uv's cache. There while an "
            "index has it, or it stays installed."
        )
        into = "--target $(mktemp -d)"
        yield Limit(what, "fragile", remedy=f"{typed('uv pip install --no-deps', *pins)} {into}")


def _code(record: Record, project_path: Path, looks: Looks) -> Iterator[Limit]:
    code = record.code
    commit = code.kept_commit
    # A bundle lies with the run in MLflow's store: that is a second copy.
    if commit is None or (code.snapshot is not None and code.snapshot.bundle is not None):
        return
    try:
        known = looks.once(("remotes", project_path), lambda: commits_on_remotes(project_path))
    except GitError:
        return
    if commit not in known:
        what = (
            f"Commit {commit[:_SHORT]}: in this repository alone. No remote is known to have it, "
            "and the run has no bundle of it."
        )
        yield Limit(what, "fragile", remedy=typed("kedro share", record.run.run_id[:8]))
