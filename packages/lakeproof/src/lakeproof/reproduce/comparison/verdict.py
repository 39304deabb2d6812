"""When two things are the same, and what may be claimed of two whole runs.

The rules are one-sided on purpose: only what was looked at and found equal is the same, and a
comparison that could not be made never helps towards a pass. Not for finding what to compare
(`compare`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lakeproof.record.facts import Record
from lakeproof.reproduce.outcomes import (
    Artifact,
    ArtifactVerdict,
    Divergence,
    Factor,
    Verdict,
)
from lakeproof.spelling import typed

InputKind = Literal["table", "file", "value", "model"]

NONE = "That was no re-run."
_MOST_CHARACTERS = 100


@dataclass(frozen=True)
class Input:
    """What one run read from outside of itself.

    Args:
        digest: Of its content; `None` where it has none.
        version: Of a table.
        table_id: Of a table.
        is_verified: Whether the digest was computed in this run.
        note: Why there is no digest.
        is_start: Whether it is what a table held before the run wrote to it.
    """

    digest: str | None
    version: int | None = None
    table_id: str | None = None
    is_verified: bool = True
    note: str | None = None
    is_start: bool = False

    def __str__(self) -> str:
        digest = self.digest or f"no digest, {self.note or 'for no reason given'}"
        return digest if self.version is None else f"version {self.version}, {digest}"


@dataclass(frozen=True)
class InputPair:
    """The same input of two runs, as far as both read it.

    Args:
        kind: What it is.
        dataset: Its catalog name.
        name: The same for all but files, whose path it is.
        expected: The recorded one.
        actual: The other one's.
    """

    kind: InputKind
    dataset: str
    name: str
    expected: Input | None
    actual: Input | None

    @property
    def verdict(self) -> ArtifactVerdict:
        """Judge the content; `missing` where one of the two did not read it."""
        if self.expected is None or self.actual is None:
            return "missing"
        return judge(self.expected.digest, self.actual.digest)

    @property
    def title(self) -> str:
        """Name it in a sentence."""
        kind = "what was loaded from" if self.kind == "value" else self.kind
        return f"{kind} '{self.name}'"

    @property
    def cure(self) -> str:
        """Say how the recorded one might be restored."""
        if self.kind == "table":
            how = typed("kedro history", self.dataset)
            return f"List its versions and who wrote them: {how}"
        if self.kind == "model":
            return "Its version in the registry must be the one that was loaded then."
        if self.kind == "file":
            return "Put the recorded file back."
        return "Its source must give what it gave then."


def judge(expected: str | None, actual: str | None) -> ArtifactVerdict:
    """Compare two digests; only two of one algorithm can be told apart or called the same."""
    if expected is None or actual is None:
        return "not comparable"
    algorithm = expected.partition(":")[0]
    if not algorithm or ":" not in expected or algorithm != actual.partition(":")[0]:
        return "not comparable"
    return "same" if expected == actual else "differs"


def of_rerun(artifacts: Iterable[Artifact], factors: Iterable[Factor], is_rerun: bool) -> Verdict:
    """Give the verdict of a re-run.

    Args:
        artifacts: All of them, with those that do not count.
        factors: What is not the same about the inputs.
        is_rerun: Whether it was one at all: it finished, and had what the recorded run had.
    """
    found = counting(artifacts)
    if not is_rerun:
        return "INCONCLUSIVE"
    if "differs" in found:
        return "DIVERGED"
    if found != {"same"}:
        return "INCONCLUSIVE"
    return "REPRODUCED" if any(factor.is_setup for factor in factors) else "REPEATED"


def of_two_runs(artifacts: Iterable[Artifact], is_whole: bool) -> Verdict:
    """Give the verdict of two runs that were made independently.

    Args:
        artifacts: All of them, with those that do not count.
        is_whole: Whether both are there to their end; else they cannot be the same.
    """
    found = counting(artifacts)
    if found & {"differs", "missing"}:
        return "DIFFERENT"
    return "SAME" if found == {"same"} and is_whole else "INCONCLUSIVE"


def exit_code(verdict: Verdict) -> int:
    """Give the exit code of the commands that end in a verdict."""
    codes = {"DIVERGED": 1, "DIFFERENT": 1, "INCONCLUSIVE": 2, "EXCEPT ERASED": 3}
    return codes.get(verdict, 0)


def why_no_rerun(
    expected: Record,
    actual: Record,
    inputs: Collection[InputPair],
    factors: Collection[Factor],
    divergence: Divergence | None,
) -> Iterator[str]:
    """Say what a re-run had otherwise than the recorded run, so that it proves nothing.

    Args:
        expected: The recorded run.
        actual: The re-run.
        inputs: What the two read from outside.
        factors: What is not the same, the parameters among it.
        divergence: Where they part. Which inputs a node reads after that may hang on it.
    """
    if expected.code.tree != actual.code.tree:
        yield (
            f"The code of the re-run is not the recorded one: recorded {expected.code.tree}, "
            f"re-run {actual.code.tree}. {NONE}"
        )
    if actual.code.changed_during_run:
        changed = ", ".join(actual.code.changed_during_run[:5])
        yield f"The code of the re-run changed while it ran: {changed}. {NONE}"
    for factor in factors:
        kind, _, name = factor.factor.partition(":")
        if kind == "parameter":
            yield (
                f"The re-run had another parameter '{name}': recorded "
                f"{_cut(factor.expected)}, re-run {_cut(factor.actual)}. {NONE}"
            )
    yield from _nodes_that_did_not_run(expected, actual)
    after = _read_after(divergence, expected, actual) if divergence else ()
    for pair in inputs:
        if pair.verdict != "missing" or pair.dataset not in after:
            yield from why_not_the_recorded(pair)


def gaps(artifacts: Iterable[Artifact], nodes: Mapping[str, str], is_rerun: bool) -> Iterator[str]:
    """Say which comparisons that count could not be made, and that none could, if none could.

    Args:
        artifacts: All of them.
        nodes: The node that made a dataset in the recorded run, by the artifact's name.
        is_rerun: Whether what is missing should have been there.
    """
    has_any = False
    for one in artifacts:
        has_any = has_any or one.counts
        if one.counts and one.verdict == "not comparable":
            yield f"The {one.kind} '{one.name}' cannot be compared: {one.detail or 'no digest'}."
        elif one.counts and one.verdict == "missing" and is_rerun:
            maker = f"Node '{nodes[one.name]}'" if one.name in nodes else "The re-run"
            yield (
                f"{maker} no longer gives the {one.kind} '{one.name}': recorded {one.expected}, "
                "in the re-run nothing."
            )
    if not has_any:
        yield "There is nothing to compare: no output of these runs counts."


def counting(artifacts: Iterable[Artifact]) -> set[ArtifactVerdict]:
    """Give the verdicts of the artifacts that count."""
    return {one.verdict for one in artifacts if one.counts}


def _nodes_that_did_not_run(expected: Record, actual: Record) -> Iterator[str]:
    ours, theirs = ([node.name for node in record.nodes] for record in (expected, actual))
    gone = [name for name in ours if name not in theirs]
    if gone:
        yield f"The re-run did not run {', '.join(map(repr, gone[:10]))}. {NONE}"
    more = [name for name in theirs if name not in ours]
    if more:
        yield (
            f"The re-run ran {', '.join(map(repr, more[:10]))}, which the recorded run did not. "
            f"{NONE}"
        )


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _read_after(divergence: Divergence, *records: Record) -> set[str]:
    """Give the inputs that in both runs only nodes after the divergence loaded."""
    before, later = set[str](), set[str]()
    for record in records:
        loaded = before
        for node in record.nodes:
            loaded.update(one.dataset for one in node.inputs)
            if node.name == divergence.node:
                loaded = later
    return later - before


def why_not_the_recorded(pair: InputPair) -> Iterator[str]:
    """Say why an input of a re-run is not the recorded one, if it is not."""
    if pair.actual is None and pair.expected is not None:
        yield (
            f"The re-run did not read {pair.title}, which the recorded run read "
            f"({pair.expected}). {NONE}"
        )
    elif pair.expected is None:
        yield (
            f"The re-run read {pair.title} ({pair.actual}), which the recorded run did not. {NONE}"
        )
    elif pair.verdict == "differs":
        yield (
            f"{pair.title[0].upper()}{pair.title[1:]} is not the one that was recorded: recorded "
            f"{pair.expected}, the re-run read {pair.actual}. {NONE} {pair.cure}"
        )
    elif pair.verdict == "not comparable":
        yield (
            f"Whether {pair.title} is the one that was recorded cannot be told: recorded "
            f"{pair.expected}, the re-run read {pair.actual}."
        )
    elif pair.actual is not None and not pair.actual.is_verified:
        yield (
            f"The rows of {pair.title} were not read again: the re-run took {pair.actual} from the "
            "commit that wrote them."
        )
