"""What passes between mixed runs and whoever reckons with them; knows neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from lakeproof.reproduce.outcomes import Factor, Verdict
from lakeproof.versioned.table_version import VersionFacts

Group = Literal["data", "parameters", "code", "set-up"]
Side = Literal["learnt", "scored", "both"]
How = Literal["recorded", "fitted", "scored", "taken"]


@dataclass(frozen=True)
class Player:
    """One thing that differs between the records A and B, and is taken from one of them as a whole.

    Args:
        name: `learnt from samples`, `scored on samples`, `parameter train.seed`, `code`,
            `packages`, `python`, `engine`, `threads`; `data samples` where no model parts the two;
            no two players of a pair have one name.
        group: Which kind of thing.
        side: Of data, whether what the model learns of them, what it is measured on, or both; of a
            parameter `scored` where no node gets it that makes a model; `None` of all else.
        factors: What the comparison of the two records says of it.
        before: What A has of it, short and for people: `samples 0`, `2026`.
        after: The same of B.
        detail: More for people, such as `84 → 132 training rows`; empty where there is none.
    """

    name: str
    group: Group
    side: Side | None
    factors: tuple[Factor, ...]
    before: str
    after: str
    detail: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a mix does not run; a fact about it, and no error.

    Args:
        kind: `before` any node ran, or in a `node`.
        node: Its name.
        message: What was said, bounded, without secrets.
    """

    kind: Literal["before", "node"]
    node: str | None
    message: str


@dataclass(frozen=True)
class Outcome:
    """What a mix gave.

    Args:
        taken: The names of the players that come from B; the others come from A.
        metrics: By name, to the last bit; none where it failed.
        run_id: Of a record that `kedro reproduce` has again: that of the mix, or A's or B's.
        how: Nothing was run for it (`recorded`), a model was fitted, a model was only asked
            (`scored`), or it is what another mix of the same inputs gave (`taken`).
        failure: Why it does not run.
        duration_s: What it took, when it was run.
        predictions: A Parquet file of its table of predictions, in order of the key of its rows,
            whose columns its schema's metadata names as JSON (`lakeproof.key`); `None` where the
            pipeline writes none.
        nodes_taken: The nodes that did not run for it: another mix had run them on the same.
    """

    taken: frozenset[str]
    metrics: Mapping[str, float] = field(default_factory=dict)
    run_id: str | None = None
    how: How = "recorded"
    failure: Failure | None = None
    duration_s: float = 0.0
    predictions: Path | None = None
    nodes_taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """Whether A and B are what they are said to be: each was reproduced once.

    Args:
        verdicts: Of A and of B, in this order; `None` where it was not run.
        reasons: Sentences on why one is no pass; none where both are.
    """

    verdicts: tuple[Verdict | None, Verdict | None]
    reasons: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether both passed."""
        return all(verdict in ("REPEATED", "REPRODUCED") for verdict in self.verdicts)


@dataclass(frozen=True)
class CommonRows:
    """The metrics of A and of B on the rows that both were scored on, which the key tells.

    Args:
        rows: How many; none in common is 0.
        before: A's metrics on them; none where they cannot be measured.
        after: B's.
        why_not: A sentence on why there are none.
    """

    rows: int
    before: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)
    why_not: str | None = None


@dataclass(frozen=True)
class Step:
    """How far it has come, for a person who waits.

    Args:
        does: What is being done, in a few words: `fitting with train.seed from B`.
        taken: Of the mix that is being had; `None` where it is none.
    """

    does: str
    taken: frozenset[str] | None = None


class MixedRuns(Protocol):
    """All runs that can be mixed of two records, A and B; what is there is not run again."""

    def players(self) -> list[Player]:
        """List what differs and can be chosen: data, parameters, code, set-up; none if nothing."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Say what differs and cannot be chosen, and what every mix has of this machine instead."""
        ...

    def random_nodes(self) -> tuple[str, ...]:
        """Name the nodes of A and B that moved a random state which all share.

        What they gave may hang on the nodes before them: nobody is trusted who ran one.
        """
        ...

    def prove(self) -> Proof:
        """Reproduce A and B, once each."""
        ...

    def value(self, taken: frozenset[str]) -> Outcome:
        """Give what the mix with these players from B gave; a failure of it is in the outcome.

        Raises:
            KeyboardInterrupt: If it is interrupted; what was done by then is kept.
        """
        ...

    def instead(self, taken: frozenset[str], parameters: Mapping[str, object]) -> Outcome:
        """Give what a mix gives with other values of some parameters, by their dotted names.

        For how much luck there is in a metric: another seed, another salt of a split.
        """
        ...

    def at_version(self, table: str, version: VersionFacts) -> Outcome | None:
        """Run A with a table at another version; `None` where it reads none, or has no digest."""
        ...

    def at_commit(self, taken: frozenset[str], commit: str) -> Outcome:
        """Give what a mix gives with the code of a commit that is neither's."""
        ...

    def common_rows(self) -> CommonRows:
        """Measure A's and B's model on the rows that both were scored on."""
        ...

    def estimate(self, taken: frozenset[str]) -> float:
        """Say how many seconds a mix will take, by what was recorded; 0 where it is there."""
        ...
