"""All of an explanation: the few among many, the shares, and how much of them is luck."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lakeproof.explain import asking
from lakeproof.explain.doubt.chance import ChanceError, luck, require_named
from lakeproof.explain.doubt.rows import rows_doubt
from lakeproof.explain.explanation import Chance, CodePath, Commit, Explanation, Path
from lakeproof.explain.find.commits import along_commits
from lakeproof.explain.find.few import few_of
from lakeproof.explain.game.game import NOTHING, Taken
from lakeproof.explain.mixes.facts import MixedRuns, Outcome
from lakeproof.explain.rows.changed import changed_rows
from lakeproof.explain.rows.path import between, path_along
from lakeproof.versioned.table_version import VersionFacts


@dataclass(frozen=True)
class Run:
    """One of the two runs.

    Args:
        run_id: Its id.
        parameters: As its nodes got them, by dotted name.
        tables: The version of each table that it read, by catalog name.
        env: The environment that it was asked for with; `None` for the usual one.
    """

    run_id: str
    parameters: Mapping[str, Any]
    tables: Mapping[str, int] = field(default_factory=dict)
    env: str | None = None


_CODE = "code"
# Gives the commits between two codes.
Commits = Callable[[], Sequence[Commit]]
# Gives the versions of a table.
History = Callable[[str], Sequence[VersionFacts]]


@dataclass(frozen=True)
class Wish:
    """What was asked for.

    Args:
        metric: The one that is explained; all of them by default.
        budget: How many mixes may be run.
        seeds: How many other seeds each run gets.
        is_trusted: Take A and B for what their records say.
        finds: Look for the few among many.
        shows_rows: Say whose predictions changed most.
    """

    metric: str | None = None
    budget: int | None = None
    seeds: int = 0
    is_trusted: bool = False
    finds: bool = False
    shows_rows: bool = False


def explain(
    mixes: MixedRuns,
    runs: tuple[Run, Run],
    wish: Wish,
    chance: Chance,
    say: Callable[[str], None],
    history: History = lambda _: (),
    commits: Commits = lambda: (),
) -> Explanation:
    """Explain why the metrics of B are not those of A, with all doubts that were asked for.

    Args:
        mixes: All runs that can be mixed of the two.
        runs: A and B.
        wish: What was asked for.
        chance: Which parameters mean chance.
        say: Gets progress, a line at a time.
        history: Gives the versions of a table.
        commits: Gives the commits between the codes of A and of B.

    Raises:
        LakeproofError: If A or B cannot be read, a metric is unknown, or nobody has said what is
            chance where that was asked for.
    """
    if wish.seeds:
        require_named(chance)
    few, budget, proof, every = None, wish.budget, None, mixes
    if wish.finds:
        is_to_be = asking.is_to_be_proven(mixes, wish.is_trusted)
        proof = asking.prove(mixes, say) if is_to_be else None
        found = few_of(mixes, wish.metric, budget, say) if proof is None or proof.holds else None
        if found is not None:
            few, mixes = found
            budget = None if budget is None else max(0, budget - few.asked)
    explanation, asked = asking.explain(
        mixes,
        (runs[0].run_id, runs[1].run_id),
        asking.Wish(wish.metric, budget, wish.is_trusted),
        chance,
        say,
        proof,
    )
    explanation = replace(explanation, few=few, env=runs[0].env)
    if explanation.answer != "EXPLAINED" or asked.is_interrupted:
        return explanation
    explanation = _with_doubts(explanation, mixes, runs, wish, asked.outcomes, say)
    try:
        if wish.shows_rows and not explanation.is_interrupted:
            paths = tuple(_paths(explanation, mixes, runs, say, history))
            explanation = replace(explanation, paths=paths)
        if wish.finds and not explanation.is_interrupted:
            explanation = replace(explanation, code=_code_path(explanation, every, commits(), say))
    except KeyboardInterrupt:
        explanation = replace(explanation, is_interrupted=True)
    return explanation


def _code_path(
    explanation: Explanation,
    mixes: MixedRuns,
    commits: Sequence[Commit],
    say: Callable[[str], None],
) -> CodePath | None:
    """Go along the commits of the code, all else being A's; where that does not run, B's."""
    players = frozenset(one.name for one in mixes.players())
    moved = [one.metric for one in explanation.solved if one.after != one.before]
    if len(commits) < 2 or _CODE not in players or not moved:
        return None
    metric = explanation.few.metric if explanation.few is not None else moved[0]
    backgrounds: tuple[tuple[Literal["A", "B"], Taken], ...] = (
        ("A", NOTHING),
        ("B", players - {_CODE}),
    )
    for rest, taken in backgrounds:
        ends = mixes.value(taken), mixes.value(taken | {_CODE})
        if all(end.failure is None and metric in end.metrics for end in ends):
            steps = along_commits(
                commits,
                (ends[0].metrics, ends[1].metrics),
                lambda one, taken=taken: mixes.at_commit(taken, one.id),  # type: ignore[misc]
                metric,
                say,
            )
            return CodePath(steps, rest)
    return None


def _paths(
    explanation: Explanation,
    mixes: MixedRuns,
    runs: tuple[Run, Run],
    say: Callable[[str], None],
    history: History,
) -> Iterator[Path]:
    """Go along the commits of each table that differs, all else being A's."""
    of_table: dict[str, set[str]] = {}
    for player in explanation.players:
        for factor in player.factors:
            kind, _, table = factor.factor.partition(":")
            if player.group == "data" and kind == "data":
                of_table.setdefault(table, set()).add(player.name)
    for table, names in of_table.items():
        if table not in runs[0].tables or table not in runs[1].tables:
            continue
        ends = mixes.value(NOTHING), mixes.value(frozenset(names))
        versions = between(history(table), runs[0].tables[table], runs[1].tables[table])
        metrics = ends[0].metrics, ends[1].metrics
        found = path_along(table, versions, metrics, mixes.at_version, say)
        if found is not None and ends[1].failure is None:
            yield found


def _with_doubts(
    explanation: Explanation,
    mixes: MixedRuns,
    runs: tuple[Run, Run],
    wish: Wish,
    outcomes: Mapping[Taken, Outcome],
    say: Callable[[str], None],
) -> Explanation:
    """Add what is luck; what is done by the time of an interrupt stays."""
    ends = (NOTHING, frozenset(one.name for one in explanation.players))
    solved = [one for one in explanation.solved if one.shares]
    try:
        explanation = replace(
            explanation,
            rows=rows_doubt(solved, outcomes),
            common=mixes.common_rows(),
            changed=changed_rows(*(outcomes[end].predictions for end in ends))
            if wish.shows_rows
            else None,
        )
        if wish.seeds:
            parameters = ((end, run.parameters) for end, run in zip(ends, runs, strict=True))
            found = luck(mixes, explanation.chance, tuple(parameters), wish.seeds, say)
            explanation = replace(explanation, luck=found)
    except ChanceError as error:
        assumed = f"How much is chance is not known: {error}"
        explanation = replace(explanation, assumed=(*explanation.assumed, assumed))
    except KeyboardInterrupt:
        explanation = replace(explanation, is_interrupted=True)
    return explanation
