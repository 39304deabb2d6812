"""What another code makes of a recorded run's inputs: is every result the same?

What changes with the code (its own parameters, its nodes, its configuration) is a factor then, and
what it no longer makes is another result. Data that are not the recorded ones stay a reason to
claim nothing. Reads the two records and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison.verdict import (
    NONE,
    InputPair,
    why_not_the_recorded,
)
from lakeproof.reproduce.outcomes import Artifact, Comparison, Factor, MetricDifference

# What carries the result that metrics measure.
_CARRIERS = frozenset({"table", "model", "predictions", "file", "memory"})
_OF_CODE = ("code", "configuration", "parameter", "nodes", "pipelines")


def why_no_verification(
    expected: Record, actual: Record, inputs: Iterable[InputPair]
) -> Iterator[str]:
    """Say why the code under test did not have what the recorded run had.

    Args:
        expected: The recorded run.
        actual: That of the other code.
        inputs: What the two read from outside. What the other code reads no more is its own affair.
    """
    if actual.code.changed_during_run:
        changed = ", ".join(actual.code.changed_during_run[:5])
        yield f"The code under test changed while it ran: {changed}. {NONE}"
    if expected.run.kedro_env != actual.run.kedro_env:
        yield f"It ran in environment '{actual.run.kedro_env}'. {NONE}"
    for pair in inputs:
        if pair.actual is not None:
            yield from why_not_the_recorded(pair)


def as_setup(factors: Iterable[Factor]) -> tuple[Factor, ...]:
    """Count what belongs to the code as a set-up of another kind."""
    return tuple(
        replace(one, is_setup=True) if one.factor.partition(":")[0] in _OF_CODE else one
        for one in factors
    )


def as_results_of_other_code(artifacts: Iterable[Artifact]) -> Iterator[Artifact]:
    """Judge what one of two codes does not make: less is another result, more is none."""
    for one in artifacts:
        if one.verdict == "missing":
            detail = "the code under test does not make it"
            yield replace(one, verdict="differs", detail=detail)
        elif one.verdict == "differs" and one.expected is None and one.actual is not None:
            yield replace(
                one, counts=False, detail="new: the recorded run does not have it; does not count"
            )
        else:
            yield one


def metric_differences(
    comparison: Comparison, tolerance: Mapping[str, float]
) -> tuple[MetricDifference, ...]:
    """List the metrics of both runs, each with how far they are apart and how far they may be."""
    return tuple(
        _difference(one, tolerance.get(one.name))
        for one in comparison.artifacts
        if one.kind == "metric"
    )


def _difference(metric: Artifact, tolerance: float | None) -> MetricDifference:
    is_same = metric.verdict == "same"
    expected, actual = metric.expected, metric.actual
    if is_same:
        return MetricDifference(metric.name, expected, actual, 0.0, tolerance, True)
    # Neither NaN nor infinity is within anything.
    if expected is None or actual is None:
        return MetricDifference(metric.name, expected, actual, None, tolerance, False)
    difference = actual - expected
    is_within = tolerance is not None and abs(difference) <= tolerance
    return MetricDifference(metric.name, expected, actual, difference, tolerance, is_within)


def with_tolerance(comparison: Comparison, metrics: Sequence[MetricDifference]) -> Comparison:
    """Call a divergence WITHIN TOLERANCE where that was declared, and nothing else.

    Every metric is the same or within what was declared for it, one at least was declared, and what
    differs beside is what metrics measure: tables, models, predictions, files. Nothing is missing.
    """
    counting = [one for one in comparison.artifacts if one.counts and one.kind != "metric"]
    is_whole = all(
        one.verdict == "same"
        or (one.verdict == "differs" and one.kind in _CARRIERS and one.actual is not None)
        for one in counting
    )
    is_declared = any(one.tolerance is not None for one in metrics)
    is_within = is_declared and all(one.is_within for one in metrics)
    if comparison.verdict != "DIVERGED" or not (is_whole and is_within):
        return comparison
    return replace(comparison, verdict="WITHIN TOLERANCE")
