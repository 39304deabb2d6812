"""Draw pairs: 1 to 4 causes, decoys, interactions, changes of scored rows alone, impossible mixes.

A pair is the effect of each set of players; brute force over all orders says what the shares are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from random import Random
from typing import Literal

from lakeproof.explain.mixes.facts import Player
from planted.plain import PlainMixes, player

METRIC = "rmse"
BASE = 0.5
Kind = Literal["additive", "interacting", "scored only", "in one order", "not apart"]

# Of ten pairs.
_KINDS: tuple[Kind, ...] = (
    *("additive",) * 4,
    *("interacting",) * 4,
    "scored only",
    # One in ten has an impossible mix, by turns in one way and the other.
    "in one order",
)


@dataclass(frozen=True)
class Pair:
    """Two runs whose difference is planted.

    Args:
        number: Which one.
        kind: What was planted.
        players: Who differs.
        causes: Those that do anything.
        effects: What each set of players does together, over what its members do.
        needs: Who runs only where another one was taken, too.
    """

    number: int
    kind: Kind
    players: tuple[Player, ...]
    causes: tuple[str, ...]
    effects: Mapping[frozenset[str], float]
    needs: Mapping[str, str]

    def runs(self, taken: frozenset[str]) -> bool:
        """Tell whether a mix runs."""
        return all(one not in taken or other in taken for one, other in self.needs.items())

    def value(self, taken: frozenset[str]) -> dict[str, float] | None:
        """Give the metrics of a mix; `None` where it does not run."""
        if not self.runs(taken):
            return None
        return {METRIC: BASE + sum(size for some, size in self.effects.items() if some <= taken)}

    @property
    def mixes(self) -> PlainMixes:
        """The mixes of the two, which cost nothing."""
        return PlainMixes(list(self.players), self.value)

    @property
    def truth(self) -> dict[str, Fraction] | None:
        """The shares, over every order of which each mix runs; `None` where there is none."""
        names = [one.name for one in self.players]
        shares, count = dict.fromkeys(names, Fraction(0)), 0
        values: dict[frozenset[str], Fraction] = {}
        for order in permutations(names):
            mixes = [frozenset(order[:length]) for length in range(len(order) + 1)]
            if not all(map(self.runs, mixes)):
                continue
            count += 1
            for one, (before, after) in zip(order, pairwise(mixes), strict=True):
                for taken in (before, after):
                    if taken not in values:
                        values[taken] = Fraction((self.value(taken) or {})[METRIC])
                shares[one] += values[after] - values[before]
        return {one: share / count for one, share in shares.items()} if count else None


def pairs(count: int, seed: int = 2026) -> list[Pair]:
    """Draw pairs, the same ones each time."""
    draw = Random(seed)
    return [_pair(number, draw) for number in range(count)]


def _pair(number: int, draw: Random) -> Pair:
    kind = _KINDS[number % len(_KINDS)]
    if kind == "in one order" and number // len(_KINDS) % 2:
        kind = "not apart"
    causes = _causes(kind, draw)
    decoys = [f"parameter decoy.d{n}" for n in range(draw.randint(0, 5 - len(causes)))]
    names = [*causes, *decoys]
    draw.shuffle(names)
    effects = {frozenset([one]): draw.choice((-1, 1)) * draw.uniform(0.01, 0.1) for one in causes}
    if kind == "interacting":
        for some in combinations(causes, 2):
            if draw.random() < 0.6:
                effects[frozenset(some)] = draw.choice((-1, 1)) * draw.uniform(0.01, 0.05)
    needs = {}
    if kind in ("in one order", "not apart"):
        needs["code"] = "learnt from samples"
    if kind == "not apart":
        needs["learnt from samples"] = "code"
    return Pair(number, kind, tuple(map(_player, names)), tuple(causes), effects, needs)


def _causes(kind: Kind, draw: Random) -> list[str]:
    if kind == "scored only":
        return ["scored on samples"]
    several = ["learnt from samples", "code", "parameter model.depth", "scored on samples"]
    if kind in ("in one order", "not apart"):
        return several[: draw.randint(2, 4)]
    # Two at least, so that two can act together.
    return draw.sample(several, draw.randint(2 if kind == "interacting" else 1, 4))


def _player(name: str) -> Player:
    if name == "code":
        return player(name, "a1b2", "c3d4", "code")
    side = {"learnt": "learnt", "scored": "scored"}.get(name.split()[0])
    return player(name, group="data" if side else "parameters", side=side)
