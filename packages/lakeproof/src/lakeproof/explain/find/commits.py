"""Along the commits of the code, from A's to B's: which of them made the change.

One path of many: all else is of one run, and the commits come in the order in which they were made.
Pure: what a run with the code of a commit gives is asked of a function.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from lakeproof.explain.asking import reason_of
from lakeproof.explain.explanation import CodeStep, Commit
from lakeproof.explain.mixes.facts import Outcome

_MOST_RUN = 10
# Of a half, until one runs.
_MOST_TRIED = 3

Metrics = Mapping[str, float]


def along_commits(
    commits: Sequence[Commit],
    ends: tuple[Metrics, Metrics],
    at: Callable[[Commit], Outcome],
    metric: str,
    say: Callable[[str], None],
) -> tuple[CodeStep, ...]:
    """Say what the commits did, each by itself, or of many the one that did most.

    With more than ten between, the half is run in which the metric goes further, over and over:
    what goes up and down again within one half is not seen.

    Args:
        commits: From the one after A's to B's own.
        ends: The metrics with A's code and with B's.
        at: Runs the code of a commit.
        metric: By which halves are chosen.
        say: Gets progress.
    """
    first, last = -1, len(commits) - 1
    known: dict[int, Metrics] = {first: ends[0], last: ends[1]}
    reasons: dict[int, str] = {}

    def had(place: int) -> bool:
        commit = commits[place]
        say(f"Running the code of commit {commit.id[:8]}, '{commit.subject}'")
        outcome = at(commit)
        if outcome.failure is None and metric in outcome.metrics:
            known[place] = outcome.metrics
        else:
            reasons[place] = (
                reason_of(outcome.failure) if outcome.failure else f"it gives no {metric}"
            )
        return place in known

    if last <= _MOST_RUN:
        for place in range(last):
            had(place)
    else:
        low, high = first, last
        while (found := next(filter(had, _from_the_middle(low, high)), None)) is not None:
            before, after = (abs(known[found][metric] - known[one][metric]) for one in (low, high))
            low, high = (low, found) if before >= after else (found, high)
    return tuple(_steps(commits, known, reasons))


def _from_the_middle(low: int, high: int) -> list[int]:
    """Give the places between two, those in the middle first; a few, for one that does not run."""
    middle = (low + high) // 2
    return sorted(range(low + 1, high), key=lambda place: abs(place - middle))[:_MOST_TRIED]


def _steps(
    commits: Sequence[Commit], known: Mapping[int, Metrics], reasons: Mapping[int, str]
) -> list[CodeStep]:
    return [
        CodeStep(
            commits[place],
            place - before,
            {
                name: known[place][name] - known[before][name]
                for name in known[place]
                if name in known[before]
            },
            "; ".join(
                f"{commits[one].id[:8]}: {reasons[one]}"
                for one in range(before + 1, place)
                if one in reasons
            ),
        )
        for before, place in pairwise(sorted(known))
    ]
