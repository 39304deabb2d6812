"""A comparison as JSON and for people: the verdict in one line, then what stands behind it."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import click

from lakeproof.reproduce import verdict_sections
from lakeproof.reproduce.outcomes import Comparison
from lakeproof.views import text
from lakeproof.views.blocks import Section
from lakeproof.views.values import plain

_COLOURS = {"REPEATED": "green", "REPRODUCED": "green", "SAME": "green", "INCONCLUSIVE": "yellow"}
_COLOURS |= dict.fromkeys(("WITHIN TOLERANCE", "EXCEPT ERASED"), "yellow")
_SHORT_ID = 8


def document(
    comparison: Comparison,
    code: Sequence[str] | str | None = None,
    configuration: Sequence[str] = (),
) -> dict[str, Any]:
    """Make the JSON document: the comparison as it is, but for what only we judge by.

    Args:
        comparison: What was found.
        code: The changed lines of code, which become a part of that factor; or why there are none.
        configuration: Those of the configuration, each with its file in front.
    """
    found: dict[str, Any] = plain(asdict(comparison))
    for one in found["factors"]:
        del one["is_setup"]
        one.update(_lines(one["factor"], code, configuration))
    if found["first_divergence"] is not None:
        del found["first_divergence"]["hints"]
    return found


def _lines(factor: str, code: Sequence[str] | str | None, configuration: Sequence[str]) -> Any:
    """Give the changed lines that belong to a factor, under a key of their own."""
    kind, _, path = factor.partition(":")
    if kind == "code" and code is not None:
        return {"lines": plain(code)}
    if kind == "configuration" and configuration:
        return {
            "lines": [line for line in configuration if line.startswith((f"{path}:", f"{path} "))]
        }
    return {}


def render(comparison: Comparison) -> str:
    """Write the outcome for people: the verdict and what it means, then why, then all of it."""
    return beneath(comparison, verdict_sections.sections_of(comparison))


def beneath(comparison: Comparison, sections: Iterable[Section]) -> str:
    """Write the verdict, and sections beneath it."""
    return "\n\n".join(filter(None, [headline(comparison), text.write(sections)]))


def headline(comparison: Comparison) -> str:
    """Write the verdict, and in one sentence what it means."""
    verdict: str = comparison.verdict
    if sys.stdout.isatty():
        verdict = click.style(verdict, bold=True, fg=_COLOURS.get(verdict, "red"))
    runs = " and ".join(
        run[:_SHORT_ID] for run in (comparison.run_id, comparison.rerun_id) if run is not None
    )
    return f"{verdict} ({runs}): {meaning(comparison)}"


def meaning(comparison: Comparison) -> str:
    """Say in one sentence what the verdict claims."""
    counting = [one for one in comparison.artifacts if one.counts]
    others = sum(one.verdict != "same" for one in counting)
    setup = [one.factor for one in comparison.factors if one.is_setup]
    named = ", ".join(setup[:5]) + (", …" if len(setup) > 5 else "")
    return {
        "REPEATED": f"all {len(counting)} artifacts are the same, bit for bit, on the same set-up.",
        "REPRODUCED": f"all {len(counting)} artifacts are the same, bit for bit, on another set-up "
        f"({named}).",
        "DIVERGED": f"{others} of {len(counting)} artifacts are not the same.",
        "WITHIN TOLERANCE": f"{others} of {len(counting)} artifacts are not the same, and every "
        "metric is within the tolerance that was declared.",
        "EXCEPT ERASED": f"{_rows(comparison)} row(s) that the run had were erased; run without "
        f"them, {others} of {len(counting)} artifacts are not the same, and all that does not hang "
        "on them is. This is no pass.",
        "SAME": f"all {len(counting)} artifacts are the same, bit for bit.",
        "DIFFERENT": f"{others} of {len(counting)} artifacts are not the same.",
        "INCONCLUSIVE": "something is missing or is not the recorded one, so nothing is proven.",
    }[comparison.verdict]


def _rows(comparison: Comparison) -> int:
    return sum(one.rows for one in comparison.erased)
