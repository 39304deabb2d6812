"""Along the commits of a table, from the version that A read to the one that B read.

One path of many: all else is A's, and the commits come in the order in which they were made.
"""

from collections.abc import Callable, Mapping, Sequence

from lakeproof.explain.asking import reason_of
from lakeproof.explain.explanation import Path, PathStep
from lakeproof.explain.mixes.facts import Outcome
from lakeproof.versioned.table_version import VersionFacts

_MOST_RUN = 10


def between(history: Sequence[VersionFacts], before: int, after: int) -> list[VersionFacts]:
    """Give the versions from A's to B's, A's own first; backwards where B read the older one."""
    low, high = sorted((before, after))
    found = sorted(
        (one for one in history if low <= one.version <= high), key=lambda one: one.version
    )
    return found if before <= after else found[::-1]


def path_along(
    table: str,
    versions: Sequence[VersionFacts],
    ends: tuple[Mapping[str, float], Mapping[str, float]],
    at_version: Callable[[str, VersionFacts], Outcome | None],
    say: Callable[[str], None],
) -> Path | None:
    """Say what each commit of a table did to the metrics.

    Args:
        table: Its catalog name.
        versions: From A's to B's.
        ends: The metrics of A, and of A with all that B has of the table.
        at_version: Runs A with the table at a version; `None` where nobody can.
        say: Gets progress.

    Returns:
        `None` where there is no commit between the two.
    """
    if len(versions) < 2:
        return None
    inner = versions[1:-1]
    is_run = len(inner) <= _MOST_RUN
    metrics: dict[int, Mapping[str, float]] = {
        versions[0].version: ends[0],
        versions[-1].version: ends[1],
    }
    reasons = {}
    for one in inner if is_run else ():
        say(f"Running A with '{table}' at version {one.version}")
        outcome = at_version(table, one)
        if outcome is None:
            reasons[one.version] = "nobody stored a digest of this version"
        elif outcome.failure is not None:
            reasons[one.version] = reason_of(outcome.failure)
        else:
            metrics[one.version] = outcome.metrics
    steps, last = [], ends[0]
    for one in versions[1:]:
        now = metrics.get(one.version)
        did = None
        if now is not None:
            did = {name: now[name] - last[name] for name in now if name in last}
            last = now
        steps.append(PathStep(one, did, reasons.get(one.version)))
    return Path(
        table,
        tuple(steps),
        versions[0].version > versions[-1].version,
        None if is_run else f"{len(inner)} versions lie between: more than {_MOST_RUN} are not run",
    )
