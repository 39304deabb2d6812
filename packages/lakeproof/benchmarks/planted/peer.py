"""mlbisect (PyPI), where it is installed: the smallest set of changes that makes a metric worse.

It knows worse alone, so that each change is turned into one; it knows no share. Its runs are random
to it, so it repeats each: by its own defaults, on metrics that have no noise.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from planted.pairs import METRIC, Pair


@dataclass(frozen=True)
class PeerAnswer:
    """What it says of a pair.

    Args:
        found: Whether it names the largest cause.
        runs: How many runs it took.
    """

    found: bool
    runs: int


def peer(pair: Pair) -> PeerAnswer | None:
    """Ask it; `None` where it is not installed, or the pair is nothing that it can express.

    It wants two changes at least.
    """
    try:
        from mlbisect.executors.base import RunResult
        from mlbisect.manifest import Manifest
        from mlbisect.search import find_culprits
    except ImportError:
        return None
    truth = pair.truth
    names = [one.name for one in pair.players]
    if len(names) < 2 or truth is None:
        return None
    axes = {f"a{number}": name for number, name in enumerate(names)}
    numbers = [(pair.value(frozenset(some)) or {})[METRIC] for some in ((), names)]
    difference = numbers[1] - numbers[0]

    def run(config: Any, seed: int) -> Any:
        found = pair.value(frozenset(axes[axis] for axis in config.axes))
        number = found[METRIC] if found else None
        return RunResult(config.axes, seed, number, found is not None, 0.0)

    manifest = Manifest.model_validate(
        {
            "version": 1,
            "name": "pair",
            "metric": {
                "name": METRIC,
                "direction": "lower_is_better" if difference > 0 else "higher_is_better",
                "min_effect": abs(difference) / 2,
            },
            "run": {"command": "true"},
            "axes": [{"name": axis, "old": "A", "new": "B"} for axis in axes],
        }
    )
    answer = find_culprits(SimpleNamespace(run=run), manifest)
    largest = max(truth, key=lambda name: abs(truth[name]))
    named = {axes[axis] for some in answer.culprit_sets for axis in some}
    return PeerAnswer(largest in named, answer.runs_used)
