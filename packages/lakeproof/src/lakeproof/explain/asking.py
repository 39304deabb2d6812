"""Have the mixes that the game wants, and put the explanation together."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lakeproof.errors import LakeproofError
from lakeproof.explain.explanation import Chance, Explanation
from lakeproof.explain.game.game import NOTHING, Failed, Game, Taken, Value
from lakeproof.explain.game.solve import Solved, solve
from lakeproof.explain.game.wanted import Planned, planned, wanted
from lakeproof.explain.mixes.facts import Failure, MixedRuns, Outcome, Player, Proof
from lakeproof.spelling import first_of
from lakeproof.views.values import readable_time

_NO_RUN = ("recorded", "taken")
_WORTH_A_BUDGET = 3


class NoSuchMetricError(LakeproofError):
    """A metric was asked for that the two runs do not have."""

    exit_code = 2


@dataclass(frozen=True)
class Wish:
    """What was asked for.

    Args:
        metric: The one that is explained; all of them by default.
        budget: How many mixes may be run.
        is_trusted: Take A and B for what their records say, without reproducing them.
    """

    metric: str | None = None
    budget: int | None = None
    is_trusted: bool = False


@dataclass(frozen=True)
class Asked:
    """What came of the mixes that were run."""

    game: Game
    outcomes: Mapping[Taken, Outcome]
    is_interrupted: bool = False


def explain(
    mixes: MixedRuns,
    runs: tuple[str, str],
    wish: Wish,
    chance: Chance,
    say: Callable[[str], None],
    proof: Proof | None = None,
) -> tuple[Explanation, Asked]:
    """Explain why the metrics of B are not those of A.

    Args:
        mixes: All runs that can be mixed of the two.
        runs: Their ids.
        wish: What was asked for.
        chance: Which parameters mean chance.
        say: Gets progress, a line at a time.
        proof: That A and B are what they say, if it was asked for already.

    Returns:
        The explanation without doubts, and what it was made of, for those who look into these.

    Raises:
        NoSuchMetricError: If neither run has the metric that was asked for.
        LakeproofError: If A or B cannot be read.
    """
    players = tuple(mixes.players())
    ends = {taken: mixes.value(taken) for taken in (NOTHING, _names(players))}
    before, after = ends[NOTHING].metrics, ends[_names(players)].metrics
    metrics = _metrics(before, after, wish.metric)
    unlike = tuple(_unlike(before, after)) if wish.metric is None else ()
    game = Game(
        tuple(one.name for one in players),
        {one.name: one.group for one in players},
        tuple(name for name in metrics if before[name] != after[name]),
        budget=wish.budget,
    )

    def answer(asked: Asked, *reasons: str, proof: Proof | None = None) -> Explanation:
        solved = [solve(asked.game, name) for name in metrics] if not reasons else []
        is_taken = wish.is_trusted and proof is None
        return Explanation(
            *runs,
            "INCONCLUSIVE" if reasons else "EXPLAINED" if game.metrics else "NO DIFFERENCE",
            players,
            tuple(asked.outcomes.values()),
            tuple(one for one in solved if one is not None),
            proof,
            reasons,
            (*(() if reasons else unlike), *_assumed(mixes.notes(), is_taken, asked, solved)),
            chance=chance,
            is_interrupted=asked.is_interrupted,
        )

    start = Asked(_told(game, ends.values()), ends)
    if before.keys().isdisjoint(after):
        return answer(start, *(unlike or (_NO_METRIC,))), start
    if not game.metrics:
        return answer(start, *unlike), start
    if not players:
        return answer(start, _NOTHING_DIFFERS), start
    if is_to_be_proven(mixes, wish.is_trusted):
        proof = proof or prove(mixes, say)
        if not proof.holds:
            return answer(start, *_unproven(proof), proof=proof), start
    say(plan_in_words(planned(game), mixes, game))
    asked = _ask(mixes, start, say)
    reasons = _none_ran(asked, ends) or [
        _unsolved(name, asked) for name in game.metrics if not _is_solved(solve(asked.game, name))
    ]
    return answer(asked, *reasons, proof=proof), asked


def is_to_be_proven(mixes: MixedRuns, is_trusted: bool) -> bool:
    """Tell whether A and B are reproduced first: also where they are trusted, if one drew."""
    return not is_trusted or bool(mixes.random_nodes())


def prove(mixes: MixedRuns, say: Callable[[str], None]) -> Proof:
    """Reproduce both runs, and say so."""
    drawing = mixes.random_nodes()
    why = (
        f"{first_of(drawing, 3)} moved a random state that all nodes share: --trust is not enough"
        if drawing
        else "--trust skips it"
    )
    say(f"Reproducing A and B, so that what is mixed is what was recorded ({why})")
    return mixes.prove()


_NO_METRIC = (
    "The two runs have no metric in common: there is nothing to explain. "
    "kedro compare says what is not the same."
)
_NOTHING_DIFFERS = (
    "The metrics differ, and nothing that can be taken from one run or the other does: "
    "kedro compare says what is not the same."
)


def plan_in_words(plan: Planned, mixes: MixedRuns, game: Game) -> str:
    """Say beforehand how many mixes there will be, how long they take, what fewer would give."""
    least, most = (
        (len(some), sum(mixes.estimate(taken) for taken in some))
        for some in (plan.least, plan.most)
    )
    if not most[0]:
        return "No mix to run: A and B are all that can be mixed."
    words = [f"{most[0]} mixes" if most[0] != 1 else "1 mix"]
    if least[0] < most[0]:
        words = [f"{least[0]} mixes, {most[0]} if what one does hangs on another"]
    about = readable_time(least[1])
    if readable_time(most[1]) != about:
        about += f" to {readable_time(most[1])}"
    words.append(
        f"about {about} by what was recorded." if most[1] else "known from before: nothing is run."
    )
    count = len(game.players)
    if count > _WORTH_A_BUDGET and game.budget is None:
        words.append(
            f"--budget {2 * (count - 1)} takes two orders of the {count} players: "
            "the sum stays exact, the shares get bounds."
        )
    return ", ".join(words[:2]) + "".join(f" {one}" for one in words[2:])


def _ask(mixes: MixedRuns, start: Asked, say: Callable[[str], None]) -> Asked:
    game, outcomes = start.game, dict(start.outcomes)
    try:
        while wants := wanted(game):
            for taken in wants:
                say(f"Mix {len(outcomes) - 1}: {_named(taken, game)} from B")
                outcomes[taken] = mixes.value(taken)
                game = _told(game, [outcomes[taken]])
    except KeyboardInterrupt:
        return Asked(game, outcomes, is_interrupted=True)
    return Asked(game, outcomes)


def _told(game: Game, outcomes: Iterable[Outcome]) -> Game:
    for one in outcomes:
        game = game.told(one.taken, value_of(one, game.metrics), is_free=one.how in _NO_RUN)
    return game


def value_of(outcome: Outcome, metrics: Iterable[str] | None = None) -> Value:
    """Read an outcome as the game has it; a number that is none does not count as one."""
    if outcome.failure is not None:
        return Failed(reason_of(outcome.failure))
    return {
        name: Fraction(number) for name, number in outcome.metrics.items() if math.isfinite(number)
    }


def reason_of(failure: Failure) -> str:
    """Say in one line why a mix failed."""
    where = f"node '{failure.node}': " if failure.node else ""
    return where + " ".join(failure.message.split())


def _names(players: Iterable[Player]) -> Taken:
    return frozenset(one.name for one in players)


def _named(taken: Taken, game: Game) -> str:
    return ", ".join(one for one in game.players if one in taken) or "nothing"


def _metrics(
    before: Mapping[str, float], after: Mapping[str, float], wanted_one: str | None
) -> tuple[str, ...]:
    both = [
        name
        for name in before
        if name in after and math.isfinite(before[name]) and math.isfinite(after[name])
    ]
    if wanted_one is None:
        return tuple(both)
    if wanted_one not in both:
        raise NoSuchMetricError(
            f"The two runs have no number '{wanted_one}' in common. Nothing was run. "
            f"They have: {', '.join(both) or 'none'}."
        )
    return (wanted_one,)


def _unlike(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[str]:
    """Say of which metrics there is no difference to share out, though they are not the same."""
    for name in dict.fromkeys([*before, *after]):
        numbers = before.get(name), after.get(name)
        told = ["not there" if one is None else str(one) for one in numbers]
        is_one = any(one is None or not math.isfinite(one) for one in numbers)
        if is_one and told[0] != told[1]:
            yield f"Metric '{name}' is {told[0]} in A and {told[1]} in B: that is not shared out."


def _is_solved(solved: Solved | None) -> bool:
    return solved is not None and bool(solved.shares)


def _none_ran(asked: Asked, ends: Collection[Taken]) -> list[str]:
    """Give the one reason for which no mix began: it says nothing of what differs."""
    failures = [one.failure for taken, one in asked.outcomes.items() if taken not in ends]
    began = [one for one in failures if one is None or one.kind != "before"]
    messages = {one.message for one in failures if one is not None}
    if began or len(failures) < 2 or len(messages) > 1:
        return []
    return [f"No mix could be run. {next(iter(messages))}"]


def _unsolved(metric: str, asked: Asked) -> str:
    failed = [one for one in asked.outcomes.values() if one.failure is not None]
    if asked.is_interrupted:
        return f"It was interrupted before the shares of {metric} could be told."
    if asked.game.budget is not None and asked.game.left < len(asked.game.players):
        return (
            f"--budget {asked.game.budget} is too few for {metric}: one order of "
            f"{len(asked.game.players)} players takes {len(asked.game.players) - 1} mixes."
        )
    first = f" The first: {reason_of(failed[0].failure)}" if failed and failed[0].failure else ""
    return f"{len(failed)} of {len(asked.outcomes)} mixes failed: no shares of {metric}.{first}"


def _unproven(proof: Proof) -> tuple[str, ...]:
    return proof.reasons or (
        f"A was {proof.verdicts[0] or 'not run'} and B {proof.verdicts[1] or 'not run'}: "
        "mixes of them would be mixes of something else.",
    )


def _assumed(
    notes: Iterable[str], is_taken: bool, asked: Asked, solved: Iterable[Solved | None]
) -> Iterable[str]:
    yield from notes
    if is_taken:
        yield "A and B are what their records say: neither was reproduced (--trust)."
    for one in solved:
        if one is not None and one.shares and not one.is_exact:
            how = dict.fromkeys(share.how for share in one.shares if share.how != "all orders")
            unasked = f"; {len(one.unasked)} mixes were not run" if one.unasked else ""
            yield f"The shares of {one.metric} are of {' and '.join(how)}{unasked}."
