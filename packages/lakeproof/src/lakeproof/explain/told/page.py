"""The page about an explanation: the first line says what to do next, the last what was assumed."""

import re
from collections.abc import Collection, Iterable, Iterator

from lakeproof.explain.asking import reason_of
from lakeproof.explain.explanation import Explanation
from lakeproof.explain.game.solve import Solved
from lakeproof.explain.told.next_step import sentence
from lakeproof.explain.told.numbers import shown
from lakeproof.explain.told.text import first_line
from lakeproof.explain.told.waterfall import waterfall
from lakeproof.explain.told.words import (
    ROW_COLUMNS,
    changed_words,
    code_columns,
    code_title,
    code_words,
    decimals_of,
    few_told,
    mix_named,
    path_columns,
    path_title,
    path_words,
    share_rows,
    together,
)
from lakeproof.views.blocks import (
    Cell,
    Page,
    Pictures,
    Section,
    Sentences,
    Style,
    Table,
    Tone,
    code,
    facts,
    section,
    table,
)

_TONES: dict[str, Tone] = {"EXPLAINED": "good", "NO DIFFERENCE": "plain", "INCONCLUSIVE": "open"}
_SHORT_ID = 8


def page(of: Explanation, made_at: str) -> Page:
    """Put the page together.

    Args:
        of: What is told.
        made_at: When the page is made, for people.
    """
    runs = f"{of.from_run[:_SHORT_ID]} and {of.to_run[:_SHORT_ID]}"
    shared = [one for one in of.solved if one.shares]
    proof = of.proof
    return Page(
        title=f"Why {runs} differ",
        heading="Why the metrics of two runs differ",
        word=of.answer,
        tone=_TONES[of.answer],
        meaning=(sentence(of), *(_in_words(first_line(one, of)) for one in shared)),
        facts=facts(
            {
                "A": code(of.from_run),
                "B": code(of.to_run),
                "reproduced": ", ".join(one or "not run" for one in proof.verdicts)
                if proof
                else "not asked for",
                "mixes": len(of.outcomes) or None,
            }
        ),
        sections=tuple(
            filter(
                None,
                [
                    *(_metric(one, of) for one in shared),
                    section("The few", Sentences(few_told(of))),
                    _changed(of),
                    *_paths(of),
                    *_code(of),
                    section("Metrics of every mix", *_mixes(of), note=_MIX),
                    section("What would make it wrong", Sentences(tuple(_doubts(of)))),
                    section("How to read this page", facts(_WORDS)),
                ],
            )
        ),
        foot=f"Made {made_at} by Lakeproof from the records of the project's MLflow store.",
    )


_MIX = (
    "A mix takes some of what differs from B and the rest from A, and is a run like any other: "
    "kedro reproduce has it again by its id."
)
_WORDS = {
    "share": "what a player did as it went over from A to B, on average over all orders in which "
    "the players can go over (its Shapley value); shares add up to the difference exactly",
    "learnt from": "the rows that the model was fitted on",
    "scored on": "the rows that it was asked about; no model changes for them",
    "chance": "no more than another seed does, or a seed itself: no cause",
    "alone and last": "only what a player does by itself and what it does last was run; it is "
    "between these two unless several act together",
    "some orders": "orders were drawn; the bounds hold in 95 of 100 cases",
    "95 % of rows": "where the share lies when the scored rows are drawn again, 1,000 times",
}


def _in_words(line: str) -> str:
    """Part what stands in columns on a terminal as a sentence does."""
    metric, *rest = re.split(r" {2,}", line)
    return f"{metric}: {'; '.join(rest)}"


def _metric(solved: Solved, of: Explanation) -> Section:
    columns: dict[str, Style] = {
        "what changed": "text",
        "": "text",
        "share": "number",
        "of it": "number",
        "what would make it wrong": "text",
    }
    rows = share_rows(solved, of, "all", "the shares add up to the last bit")
    return section(
        solved.metric,
        Pictures((waterfall(solved, of),)),
        table(columns, rows),
        Sentences(tuple(together(solved))),
    )


def _mixes(of: Explanation) -> Iterator[Table]:
    metrics = [one.metric for one in of.solved]
    if not metrics:
        return
    by_metric = {one.metric: decimals_of(one) for one in of.solved}
    headings = (
        Cell("from B"),
        *(Cell(one, "number") for one in metrics),
        Cell("how"),
        Cell("run", "code"),
    )
    rows = []
    for mix in of.outcomes:
        if mix.failure is not None:
            numbers = [Cell(reason_of(mix.failure), span=len(metrics))]
        else:
            numbers = [
                Cell(
                    shown(mix.metrics[one], by_metric[one]) if one in mix.metrics else "-", "number"
                )
                for one in metrics
            ]
        how = "failed" if mix.failure else mix.how
        run = Cell((mix.run_id or "-")[:_SHORT_ID], "code")
        rows.append((Cell(mix_named(mix.taken, of)), *numbers, Cell(how), run))
    yield Table(headings, tuple(rows))


def _paths(of: Explanation) -> Iterator[Section]:
    metrics = [one.metric for one in of.solved if one.shares]
    columns = _with_numbers(path_columns(metrics), ["rows", *metrics])
    for path in of.paths:
        rows = table(columns, path_words(path, metrics))
        yield section(f"Commits of {path.table}", rows, note=path_title(path))


def _code(of: Explanation) -> Iterator[Section]:
    if of.code is not None:
        metrics = [one.metric for one in of.solved if one.shares]
        columns = _with_numbers(code_columns(metrics), metrics)
        rows = table(columns, code_words(of.code, metrics))
        yield section("Commits of the code", rows, note=code_title(of.code))


def _changed(of: Explanation) -> Section:
    changed = of.changed
    if changed is None:
        return section("Rows whose prediction changed most")
    note = f"{changed.changed} of {changed.common} rows that both scored have another prediction."
    columns = _with_numbers(ROW_COLUMNS, ["change"])
    rows = table(columns, changed_words(changed))
    return section("Rows whose prediction changed most", rows, note=note)


def _with_numbers(names: Iterable[str], numbers: Collection[str]) -> dict[str, Style]:
    return {name: "number" if name in numbers else "text" for name in names}


def _doubts(of: Explanation) -> Iterator[str]:
    yield from of.assumed
    for metric, luck in of.luck.items():
        yield (
            f"{metric}: {luck.runs} other values of {', '.join(luck.parameters)} for A and for B "
            f"give a standard deviation of {luck.deviation:.4g}; a share up to {luck.band:.4g} is "
            "labelled chance."
        )
    if not of.luck and of.answer == "EXPLAINED":
        yield "How much another seed does was not looked at: --seeds 7."
    for metric, doubt in of.rows.items():
        if doubt.why_not:
            yield f"{metric}: no bounds by rows: {doubt.why_not}"
    if of.common is not None and of.common.why_not:
        yield f"No metrics on the rows that both were scored on: {of.common.why_not}"
