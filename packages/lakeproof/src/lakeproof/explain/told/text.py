"""An explanation for a terminal: per metric one table, whose column adds up."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lakeproof.explain.explanation import ChangedRows, CodePath, Explanation, Path
from lakeproof.explain.game.solve import Solved
from lakeproof.explain.told.document import runs
from lakeproof.explain.told.next_step import headline
from lakeproof.explain.told.numbers import is_better, shown, signed
from lakeproof.explain.told.words import (
    ROW_COLUMNS,
    changed_words,
    code_columns,
    code_title,
    code_words,
    common_rows,
    decimals_of,
    few_told,
    path_columns,
    path_title,
    path_words,
    share_rows,
    together,
)
from lakeproof.terminal import layout

_INDENT = "  "
_SHORT_ID = 8


def render(of: Explanation) -> str:
    """Write the first line, then each metric, then what was run and what was relied upon."""
    parts = [headline(of), *(_metric(one, of) for one in of.solved if one.shares)]
    parts[1:1] = few_told(of)
    if of.changed is not None:
        parts.append(_changed(of.changed))
    metrics = [one.metric for one in of.solved if one.shares]
    parts += [_path(one, metrics) for one in of.paths]
    if of.code is not None:
        parts.append(_code(of.code, metrics))
    if of.assumed:
        parts.append("\n".join(["Relied upon", *(f"- {one}" for one in of.assumed)]))
    return "\n\n".join([*parts, *_mixes(of)])


def first_line(solved: Solved, of: Explanation) -> str:
    """Write how a metric went, and how on the rows that both were scored on."""
    decimals, difference = decimals_of(solved), solved.after - solved.before
    better = is_better(solved.metric, difference)
    words = "" if better is None else " (better)" if better else " (worse)"
    line = (
        f"{solved.metric}  {shown(solved.before, decimals)} → {shown(solved.after, decimals)}   "
        f"{signed(difference, decimals)}{words}"
    )
    common = common_rows(of, solved.metric)
    if common is not None:
        line += f"      on the {common[0]} rows that both were scored on: " + signed(
            common[1], decimals
        )
    return line


def _metric(solved: Solved, of: Explanation) -> str:
    if solved.after == solved.before and not any(one.value for one in solved.shares):
        return f"{first_line(solved, of)}   nothing moved it"
    rows = share_rows(solved, of, "", "the shares add up to the last bit")
    table = layout(
        {"what changed": "left", " ": "left", "share": "right", "of it": "right", "  ": "left"},
        rows,
        firm=["what changed", "share", "of it"],
    )
    lines = [_INDENT + line for line in table.splitlines()]
    return "\n".join(
        [first_line(solved, of), "", *lines, *(_INDENT + one for one in together(solved))]
    )


def _path(path: Path, metrics: Sequence[str]) -> str:
    return _listed(path_title(path), path_columns(metrics), path_words(path, metrics))


def _code(path: CodePath, metrics: Sequence[str]) -> str:
    return _listed(code_title(path), code_columns(metrics), code_words(path, metrics))


def _changed(changed: ChangedRows) -> str:
    line = f"Of {changed.common} rows that both scored, {changed.changed} have another prediction"
    if not changed.most:
        return f"{line}."
    return _listed(
        f"{line}; most changed, by its probability where it has one:",
        ROW_COLUMNS,
        changed_words(changed),
    )


def _listed(title: str, columns: Iterable[str], rows: Sequence[Sequence[Any]]) -> str:
    table = layout(dict.fromkeys(columns, "left"), rows)
    return "\n".join([title, *(_INDENT + one for one in table.splitlines())])


def _mixes(of: Explanation) -> Iterator[str]:
    counts = runs(of)
    if not of.solved or not of.outcomes:
        return
    words = {"recorded": "recorded", "fitted": "fitted", "scored": "only scored"}
    words |= {"taken": "as another", "failed": "failed"}
    said = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key])
    again = next((one.run_id for one in of.outcomes[2:] if one.run_id and not one.failure), None)
    have = f" Reproduce one: kedro reproduce {again[:_SHORT_ID]}" if again else ""
    ended = " It was interrupted: the same command goes on from there." if of.is_interrupted else ""
    mixes = "1 mix" if counts["mixes"] == 1 else f"{counts['mixes']} mixes"
    yield f"{mixes}: {said}.{have}{ended}"
