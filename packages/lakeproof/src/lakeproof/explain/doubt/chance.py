"""Chance: which parameters mean it, and how far other values of them move a metric."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from statistics import fmean
from typing import Any

from lakeproof.errors import LakeproofError
from lakeproof.explain.asking import reason_of
from lakeproof.explain.explanation import Chance, Luck
from lakeproof.explain.mixes.facts import MixedRuns

_LOOKS_LIKE = re.compile(r"(^|[._-])(seed|random_state|salt|random_seed)s?$", re.IGNORECASE)
_LARGEST_SEED = 2**31


class ChanceError(LakeproofError):
    """It cannot be said how much is chance."""

    exit_code = 2


def chance_of(names: Iterable[str], named: Sequence[str]) -> Chance:
    """Say which parameters mean chance, and which look like it and were not named.

    Args:
        names: All parameters of the two runs, dotted.
        named: Those of `[tool.lakeproof] chance`.
    """
    looking = (one for one in dict.fromkeys(names) if _LOOKS_LIKE.search(one))
    return Chance(tuple(named), tuple(one for one in looking if one not in named))


def other_values(
    values: Mapping[str, Any], names: Sequence[str], count: int
) -> list[dict[str, Any]]:
    """Draw other values of the parameters that mean chance, the same ones each time.

    Args:
        values: Of one run, by dotted name.
        names: Those that mean chance.
        count: How many of each.

    Raises:
        ChanceError: If none is named, or one has no value that another could be drawn for.
    """
    found = []
    for number in range(1, count + 1):
        found.append(
            {name: _another(name, values[name], number) for name in names if name in values}
        )
    if count and not all(found):
        raise ChanceError(
            f"None of the parameters {', '.join(names)} is one of the run's. "
            "Correct chance in [tool.lakeproof] of pyproject.toml."
        )
    return found


def require_named(chance: Chance) -> None:
    """Refuse to take a parameter for chance that nobody has named.

    Raises:
        ChanceError: If none is named.
    """
    if chance.named:
        return
    proposal = ", ".join(f'"{one}"' for one in chance.proposed) or '"train.seed"'
    raise ChanceError(
        "--seeds needs to know which parameters mean chance. Nothing was run. "
        f"Name them in [tool.lakeproof] of pyproject.toml: chance = [{proposal}]"
        + (" (these look like it by their names)" if chance.proposed else "")
    )


def luck(
    mixes: MixedRuns,
    chance: Chance,
    ends: Sequence[tuple[frozenset[str], Mapping[str, Any]]],
    count: int,
    say: Callable[[str], None],
) -> dict[str, Luck]:
    """Have A and B with other seeds, and measure how far each metric goes.

    Args:
        mixes: The mixes of A and B.
        chance: Which parameters mean chance.
        ends: The mix that is A and the one that is B, each with its parameters by dotted name.
        count: How many other values each gets.
        say: Gets progress.

    Returns:
        By metric. Of one that a run does not give, or gives as no number, there is nothing.

    Raises:
        ChanceError: If nobody named a parameter, or a run with another seed fails.
    """
    require_named(chance)
    samples: list[dict[str, list[float]]] = []
    for side, (taken, values) in zip("AB", ends, strict=True):
        found: dict[str, list[float]] = {}
        for number, drawn in enumerate(other_values(values, chance.named, count), 1):
            say(f"{side} with other chance, {number} of {count}: {_shown(drawn)}")
            outcome = mixes.instead(taken, drawn)
            if outcome.failure is not None:
                raise ChanceError(
                    f"{side} does not run with {_shown(drawn)}: {reason_of(outcome.failure)}"
                )
            for name, number_of in outcome.metrics.items():
                found.setdefault(name, []).append(number_of)
        samples.append(found)
    first, second = samples
    return {
        name: Luck(chance.named, count, _deviation(first[name], second[name]))
        for name in first
        if name in second and all(map(math.isfinite, [*first[name], *second[name]]))
    }


def _deviation(*samples: Sequence[float]) -> float:
    """Pool the deviations of samples, each around its own mean."""
    squares = sum((one - fmean(some)) ** 2 for some in samples for one in some)
    freedom = sum(len(some) - 1 for some in samples)
    return math.sqrt(squares / freedom) if freedom else 0.0


def _another(name: str, value: Any, number: int) -> Any:
    drawn = int.from_bytes(sha256(f"{name}:{number}".encode()).digest()[:8]) % _LARGEST_SEED
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ChanceError(
            f"Parameter '{name}' is {value!r}: another seed can be drawn for a whole number or a "
            "text alone. Take it out of chance in [tool.lakeproof], or give it one."
        )
    return drawn if isinstance(value, int) else f"{value}-{number}"


def _shown(drawn: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in drawn.items())
