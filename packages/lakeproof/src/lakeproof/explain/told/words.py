"""What is said of each share: who it is, what would make it wrong, what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lakeproof.explain.explanation import (
    ChangedRows,
    CodePath,
    CodeStep,
    Explanation,
    Few,
    Luck,
    Path,
)
from lakeproof.explain.game.game import Taken
from lakeproof.explain.game.solve import Share, Solved
from lakeproof.explain.mixes.facts import Player
from lakeproof.explain.told.numbers import nearest, percent, places, shown, signed
from lakeproof.spelling import first_of
from lakeproof.views.values import moment, shortened

_SHORT_ID = 8
_MOST_NAMED = 3
ROW_COLUMNS = ("row", "actual", "A said", "B said", "change")


@dataclass(frozen=True)
class Told:
    """One share in words.

    Args:
        kind: What kind of thing it is: `learnt from`, `parameter`, `code`.
        what: Which one, and from what to what.
        note: What would make the share wrong, and what else to know.
        is_chance: Whether it is labelled chance.
    """

    kind: str
    what: str
    note: str
    is_chance: bool


def told(share: Share, solved: Solved, of: Explanation) -> Told:
    """Put a share into words."""
    players = [one for one in of.players if one.name in share.players]
    kind, what = _joint(players) if len(players) > 1 else named(players[0])
    luck = of.luck.get(solved.metric)
    chance = is_chance(share, of, luck)
    notes = [
        players[0].detail if len(players) == 1 else "",
        "no model changed for this" if {one.side for one in players} == {"scored"} else "",
        _of_chance(share, of, luck) if chance else _proposed(players, of),
        _counted_after(share, solved),
        "no mix tells them apart" if frozenset(share.players) in solved.joined else "",
        *_bounds(share, solved, of),
    ]
    return Told(kind, what, "; ".join(filter(None, notes)), chance)


def share_rows(solved: Solved, of: Explanation, whole: str, note: str) -> list[list[str]]:
    """Give the cells of each share: its kind, which one, size, part and note; the sum comes last.

    Args:
        solved: The shares of one metric.
        of: The explanation that it is of.
        whole: What the sum is called.
        note: What is said of it.
    """
    decimals, difference = decimals_of(solved), solved.after - solved.before
    rows = []
    for one in solved.shares:
        words, part = told(one, solved, of), percent(one.value, difference)
        rows.append([words.kind, words.what, signed(one.value, decimals), part, words.note])
    size, part = signed(difference, decimals), percent(difference, difference)
    return [*rows, [whole, "", size, part, note]]


def named(player: Player) -> tuple[str, str]:
    """Give the kind of a player and which one it is: `parameter`, `train.seed 2026 → 7`."""
    kind, _, subject = player.name.rpartition(" ")
    kind, subject = (kind, subject) if kind else (subject, "")
    before, after = (
        one.removeprefix(f"{subject} ") if subject else one
        for one in (shortened(player.before), shortened(player.after))
    )
    return kind, f"{subject} {before} → {after}".strip()


def is_chance(share: Share, of: Explanation, luck: Luck | None) -> bool:
    """Tell whether a share is chance: all of it a seed, or no more than another seed does."""
    if all(_parameter(one) in of.chance.named for one in of.players if one.name in share.players):
        return True
    return luck is not None and abs(nearest(share.value)) <= luck.band


def names(share: Share) -> str:
    """Name the players of a share."""
    if len(share.players) > _MOST_NAMED:
        return first_of(share.players, _MOST_NAMED)
    return " + ".join(share.players)


def mix_named(taken: Taken, of: Explanation) -> str:
    """Name what a mix takes from B."""
    if len(taken) in (0, len(of.players)):
        return "nothing: A itself" if not taken else "all: B itself"
    return ", ".join(one.name for one in of.players if one.name in taken)


def decimals_of(solved: Solved) -> int:
    """Give the decimals that all numbers of a metric are shown with."""
    return places([solved.after - solved.before, *(one.value for one in solved.shares)])


def together(solved: Solved) -> list[str]:
    """Say which pairs do together what neither does alone."""
    decimals = decimals_of(solved)
    return [
        f"{' + '.join(sorted(first))} and {' + '.join(sorted(second))} together do "
        f"{signed(one.value, decimals)} that neither does alone; half of it is in either's share."
        for one in solved.together
        for first, second in [one.pair]
    ]


def few_told(of: Explanation) -> tuple[str, ...]:
    """Say which few make a change, where they were looked for among several."""
    return (few_words(of.few),) if of.few is not None and of.few.of > 1 else ()


def few_words(few: Few) -> str:
    """Say which few players make a change, and whether fewer would."""
    named = " and ".join(few.players[-2:]) if len(few.players) < 3 else ", ".join(few.players)
    them = "by itself" if len(few.players) == 1 else "together"
    makes = "makes" if len(few.players) == 1 else "make"
    if few.is_smallest:
        sure = "without any of them it does not come about"
    elif few.unknown:
        sure = f"fewer might do: without {' or '.join(few.unknown)} the run fails"
    else:
        sure = "fewer might do: the search was ended early"
    return (
        f"Of {few.of} players {named} {makes} {few.part * 100:.0f} % of the change of {few.metric} "
        f"{them}; {sure} ({few.asked} mixes; there may be another such set)."
    )


def changed_words(changed: ChangedRows) -> list[list[Any]]:
    """Give the rows whose prediction changed most as cells: key, truth, before, after, change."""
    return [
        [" ".join(map(str, one.key)), one.actual, one.before, one.after, f"{one.change:+.4g}"]
        for one in changed.most
    ]


def path_words(path: Path, metrics: Sequence[str]) -> list[list[str]]:
    """Give the commits of a table as cells: version, when, by what, and what each did."""
    rows = []
    for step in path.steps:
        commit = step.commit
        by = commit.delivery or (f"run {commit.run_id[:_SHORT_ID]}" if commit.run_id else "-")
        did = step.did
        numbers = [f"{did[name]:+.4g}" if did and name in did else "-" for name in metrics]
        note = step.why_not or ("" if did is not None else "in the next one's")
        row = [str(commit.version), moment(commit.timestamp), by, commit.node or "-"]
        rows.append([*row, str(commit.rows or "-"), *numbers, note])
    return rows


def path_columns(metrics: Sequence[str]) -> tuple[str, ...]:
    """Give the headings of `path_words`."""
    return ("version", "when", "delivery or run", "node", "rows", *metrics, "note")


def path_title(path: Path) -> str:
    """Say what the commits of a table are, and that this is one path of many."""
    how = "taken back one by one" if path.is_backwards else "one by one"
    line = f"Commits of {path.table} from A's version to B's, {how}, all else being A's"
    return f"{line}: {path.why_not}" if path.why_not else f"{line} (one path of many)"


def code_words(path: CodePath, metrics: Sequence[str]) -> list[list[str]]:
    """Give the commits of the code as cells: which, how many before it, what they did."""
    rows = []
    for step in path.steps:
        more = f" and {step.commits - 1} before" if step.commits > 1 else ""
        numbers = [f"{step.did[name]:+.4g}" if name in step.did else "-" for name in metrics]
        commit = (step.commit.id[:_SHORT_ID] or "not committed") + more
        rows.append([commit, shortened(step.commit.subject), *numbers, step.why_not])
    return rows


def code_columns(metrics: Sequence[str]) -> tuple[str, ...]:
    """Give the headings of `code_words`."""
    return ("commit", "subject", *metrics, "not run")


def code_title(path: CodePath) -> str:
    """Say what the commits of the code are, and that this is one path of many."""
    return (
        f"Commits of the code from A's to B's, all else being {path.rest}'s (one path of many; "
        "what goes up and down within commits that were not run by themselves is not seen)"
    )


def largest_step(path: CodePath, metric: str) -> CodeStep | None:
    """Find the commit that moved a metric most; `None` where that is not one by itself."""
    steps = [one for one in path.steps if one.did.get(metric)]
    found = max(steps, key=lambda one: abs(one.did[metric]), default=None)
    if found is None or found.commits != 1 or not found.commit.id or found.commit.is_way_back:
        return None
    return found


def common_rows(of: Explanation, metric: str) -> tuple[int, Fraction] | None:
    """Give on how many rows both were scored, and the difference on them.

    None where all rows are: there is nothing to add then.
    """
    common = of.common
    if common is None or metric not in common.before or metric not in common.after:
        return None
    solved = next((one for one in of.solved if one.metric == metric), None)
    numbers = Fraction(common.before[metric]), Fraction(common.after[metric])
    if solved is not None and numbers == (solved.before, solved.after):
        return None
    return common.rows, Fraction(common.after[metric]) - Fraction(common.before[metric])


def _joint(players: list[Player]) -> tuple[str, str]:
    groups = {one.group for one in players}
    if len(groups) == 1 and len(players) > _MOST_NAMED:
        return players[0].group, f"{len(players)} of them, not told apart"
    return "together", " + ".join(one.name for one in players)


def _parameter(player: Player) -> str | None:
    names = [one.factor.removeprefix("parameter:") for one in player.factors]
    is_one = len(names) == 1 and player.factors[0].factor.startswith("parameter:")
    return names[0] if is_one else None


def _of_chance(share: Share, of: Explanation, luck: Luck | None) -> str:
    if luck is None:
        return "chance, and no cause: how much another seed does, --seeds 7 says"
    size = f"sd {shown(luck.deviation, _DEVIATION)} over {luck.runs}"
    if abs(nearest(share.value)) <= luck.band:
        return f"chance: another seed does as much ({size})"
    return f"chance, though more than other seeds do ({size})"


_DEVIATION = 4


def _proposed(players: list[Player], of: Explanation) -> str:
    for one in players:
        if _parameter(one) in of.chance.proposed:
            return f'chance, by its name? [tool.lakeproof] chance = ["{_parameter(one)}"] says so'
    return ""


def _counted_after(share: Share, solved: Solved) -> str:
    for one in solved.waits:
        if one.unit == frozenset(share.players):
            why = (solved.failed or {}).get(one.mix, "")
            return f"counted after {' + '.join(sorted(one.for_))}: {why}"
    return ""


def _bounds(share: Share, solved: Solved, of: Explanation) -> list[str]:
    decimals, found = decimals_of(solved), []
    if share.how != "all orders":
        low, high = (signed(one, decimals) for one in (share.low, share.high))
        found.append(f"from {share.how}: {low} to {high}" if low != high else f"from {share.how}")
    doubt = of.rows.get(solved.metric)
    spread = doubt.spreads.get(share.players) if doubt else None
    # Of no share, no bounds: no row has a say in it.
    if spread is not None and (share.value or spread.low != spread.high):
        low, high = (signed(one, decimals) for one in (spread.low, spread.high))
        found.append(f"95 % of rows: {low} to {high}")
    return found
