"""What passes between the rooms: artifacts, factors, verdicts, and what a re-run needs."""

from dataclasses import dataclass, field
from typing import Any, Literal

from lakeproof.erasure.erased_inputs import ErasedInput
from lakeproof.record.facts import LoggedKind, Maker, Record

ArtifactVerdict = Literal["same", "differs", "missing", "not comparable"]
ArtifactKind = Literal["table", "model", "predictions", "metric", "file", "memory"] | LoggedKind
Verdict = Literal[
    "REPEATED",
    "REPRODUCED",
    "DIVERGED",
    "INCONCLUSIVE",
    "WITHIN TOLERANCE",
    "EXCEPT ERASED",
    "SAME",
    "DIFFERENT",
]


Certainty = Literal["dies", "fragile", "open"]
Engine = Literal["embedded", "spark"]


@dataclass(frozen=True)
class Limit:
    """What a yes of `kedro check` hangs on.

    Args:
        what: A sentence, or what happens at a date.
        certainty: `dies` where a rule has a date, `fragile` where there is one copy and no rule,
            `open` where nothing is known.
        at: From when on, ISO 8601 in UTC; on no account later than the truth.
        engine: Whom it concerns, where that is one of the two.
        remedy: The command that mends it.
    """

    what: str
    certainty: Certainty
    at: str | None = None
    engine: Engine | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        """Say it in a sentence."""
        start = self.what if self.at is None else f"Until {self.at[:10]}, then {self.what}."
        return start if self.remedy is None else f"{start} Keep it: {self.remedy}"


@dataclass(frozen=True)
class Artifact:
    """One thing that both runs should have made alike.

    Args:
        name: The dataset; for a metric its name; `node → dataset` for `memory`.
        kind: What it is.
        verdict: How the two compare.
        expected: The recorded digest or value.
        actual: The other one's.
        detail: Why it is not comparable, what differs (columns, rows), or that it does not count.
        counts: Whether it has a say in the verdict of the run.
    """

    name: str
    kind: ArtifactKind
    verdict: ArtifactVerdict
    expected: Any
    actual: Any
    detail: str | None = None
    counts: bool = True


@dataclass(frozen=True)
class Factor:
    """An input of the run that is not the same.

    Args:
        factor: `code`, `data:<table>`, `file:<name>`, `parameter:<dotted.name>`, `package:<name>`,
            `python`, `thread settings`, `blas kernel`, `engine`, `cpu`, ….
        expected: The recorded one; `None` where there was none.
        actual: The other one.
        is_setup: Whether it makes the set-up (machine, environment, engine) another one.
        reached: Whether it may have had a say in what differs; not where every node that reads it
            gave the same.
    """

    factor: str
    expected: Any
    actual: Any
    is_setup: bool = False
    # What came of a factor does not make it another one.
    reached: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Divergence:
    """A node whose inputs are the same and whose outputs differ.

    Args:
        node: Its name.
        artifacts: The outputs that are not the same.
        hints: Sentences: the usual reasons that the records show.
    """

    node: str
    artifacts: tuple[str, ...]
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotControlled:
    """Something that a run met and that nothing holds still, so that it may be another next time.

    It is listed with a pass, and suspected first where runs diverge; it decides no verdict.

    Args:
        node: Which met it; `None` where that is not known.
        kind: `file`, `variable`, `network`, `program`, `artifact`, `setting`, ….
        name: A path, a variable's name, an address: what it was.
        detail: What a person should know of it, such as that nobody looked.
        expected: What it was in the recorded run (a digest, a value); `None` if that is not known,
            or it was not met there.
        actual: The same of the other run.
    """

    node: str | None
    kind: str
    name: str
    detail: str | None = None
    expected: Any = None
    actual: Any = None

    @property
    def is_other(self) -> bool:
        """Tell whether it is known to have been another one."""
        return bool(self.expected != self.actual)


@dataclass(frozen=True)
class MetricDifference:
    """A metric of two runs.

    Args:
        name: Its name.
        expected: The recorded one; `None` where it is no number.
        actual: The other one.
        difference: What is added to the recorded one; `None` where that is no number.
        tolerance: How far the two may be apart, where that was declared.
        is_within: Whether they are the same, or no further apart than that.
    """

    name: str
    expected: float | None
    actual: float | None
    difference: float | None
    tolerance: float | None
    is_within: bool


@dataclass(frozen=True)
class Comparison:
    """Two runs, side by side: what `kedro reproduce --json` and `kedro compare --json` print.

    Args:
        verdict: Of the whole.
        run_id: The recorded run (A of `compare`).
        rerun_id: The re-run (B of `compare`); `None` where nothing could be run.
        artifacts: In pipeline order.
        first_divergence: Where they part, if they do at a node.
        factors: What is not the same about their inputs.
        missing: Sentences: what is missing, and how to get it.
        divergences: All nodes at which equal inputs gave other outputs; the first is also
            `first_divergence`.
        not_controlled: What nothing holds still; what is known to be another comes first.
        notes: Sentences that decide nothing and that a reader of the verdict should know.
        measured: Sentences: on which other rows the metrics were measured.
        made_by: Who made the recorded run, of a re-run.
        verified_by: Who re-ran it.
        erased: The inputs of which rows were erased, where the re-run was meant to go without.
        metrics: Of such a re-run, how far each metric is from the recorded one.
    """

    verdict: Verdict
    run_id: str
    rerun_id: str | None
    artifacts: tuple[Artifact, ...]
    first_divergence: Divergence | None
    factors: tuple[Factor, ...]
    missing: tuple[str, ...]
    divergences: tuple[Divergence, ...] = ()
    not_controlled: tuple[NotControlled, ...] = ()
    notes: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    made_by: Maker | None = None
    verified_by: Maker | None = None
    erased: tuple[ErasedInput, ...] = ()
    metrics: tuple[MetricDifference, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What a change does to the results of a recorded run.

    Args:
        comparison: The run, and the same with the code under test.
        commit: That code: the commit that is checked out.
        is_dirty: Whether the working tree had changes beside it, which were part of it.
        metrics: How far each is from the recorded one.
        record: That of the recorded run.
        rerun: That of the code under test; `None` where it did not run.
        record: That of the recorded run.
        rerun: That of the code under test; `None` where it did not run.
    """

    comparison: Comparison
    commit: str | None
    is_dirty: bool
    metrics: tuple[MetricDifference, ...] = ()
    record: Record | None = None
    rerun: Record | None = None
