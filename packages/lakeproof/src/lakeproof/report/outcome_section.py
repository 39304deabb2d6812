"""The part of the page that says what came of a re-run: the verdict, why, result by result."""

from collections.abc import Iterator

from lakeproof.record.facts import Record
from lakeproof.report.blocks import Cell, Section, Sentences, Tone, filled, shown, table
from lakeproof.reproduce.outcomes import Artifact, Comparison

TONES: dict[str, Tone] = {
    "REPEATED": "good",
    "REPRODUCED": "good",
    "DIVERGED": "bad",
    "INCONCLUSIVE": "open",
}
_AGAIN = (
    "The recorded run was run again in isolation, with its recorded code, parameters and table "
    "versions."
)


def meaning(found: Comparison) -> tuple[str, ...]:
    """Say in words of every day what a verdict claims, and what it does not."""
    counting = [one for one in found.artifacts if one.counts]
    others = [one for one in counting if one.verdict != "same"]
    if found.verdict == "REPEATED":
        return (
            _AGAIN,
            f"All {len(counting)} results that count came out the same, to the last bit, on the "
            "same set-up (machine, libraries, engine).",
        )
    if found.verdict == "REPRODUCED":
        return (
            _AGAIN,
            f"All {len(counting)} results that count came out the same, to the last bit, although "
            "the set-up was another one.",
        )
    if found.verdict == "DIVERGED":
        return (
            _AGAIN,
            f"{len(others)} of {len(counting)} results that count did not come out the same.",
        )
    has_run = "A re-run was made, but it" if found.rerun_id else "The run could not be run again as"
    tail = "proves nothing" if found.rerun_id else "it was recorded"
    return (
        f"{has_run} {tail}: something is missing, or is not what was recorded.",
        "This is neither a pass nor a failure: that the results are the same cannot be claimed, "
        "nor that they differ.",
    )


def sections(found: Comparison) -> Iterator[Section]:
    """Give what stands right below the verdict."""
    yield Section("What is missing", filled(Sentences(found.missing)))
    yield Section("Where the two runs part", filled(Sentences(_parting(found))))
    is_suspect = found.verdict == "DIVERGED"
    yield Section(
        "Suspected first: what nothing holds still" if is_suspect else "What nothing holds still",
        filled(
            table(
                {
                    "what": "text",
                    "step": "text",
                    "recorded": "code",
                    "re-run": "code",
                    "detail": "text",
                },
                (
                    [f"{one.kind} {one.name}", one.node, one.expected, one.actual, one.detail]
                    for one in found.not_controlled
                ),
            )
        ),
        "Met by the run, from outside of the recorded inputs; another time it may be another.",
    )
    yield Section(
        "What was another than recorded",
        filled(
            table(
                {"factor": "text", "recorded": "code", "re-run": "code"},
                ([one.factor, one.expected, one.actual] for one in found.factors),
            )
        ),
        "Inputs of the run that were not the same. A re-run on another machine is still a re-run.",
    )
    yield Section("Worth knowing, though it decides nothing", filled(Sentences(found.notes)))
    yield Section(
        "Result by result",
        filled(
            table(
                {
                    "result": "text",
                    "kind": "text",
                    "verdict": "verdict",
                    "recorded": "code",
                    "re-run": "code",
                },
                (_row(one) for one in found.artifacts if one.counts),
            )
        ),
        "Tables, models, predictions, files and hand-overs between steps are compared by a digest "
        "of their content, metrics by all 64 bits. What is the same stands once.",
    )
    yield Section(
        "Not compared, or not counted",
        filled(
            table(
                {
                    "result": "text",
                    "kind": "text",
                    "verdict": "verdict",
                    "why": "text",
                },
                (
                    [one.name, one.kind, Cell(one.verdict, "verdict"), _why(one)]
                    for one in found.artifacts
                    if not one.counts or one.verdict == "not comparable"
                ),
            )
        ),
    )


def left_out(record: Record) -> Section:
    """Say of a run that nobody has repeated what a comparison will not count, and why."""
    named = [
        [name, "its catalog entry says that it does not count"] for name in record.not_compared
    ]
    noted = [
        [crossing.dataset, crossing.note or "pictures are listed and do not count"]
        for node in record.nodes
        for crossing in node.outputs
        if crossing.note or crossing.kind == "picture"
    ]
    models = [[one.dataset, one.note] for one in record.models if one.note]
    rows = list(dict.fromkeys(map(tuple, [*named, *noted, *models])))
    return Section(
        "What a comparison will not count",
        filled(table({"result": "text", "why": "text"}, rows)),
    )


def _parting(found: Comparison) -> tuple[str, ...]:
    place = found.first_divergence
    if place is None:
        return ()
    names = ", ".join(place.artifacts)
    others = tuple(
        f"At the step '{one.node}' too, whatever came of that: {', '.join(one.artifacts)}."
        for one in found.divergences[1:]
    )
    hints = dict.fromkeys(hint for one in found.divergences for hint in one.hints)
    return (
        f"At the step '{place.node}': as far as it can be compared, what it was given is the same, "
        f"and what it made is not ({names}). Whatever differs later may come from there.",
        *others,
        *hints,
    )


def _row(one: Artifact) -> list[object]:
    name = f"{one.name}\n{one.detail}" if one.detail else one.name
    verdict = Cell(one.verdict, "verdict")
    if one.verdict == "same":
        return [name, one.kind, verdict, Cell(shown(one.expected), "code", span=2)]
    return [name, one.kind, verdict, one.expected, one.actual]


def _why(one: Artifact) -> str:
    if one.detail == "does not count":
        return "listed, but has no say in the verdict (a picture, or marked so in the catalog)"
    return one.detail or "there is no digest to compare"
