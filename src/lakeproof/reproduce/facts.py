"""What passes between the rooms: artifacts, factors, verdicts, and what a re-run needs."""

from dataclasses import dataclass
from typing import Any, Literal

ArtifactVerdict = Literal["same", "differs", "missing", "not comparable"]
ArtifactKind = Literal["table", "model", "predictions", "metric", "file", "memory"]
Verdict = Literal["REPEATED", "REPRODUCED", "DIVERGED", "INCONCLUSIVE", "SAME", "DIFFERENT"]


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
    """

    factor: str
    expected: Any
    actual: Any
    is_setup: bool = False


@dataclass(frozen=True)
class Divergence:
    """The first node whose inputs are the same and whose outputs differ."""

    node: str
    artifacts: tuple[str, ...]


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
        missing: Sentences: what could not be had, and how to get it.
    """

    verdict: Verdict
    run_id: str
    rerun_id: str | None
    artifacts: tuple[Artifact, ...]
    first_divergence: Divergence | None
    factors: tuple[Factor, ...]
    missing: tuple[str, ...]
