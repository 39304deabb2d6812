"""What an explanation of a planted pair is worth: held against brute force."""

from dataclasses import dataclass
from fractions import Fraction

from lakeproof.explain.asking import Wish, explain
from lakeproof.explain.explanation import Chance, Explanation
from lakeproof.explain.game.ends import TOLERANCE
from lakeproof.explain.game.solve import Share, Solved
from lakeproof.explain.mixes.facts import MixedRuns
from lakeproof.explain.told.next_step import sentence
from planted.pairs import METRIC, Pair
from planted.plain import A, B


@dataclass(frozen=True)
class Judged:
    """One pair, judged.

    Args:
        kind: What was planted.
        players: How many differ.
        mixes: How many were run, A and B not counted.
        shares_equal: Whether the shares are those of brute force: to the bit where they are said
            to be exact, else within what an early stop leaves open.
        sums_equal: Whether they add up to the difference, to the bit.
        largest_right: Whether the largest cause is the largest.
        says_so: Whether what was planted is said: rows alone, an order, two that are not told
            apart; an early stop always.
        failed: How many of the mixes did not run.
    """

    kind: str
    players: int
    mixes: int
    shares_equal: bool
    sums_equal: bool
    largest_right: bool
    says_so: bool
    failed: int

    @property
    def is_right(self) -> bool:
        """Tell whether nothing is wrong with it."""
        return self.shares_equal and self.sums_equal and self.largest_right and self.says_so


def judge(pair: Pair, mixes: MixedRuns | None = None) -> Judged:
    """Explain a pair and hold the answer against what was planted.

    Args:
        pair: The pair.
        mixes: Its mixes, where they are runs.
    """
    wish, chance = Wish(METRIC, is_trusted=mixes is None), Chance()
    found, asked = explain(mixes or pair.mixes, (A, B), wish, chance, lambda _: None)
    solved = found.solved[0]
    truth = _truth(pair, solved)
    differences = [abs(one.value - truth[one.players]) for one in solved.shares]
    sizes = [abs(one) for one in truth.values()]
    open_ = 0 if solved.is_exact else TOLERANCE * 2 * max(sizes)
    largest = max(sizes)
    return Judged(
        pair.kind,
        len(pair.players),
        len(asked.outcomes) - 2,
        all(one <= open_ for one in differences),
        sum(one.value for one in solved.shares) == solved.after - solved.before,
        abs(truth[solved.shares[0].players]) >= largest - open_,
        _says_so(pair, solved, found),
        sum(one.failure is not None for one in asked.outcomes.values()),
    )


def _truth(pair: Pair, solved: Solved) -> dict[tuple[str, ...], Fraction]:
    """Give what each share should be; of players that no mix tells apart, that of all others is."""
    truth = pair.truth
    if truth is not None:
        return {
            one.players: sum((truth[name] for name in one.players), Fraction(0))
            for one in solved.shares
        }
    joined = frozenset(pair.needs)
    as_one = Pair(
        pair.number,
        pair.kind,
        tuple(one for one in pair.players if one.name != "code"),
        pair.causes,
        {frozenset(_one(name) for name in some): 0.0 for some in pair.effects} | _summed(pair),
        {},
    )
    found = as_one.truth or {}
    return {one.players: _joint(one, joined, found) for one in solved.shares}


def _joint(share: Share, joined: frozenset[str], found: dict[str, Fraction]) -> Fraction:
    if joined <= set(share.players):
        return found["learnt from samples"]
    return sum((found[name] for name in share.players), Fraction(0))


def _one(name: str) -> str:
    return "learnt from samples" if name == "code" else name


def _summed(pair: Pair) -> dict[frozenset[str], float]:
    """Let the data do what it and the code do."""
    found: dict[frozenset[str], float] = {}
    for some, size in pair.effects.items():
        names = frozenset(map(_one, some))
        found[names] = found.get(names, 0.0) + size
    return found


def _says_so(pair: Pair, solved: Solved, found: Explanation) -> bool:
    early = bool(solved.unasked) == any("mixes were not run" in one for one in found.assumed)
    if pair.kind == "scored only":
        return early and "moved only because other rows were scored" in sentence(found)
    if pair.kind == "in one order":
        waits = {(*one.unit, *one.for_) for one in solved.waits}
        return early and ("code", "learnt from samples") in waits
    if pair.kind == "not apart":
        return early and solved.joined == (frozenset(pair.needs),)
    return early and not solved.waits and not solved.joined
