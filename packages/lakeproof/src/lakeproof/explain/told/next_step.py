"""The first line: what made the difference, and what to do about it."""

import re
from collections.abc import Mapping, Sequence
from shlex import quote

from lakeproof.explain.explanation import Explanation
from lakeproof.explain.game.solve import Share, Solved
from lakeproof.explain.mixes.facts import Player
from lakeproof.explain.told.numbers import percent, signed
from lakeproof.explain.told.words import common_rows, decimals_of, is_chance, largest_step, names
from lakeproof.reproduce.outcomes import Factor

_SHORT_ID = 8
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!+_-]*")


def headline(of: Explanation) -> str:
    """Say what came of it in one line, the next step at its end."""
    runs = f"{of.from_run[:_SHORT_ID]} and {of.to_run[:_SHORT_ID]}"
    return f"{of.answer} ({runs}): {sentence(of)}"


def sentence(of: Explanation) -> str:
    """Say what made the difference and what to do next."""
    if of.answer == "NO DIFFERENCE":
        return (
            "no metric differs, to the last bit: nothing was run. What else is not the same: "
            f"kedro compare {of.from_run[:_SHORT_ID]} {of.to_run[:_SHORT_ID]}"
        )
    if of.answer == "INCONCLUSIVE":
        return " ".join(of.reasons)
    moved = [one for one in of.solved if one.after != one.before and one.shares]
    only_rows = [one for one in moved if _only_rows_moved(one, of)]
    if only_rows and len(only_rows) == len(moved):
        return f"{_listed(only_rows)} moved only because other rows were scored. " + (
            _of_common(only_rows[0], of)
        )
    first = max(moved, key=_size)
    largest = first.shares[0]
    part = percent(largest.value, first.after - first.before)
    alike = [one for one in first.shares if one.value == largest.value]
    if len(alike) > 1:
        by = f"as much by {' as by '.join(map(names, alike))} ({part} each)"
        next_step = f"Look at both: kedro compare {of.from_run[:_SHORT_ID]} {of.to_run[:_SHORT_ID]}"
    else:
        by, next_step = f"most by {names(largest)} ({part})", _to_do(largest, first, of)
    said = f"{first.metric} moved {by}. {next_step}"
    if only_rows:
        said += f" {_listed(only_rows)} moved only because other rows were scored."
    return said


def _size(solved: Solved) -> float:
    """Tell how far a metric moved, of what it was."""
    scale = max(abs(solved.before), abs(solved.after))
    return float(abs(solved.after - solved.before) / scale)


def _only_rows_moved(solved: Solved, of: Explanation) -> bool:
    """Tell whether all that is more than nothing is what the rows that are scored did.

    A parameter of what asks the model may do that, or something else: where it did only that, the
    rows that both were scored on have the same metric, to the last bit.
    """
    scored = {one.name: one for one in of.players if one.side == "scored"}
    acting = {name for one in solved.shares if one.value for name in one.players}
    if not acting or not scored.keys() >= acting:
        return False
    common = common_rows(of, solved.metric)
    is_data = all(scored[name].group == "data" for name in acting)
    return is_data or (common is not None and common[1] == 0)


def _listed(metrics: Sequence[Solved]) -> str:
    return ", ".join(one.metric for one in metrics)


def _of_common(solved: Solved, of: Explanation) -> str:
    common = common_rows(of, solved.metric)
    if common is None:
        return "Nothing was learnt for it: score both runs on the same rows before you choose."
    rows, difference = common
    return (
        f"Judge by the {rows} rows that both were scored on: "
        f"{signed(difference, decimals_of(solved))}."
    )


def _to_do(share: Share, solved: Solved, of: Explanation) -> str:
    players = [one for one in of.players if one.name in share.players]
    a, b = of.from_run[:_SHORT_ID], of.to_run[:_SHORT_ID]
    if is_chance(share, of, of.luck.get(solved.metric)):
        return "That is chance: try more seeds before you believe it, --seeds 7."
    if frozenset(share.players) in solved.joined:
        return f"No mix tells them apart; read what each changed: kedro compare {a} {b}"
    if len(players) > 1:
        return f"Look for the one among them: kedro explain {a} {b} --find"
    player = players[0]
    if player.group == "data" and player.side == "scored":
        return _of_common(solved, of)
    if player.group == "data":
        return f"See which of its rows are new: {_diff(player, a, b)}"
    if player.group == "parameters":
        return _old_parameter(player, of)
    step = largest_step(of.code, solved.metric) if of.code is not None else None
    if player.name == "code" and step is not None:
        return f"It came with '{step.commit.subject}': git show {step.commit.id[:_SHORT_ID]}"
    if player.group == "code":
        return f"Read the changed lines: kedro compare {a} {b}"
    packages = [one for one in player.factors if one.factor.startswith("package:")]
    if len(packages) == len(player.factors) == 1 and all(map(_is_version, packages)):
        (one,) = packages
        name = one.factor.partition(":")[2]
        return (
            f"Read what {name} changed from {one.expected} to {one.actual}; "
            f"to have the old one, install {name}=={one.expected}"
        )
    return f"See which they are: kedro compare {a} {b}"


def _is_version(factor: Factor) -> bool:
    """Tell a package that both runs have from an index."""
    return all(_VERSION.fullmatch(str(one or "")) for one in (factor.expected, factor.actual))


def _old_parameter(player: Player, of: Explanation) -> str:
    """Say how to run with A's value, where a command line can say it."""
    name, value = player.name.rpartition(" ")[2], player.factors[0].expected
    if value is None or isinstance(value, Mapping | list | tuple) or str(value) != player.before:
        runs = f"{of.from_run[:_SHORT_ID]} {of.to_run[:_SHORT_ID]}"
        return f"See both values: kedro compare {runs}"
    env = f" --env {quote(of.env)}" if of.env else ""
    return f"To have the old one: kedro run{env} --params {quote(f'{name}={value}')}"


def _diff(player: Player, a: str, b: str) -> str:
    table = player.name.rpartition(" ")[2]
    is_table = any(one.factor in (f"data:{table}", f"version:{table}") for one in player.factors)
    return f"kedro diff {table} {a} {b}" if is_table else f"kedro compare {a} {b}"
