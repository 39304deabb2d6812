"""A comparison in sections: what a terminal and the page say of it.

Nothing is judged here: what stands below is what `compare` found. The words for the two sides are
the caller's: `expected` and `actual`, or `recorded` and `re-run`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lakeproof.reproduce.outcomes import Artifact, Comparison, Factor, MetricDifference
from lakeproof.views.blocks import Cell, Section, Sentences, Style, section, table
from lakeproof.views.values import shown

Sides = tuple[str, str]

EXPECTED: Sides = ("expected", "actual")
RECORDED: Sides = ("recorded", "re-run")
_MOST_PACKAGES = 10
_LISTED = "does not count"


def sections_of(found: Comparison, sides: Sides = EXPECTED) -> Iterator[Section]:
    """Give what stands right below the verdict: why it is none, what may be why, all of it."""
    sections = [
        missing(found),
        erased(found),
        metrics(found.metrics, "without the rows"),
        divergence(found),
        not_controlled(found, sides),
        factors(found, sides),
        unreached(found, sides),
        artifacts([one for one in found.artifacts if one.counts], sides),
        not_counted(found, sides),
        notes(found),
        verifier(found),
    ]
    yield from filter(None, sections)


def missing(found: Comparison) -> Section:
    """Say what is missing, or is not what was recorded."""
    return section("Missing", Sentences(found.missing))


def notes(found: Comparison) -> Section:
    """Say what decides nothing and is worth knowing."""
    return section("Notes", Sentences(found.notes))


def erased(found: Comparison) -> Section:
    """Name the inputs of which rows were erased, and the receipts."""
    columns: dict[str, Style] = {
        "erased from": "text",
        "rows": "number",
        "receipt": "text",
        "as it was": "code",
        "without them": "code",
    }
    rows = (
        [one.name, one.rows, ", ".join(one.receipts), one.expected, one.actual]
        for one in found.erased
    )
    return section("Erased", table(columns, rows))


def metrics(found: Iterable[MetricDifference], side: str = "under test") -> Section:
    """List metrics with how far each is from the recorded one, and how far it may be.

    Args:
        found: The metrics.
        side: What the other one of the two is called.
    """
    columns: dict[str, Style] = {
        "metric": "text",
        "recorded": "number",
        side: "number",
        "difference": "number",
        "tolerance": "number",
    }
    rows = ([one.name, one.expected, one.actual, one.difference, one.tolerance] for one in found)
    return section("Metrics", table(columns, rows))


def verifier(found: Comparison) -> Section:
    """Say who has verified it, as far as that is another than who made it."""
    by, maker = found.verified_by, found.made_by
    if by is None:
        return section("Verified by")
    told = []
    for what in ("checkout", "user", "machine"):
        ours, theirs = getattr(by, what), getattr(maker, what, None)
        which = "the same" if ours == theirs else "another" if theirs else "this"
        told.append(f"{which} {what} {_short(ours)}" if ours else f"an unknown {what}")
    return section("Verified by", Sentences((f"{', '.join(told)}.".capitalize(),)))


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:8]


def divergence(found: Comparison) -> Section:
    """Name the first node at which equal inputs gave other outputs, the others, and likely causes.

    Whatever differs later may come from the first one.
    """
    first = found.first_divergence
    if first is None:
        return section("First divergence")
    others = ", ".join(
        f"'{one.node}' ({', '.join(one.artifacts)})" for one in found.divergences[1:]
    )
    return section(
        "First divergence",
        Sentences(
            (
                f"At node '{first.node}': its inputs are the same as far as they can be compared, "
                f"its outputs are not ({', '.join(first.artifacts)}).",
                *([f"Independently of it, at: {others}."] if others else []),
                *dict.fromkeys(hint for one in found.divergences for hint in one.hints),
            )
        ),
    )


def not_controlled(found: Comparison, sides: Sides = EXPECTED) -> Section:
    """List what nothing holds still; behind a divergence these are the first suspects."""
    heading = "suspected first: not controlled" if _is_other(found) else "not controlled"
    columns: dict[str, Style] = {heading: "text", "node": "text", **_both(sides)}
    return section(
        heading.capitalize(),
        table(
            {**columns, "detail": "text"},
            (
                [f"{one.kind} {one.name}", one.node, one.expected, one.actual, one.detail]
                for one in found.not_controlled
            ),
        ),
        note="What nodes reached for beside the recorded inputs. It may be another at any time.",
    )


def factors(found: Comparison, sides: Sides = EXPECTED) -> Section:
    """List what is not the same about the inputs of the two runs.

    Packages that only one of them had stand apart where they are many.
    """
    known = [one for one in found.factors if one.reached or not _is_other(found)]
    apart = [*_many(known, "expected"), *_many(known, "actual")]
    listed = [one for one in known if one not in apart]
    return section(
        "Factors: inputs of the run that differ",
        table(
            {"factor": "text", **_both(sides)},
            ([one.factor, one.expected, one.actual] for one in listed),
        ),
        table(
            {"package of one run alone": "text", **_both(sides)},
            ([one.factor.partition(":")[2], one.expected, one.actual] for one in apart),
            is_side=True,
        ),
        note="A re-run on another machine is still a re-run.",
    )


def unreached(found: Comparison, sides: Sides = EXPECTED) -> Section:
    """List the factors apart that cannot be why something differs."""
    heading = "changed, but did not reach what differs"
    return section(
        heading.capitalize(),
        table(
            {heading: "text", **_both(sides)},
            (
                [one.factor, one.expected, one.actual]
                for one in found.factors
                if _is_other(found) and not one.reached
            ),
        ),
        note="Every node that reads it gave the same.",
    )


def _is_other(found: Comparison) -> bool:
    """Tell whether there is something to have been reached."""
    return found.verdict in ("DIFFERENT", "DIVERGED")


def artifacts(found: Iterable[Artifact], sides: Sides = EXPECTED) -> Section:
    """List results, one a line; what is the same stands once."""
    columns: dict[str, Style] = {"artifact": "text", "kind": "text", "verdict": "verdict"}
    return section(
        "Artifacts",
        table({**columns, **_both(sides), "detail": "text"}, map(_row, found)),
        note="Tables, models, predictions, files and what passed between nodes are compared by a "
        "digest of their content, metrics by all 64 bits. What is the same stands once.",
    )


def not_counted(found: Comparison, sides: Sides = EXPECTED) -> Section:
    """List what has no say in the verdict: pictures, and what the catalog marks so."""
    columns: dict[str, Style] = {"listed, not counted": "text", "kind": "text"}
    rows = [
        # That it does not count is what the heading says.
        [row[0], row[1], *row[2:-1], one.detail if one.detail != _LISTED else ""]
        for one in found.artifacts
        if not one.counts
        for row in [_row(one)]
    ]
    return section(
        "Listed, not counted",
        table({**columns, "verdict": "verdict", **_both(sides), "detail": "text"}, rows),
        note="Pictures, and what the catalog marks with compare: false.",
    )


def _both(sides: Sides) -> dict[str, Style]:
    return dict.fromkeys(sides, "code")


def _row(one: Artifact) -> list[Any]:
    row = [one.name, one.kind, Cell(one.verdict, "verdict")]
    if one.verdict == "same":
        return [*row, Cell(shown(one.expected), "code", span=2), one.detail or ""]
    return [*row, one.expected, one.actual, one.detail or ""]


def _many(found: Sequence[Factor], absent: str) -> list[Factor]:
    """Give the packages that one side lacks, where they are too many to stand with the others."""
    packages = [
        one for one in found if one.factor.startswith("package:") and getattr(one, absent) is None
    ]
    return packages if len(packages) > _MOST_PACKAGES else []
