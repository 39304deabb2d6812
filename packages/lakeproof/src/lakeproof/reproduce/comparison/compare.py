"""Two records side by side, and one verdict.

Pure: nothing is read but the two records. What came of the runs is set side by side by `artifacts`,
what went in by `inputs`; what is the same is said by `verdict`, where they part by `divergence`,
what else was different by `factors` and how far that went by
`reach`, and what nobody held still by `uncontrolled`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lakeproof.erasure.erased_inputs import ErasedInput
from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison import received
from lakeproof.reproduce.comparison.artifacts import makers, pair_artifacts
from lakeproof.reproduce.comparison.divergence import divergences
from lakeproof.reproduce.comparison.factors import factors, merged
from lakeproof.reproduce.comparison.inputs import pair_inputs
from lakeproof.reproduce.comparison.logged_items import pair_logged
from lakeproof.reproduce.comparison.meant.other_code import (
    as_results_of_other_code,
    as_setup,
    metric_differences,
    why_no_verification,
)
from lakeproof.reproduce.comparison.meant.without_rows import (
    of_rerun_without,
    reached_by,
    why_not_without,
    without_erased,
)
from lakeproof.reproduce.comparison.older_digests import claims_less
from lakeproof.reproduce.comparison.reach import measured_on, with_reach
from lakeproof.reproduce.comparison.uncontrolled import not_controlled
from lakeproof.reproduce.comparison.verdict import (
    InputPair,
    gaps,
    of_rerun,
    of_two_runs,
    why_no_rerun,
)
from lakeproof.reproduce.outcomes import Comparison, Factor


def compare(
    expected: Record,
    actual: Record,
    is_rerun: bool,
    extra_factors: Sequence[Factor] = (),
    missing: Sequence[str] = (),
    notes: Sequence[str] = (),
    is_other_code: bool = False,
    erased: Sequence[ErasedInput] = (),
) -> Comparison:
    """Compare two runs and give a verdict that cannot be a pass by accident.

    Args:
        expected: The recorded run, or the first of two.
        actual: The re-run, or the second of two.
        is_rerun: Whether `actual` is to repeat `expected`; another input is a factor of two runs,
            and the end of a re-run.
        extra_factors: What else is known to be another, such as a table's id.
        missing: What is already known to be missing; with any there is no pass.
        notes: What a reader of the verdict should know, though it decides nothing.
        is_other_code: Whether the code is meant to be another one, and the rest to be the same.
        erased: The inputs that are meant to be without rows, and the rest to be the same.
    """
    found = [*pair_artifacts(expected, actual), *pair_logged(expected, actual)]
    artifacts = [artifact for _, artifact in found]
    if is_other_code:
        judged = as_results_of_other_code(artifacts)
        found = [(name, one) for (name, _), one in zip(found, judged, strict=True)]
        artifacts = [artifact for _, artifact in found]
    known = with_reach(merged((*factors(expected, actual), *extra_factors)), expected, actual)
    known = as_setup(known) if is_other_code else known
    inputs = pair_inputs(expected, actual)
    parting = divergences(expected, actual, found, reached_by(erased, inputs))
    divergence = parting[0] if parting else None
    failures = list(_failures(expected, actual))
    sentences = [*missing, *failures]
    if is_other_code and not failures:
        sentences += why_no_verification(expected, actual, inputs)
    elif is_rerun and not failures:
        as_meant = without_erased(inputs, erased)
        sentences += why_no_rerun(expected, actual, as_meant, known, divergence)
        sentences += received.why_no_rerun(expected, actual, inputs, known)
    if is_rerun:
        verdict = of_rerun(artifacts, known, is_rerun=not sentences)
        if erased:
            sentences += why_not_without(erased, inputs)
            verdict = of_rerun_without(artifacts, bool(parting), is_rerun=not sentences)
    else:
        verdict = of_two_runs(artifacts, is_whole=not sentences)
        sentences += _unknown_inputs(inputs)
    if not failures:
        sentences += gaps(artifacts, makers(expected), is_rerun)
    compared = Comparison(
        verdict=verdict,
        run_id=expected.run.run_id,
        rerun_id=actual.run.run_id,
        artifacts=tuple(artifacts),
        first_divergence=divergence,
        factors=known,
        missing=tuple(sentences),
        divergences=parting,
        not_controlled=not_controlled(expected, actual),
        notes=(*notes, *claims_less(artifacts)),
        measured=tuple(measured_on(artifacts, expected, actual)),
        made_by=expected.run.made_by if is_rerun else None,
        verified_by=actual.run.made_by if is_rerun else None,
        erased=tuple(erased),
    )
    return replace(compared, metrics=metric_differences(compared, {})) if erased else compared


def _failures(*records: Record) -> Iterator[str]:
    for record in records:
        run = record.run
        if run.status != "FINISHED":
            place = f" at node '{run.failed_node}'" if run.failed_node else ""
            yield f"Run {run.run_id} {run.status}{place}: {run.error or 'no error is recorded'}"


def _unknown_inputs(inputs: Iterable[InputPair]) -> Iterator[str]:
    for pair in inputs:
        if pair.verdict == "not comparable":
            yield (
                f"Whether both runs had the same {pair.title} cannot be told: {pair.expected} and "
                f"{pair.actual}."
            )
