"""What the game is played with: players, mixes and what came of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

# The players that a mix takes from B; the others are A's.
Taken = frozenset[str]
NOTHING: Taken = frozenset()


@dataclass(frozen=True)
class Failed:
    """A mix that does not run.

    Args:
        reason: Why, in few words: `it cannot run without column 'hue'`.
    """

    reason: str


Value = Mapping[str, Fraction] | Failed
# How often the metric of each mix counts; a share is such a sum.
Weights = Mapping[Taken, Fraction]


def valued(weights: Weights, values: Mapping[Taken, Fraction]) -> Fraction:
    """Sum metrics up as often as they count."""
    return sum((weight * values[taken] for taken, weight in weights.items()), Fraction(0))


def combined(parts: Iterable[tuple[Fraction, Weights]]) -> dict[Taken, Fraction]:
    """Add weights up, each as often as is said."""
    found: dict[Taken, Fraction] = {}
    for times, weights in parts:
        for taken, weight in weights.items():
            found[taken] = found.get(taken, Fraction(0)) + times * weight
    return found


@dataclass(frozen=True)
class Game:
    """Who plays, what is known of mixes, and how many more may be run.

    Args:
        players: By name, in the order in which they are shown.
        group_of: The group of each, which plays as one where there are more than five.
        metrics: Those that are explained: numbers in A and in B.
        known: What came of each mix so far.
        budget: How many mixes may be run, those on record not counted; `None` for what it takes.
        spent: How many were.
    """

    players: tuple[str, ...]
    group_of: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ("metric",)
    known: Mapping[Taken, Value] = field(default_factory=dict)
    budget: int | None = None
    spent: int = 0

    @property
    def all_taken(self) -> Taken:
        """Give the mix that is B itself."""
        return frozenset(self.players)

    @property
    def left(self) -> float:
        """Count the mixes that may still be run."""
        return float("inf") if self.budget is None else max(0, self.budget - self.spent)

    def told(self, taken: Taken, value: Value, is_free: bool = False) -> "Game":
        """Add what came of a mix; `is_free` for one that was on record."""
        spent = self.spent + (not is_free)
        return replace(self, known={**self.known, taken: value}, spent=spent)

    def values(self, metric: str) -> dict[Taken, Fraction]:
        """Give one metric of the mixes that ran and have it."""
        return {
            taken: value[metric]
            for taken, value in self.known.items()
            if not isinstance(value, Failed) and metric in value
        }

    def failures(self, metric: str) -> dict[Taken, str]:
        """Say why the other mixes have no such metric."""
        return {
            taken: value.reason
            if isinstance(value, Failed)
            else f"it gives no number for '{metric}'"
            for taken, value in self.known.items()
            if isinstance(value, Failed) or metric not in value
        }

    def unknown(self, mixes: Sequence[Taken]) -> tuple[Taken, ...]:
        """Give those of the mixes that were not asked for yet, each once."""
        return tuple(dict.fromkeys(taken for taken in mixes if taken not in self.known))
