"""A run on what erasures have left of its inputs: what may be claimed of it, which is no pass.

The rows are gone, and with them the numbers of then. What is left to be proven: that code,
parameters, environment and all other inputs are the recorded ones, that what does not hang on the
rows comes out the same, and what the rows made of the rest. Reads records and nothing else.
"""

from collections.abc import Collection, Iterable, Iterator

from lakeproof.erasure.erased_inputs import ErasedInput
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.reproduce.comparison.verdict import NONE, InputPair, counting
from lakeproof.reproduce.outcomes import Artifact, Verdict


def without_erased(
    inputs: Iterable[InputPair], erased: Collection[ErasedInput]
) -> tuple[InputPair, ...]:
    """Leave out the inputs that are what they are meant to be: that of then, less the rows."""
    return tuple(pair for pair in inputs if not any(_is_meant(pair, one) for one in erased))


def why_not_without(erased: Iterable[ErasedInput], inputs: Collection[InputPair]) -> Iterator[str]:
    """Say which input was not read without the rows, though it was meant to be."""
    for one in erased:
        if not any(_is_meant(pair, one) for pair in inputs):
            yield f"The re-run did not read {one.name} without the rows that were erased. {NONE}"


def reached_by(erased: Collection[ErasedInput], inputs: Iterable[InputPair]) -> frozenset[str]:
    """Name the datasets that are others because rows of them are gone."""
    return frozenset(
        plain_name(pair.dataset) for pair in inputs if any(_is_meant(pair, one) for one in erased)
    )


def of_rerun_without(artifacts: Iterable[Artifact], has_parted: bool, is_rerun: bool) -> Verdict:
    """Give the verdict of a re-run without the rows.

    Args:
        artifacts: All of them, with those that do not count.
        has_parted: Whether some node got the same and gave another: the rows are not why.
        is_rerun: Whether it was one, but for the rows.
    """
    found = counting(artifacts)
    if not is_rerun or not found or found & {"missing", "not comparable"}:
        return "INCONCLUSIVE"
    return "DIVERGED" if has_parted else "EXCEPT ERASED"


def _is_meant(pair: InputPair, erased: ErasedInput) -> bool:
    if pair.expected is None or pair.actual is None or pair.kind != erased.kind:
        return False
    is_it = (pair.expected.digest, pair.actual.digest) == (erased.expected, erased.actual)
    is_verified = pair.actual.is_verified
    return is_it and is_verified and pair.expected.version == erased.version
