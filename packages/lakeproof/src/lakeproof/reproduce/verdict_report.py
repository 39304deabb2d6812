"""A comparison as JSON and for people.

Nothing is judged here: what stands below is what `compare` found, in the order of the contract.
"""

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import click

from lakeproof.reproduce.outcomes import Artifact, Comparison, Factor
from lakeproof.spelling import spelled
from lakeproof.terminal import MISSING, layout

Columns = Mapping[str, Literal["left", "right"]]

_DIGEST = re.compile(r"\b([a-z]+[0-9]*:)([0-9a-f]{12})[0-9a-f]{4,}")
_COMMIT = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{32}\b")
_MOST_PACKAGES = 10
_COLOURS = {"REPEATED": "green", "REPRODUCED": "green", "SAME": "green", "INCONCLUSIVE": "yellow"}
_SHORT_ID = 8


def document(
    comparison: Comparison,
    code: Sequence[str] | str | None = None,
    configuration: Sequence[str] = (),
) -> dict[str, Any]:
    """Make the JSON document.

    Args:
        comparison: What was found.
        code: The changed lines of code, which become a part of that factor; or why there are none.
        configuration: Those of the configuration, each with its file in front.
    """
    divergence = comparison.first_divergence
    return {
        "verdict": comparison.verdict,
        "run_id": comparison.run_id,
        "rerun_id": comparison.rerun_id,
        "artifacts": [
            {
                "name": one.name,
                "kind": one.kind,
                "verdict": one.verdict,
                "expected": plain(one.expected),
                "actual": plain(one.actual),
                "detail": one.detail,
                "counts": one.counts,
            }
            for one in comparison.artifacts
        ],
        "first_divergence": divergence
        and {"node": divergence.node, "artifacts": list(divergence.artifacts)},
        "factors": [
            {
                "factor": one.factor,
                "expected": plain(one.expected),
                "actual": plain(one.actual),
                **_lines(one.factor, code, configuration),
            }
            for one in comparison.factors
        ],
        "missing": list(comparison.missing),
        "divergences": [
            {"node": one.node, "artifacts": list(one.artifacts), "hints": list(one.hints)}
            for one in comparison.divergences
        ],
        "not_controlled": [
            {
                "node": one.node,
                "kind": one.kind,
                "name": one.name,
                "detail": one.detail,
                "expected": plain(one.expected),
                "actual": plain(one.actual),
            }
            for one in comparison.not_controlled
        ],
        "notes": list(comparison.notes),
    }


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


def plain(value: Any) -> Any:
    """Give a value as JSON has it, spelling out what it lacks as a record does."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": repr(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def render(comparison: Comparison) -> str:
    """Write the outcome for people: the verdict and what it means, then why, then all of it."""
    parts = [
        headline(comparison),
        missing(comparison.missing),
        divergences(comparison),
        not_controlled(comparison),
        factors(comparison.factors),
        artifacts(comparison.artifacts),
        missing(comparison.notes),
    ]
    return "\n\n".join(filter(None, parts))


def headline(comparison: Comparison) -> str:
    """Write the verdict, and in one sentence what it means."""
    verdict: str = comparison.verdict
    if sys.stdout.isatty():
        verdict = click.style(verdict, bold=True, fg=_COLOURS.get(verdict, "red"))
    runs = " and ".join(
        run[:_SHORT_ID] for run in (comparison.run_id, comparison.rerun_id) if run is not None
    )
    return f"{verdict} ({runs}): {meaning(comparison)}"


def divergences(comparison: Comparison) -> str:
    """Name the node at which the runs part, if there is one, the others, and what may be why."""
    found = comparison.first_divergence
    if found is None:
        return ""
    lines = [
        f"They part at node '{found.node}': what it got is the same as far as it "
        f"can be compared, what it gave is not ({', '.join(found.artifacts)})."
    ]
    others = comparison.divergences[1:]
    if others:
        named = ", ".join(f"'{one.node}' ({', '.join(one.artifacts)})" for one in others)
        lines.append(f"So they do, whatever came of that, at: {named}.")
    lines += [
        f"- {hint}"
        for hint in dict.fromkeys(hint for one in comparison.divergences for hint in one.hints)
    ]
    return "\n".join(map(shortened, lines))


def not_controlled(comparison: Comparison) -> str:
    """List what nothing holds still; behind a divergence these are the first suspects."""
    if not comparison.not_controlled:
        return ""
    is_suspect = comparison.verdict in ("DIVERGED", "DIFFERENT")
    columns: Columns = {
        "suspected first: not controlled" if is_suspect else "not controlled": "left",
        "node": "left",
        "expected": "left",
        "actual": "left",
        "detail": "left",
    }
    rows = [
        [
            shortened(f"{one.kind} {one.name}"),
            one.node and shortened(one.node),
            _shown(one.expected),
            _shown(one.actual),
            one.detail and shortened(one.detail),
        ]
        for one in comparison.not_controlled
    ]
    return layout(columns, rows, firm=list(columns)[:1])


def factors(found: Sequence[Factor]) -> str:
    """Write what is not the same about the inputs; packages that only one run had are counted."""
    if not found:
        return ""
    gone = _many(one for one in found if one.actual is None)
    added = _many(one for one in found if one.expected is None)
    rows = [
        [one.factor, _shown(one.expected), _shown(one.actual)]
        for one in found
        if one not in gone and one not in added
    ]
    counted = [
        f"{len(some)} packages more {where}: {', '.join(map(_package, some[:5]))}, …"
        for some, where in ((added, "beside the recorded ones"), (gone, "in the recorded run"))
        if some
    ]
    columns: Columns = {"factor": "left", "expected": "left", "actual": "left"}
    table = [layout(columns, rows, firm=["factor"])] if rows else []
    return "\n".join([*table, *counted])


def artifacts(found: Sequence[Artifact]) -> str:
    """Write one line per artifact."""
    if not found:
        return ""
    return layout(
        {
            "artifact": "left",
            "kind": "left",
            "verdict": "left",
            "expected": "left",
            "actual": "left",
            "detail": "left",
        },
        [
            [one.name, one.kind, one.verdict, _shown(one.expected), _shown(one.actual), one.detail]
            for one in found
        ],
        firm=["artifact", "kind", "verdict"],
    )


def shortened(text: str) -> str:
    """Cut digests and commits to what people compare, on one line that cannot steer a terminal."""
    line = spelled(" ".join(text.split()), kept="")
    return _COMMIT.sub(r"\1", _DIGEST.sub(r"\1\2…", line))


def missing(sentences: Sequence[str]) -> str:
    """Write what could not be had, one line each."""
    return "\n".join(f"- {shortened(sentence)}" for sentence in sentences)


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
        "SAME": f"all {len(counting)} artifacts are the same, bit for bit.",
        "DIFFERENT": f"{others} of {len(counting)} artifacts are not the same.",
        "INCONCLUSIVE": "neither that they are the same nor that they differ can be claimed.",
    }[comparison.verdict]


def _many(found: Iterable[Factor]) -> list[Factor]:
    """Give the packages among them, where they are too many to be listed."""
    packages = [one for one in found if one.factor.startswith("package:")]
    return packages if len(packages) > _MOST_PACKAGES else []


def _package(factor: Factor) -> str:
    return factor.factor.partition(":")[2]


def _shown(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key} {_shown(item)}" if not isinstance(item, Mapping) else f"{len(item)} {key}"
            for key, item in value.items()
        )
    return shortened(value if isinstance(value, str) else repr(plain(value)))
