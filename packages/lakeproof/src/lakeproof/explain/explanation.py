"""What an explanation says: facts, each with what would make it wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lakeproof.explain.game.solve import Solved
from lakeproof.explain.mixes.facts import CommonRows, Outcome, Player, Proof
from lakeproof.versioned.table_version import VersionFacts

Answer = Literal["EXPLAINED", "NO DIFFERENCE", "INCONCLUSIVE"]
EXIT_CODES: dict[Answer, int] = {"EXPLAINED": 0, "NO DIFFERENCE": 1, "INCONCLUSIVE": 2}


@dataclass(frozen=True)
class Luck:
    """How far one metric goes apart when only chance is another: A and B with other seeds.

    Args:
        parameters: Which mean chance, as `[tool.lakeproof] chance` names them.
        runs: How many other values each of A and B had.
        deviation: The standard deviation of the metric around its mean, of A's runs and of B's
            pooled.
    """

    parameters: tuple[str, ...]
    runs: int
    deviation: float

    @property
    def band(self) -> float:
        """Give what two runs that differ by chance alone lie apart, in 95 of 100 cases."""
        return 1.96 * 2**0.5 * self.deviation


@dataclass(frozen=True)
class Spread:
    """Between what a share lies in 95 % of draws of the rows that were scored."""

    low: float
    high: float


@dataclass(frozen=True)
class RowsDoubt:
    """What the choice of rows leaves open, for one metric.

    Args:
        draws: How many times the rows were drawn again.
        spreads: Of each share, by its players.
        why_not: Why there is none.
    """

    draws: int = 0
    spreads: Mapping[tuple[str, ...], Spread] = field(default_factory=dict)
    why_not: str | None = None


@dataclass(frozen=True)
class Chance:
    """Which parameters mean chance.

    Args:
        named: By `[tool.lakeproof] chance`.
        proposed: By their names alone; not taken for chance until they are named.
    """

    named: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Few:
    """The players that make a change.

    Args:
        metric: Whose change.
        players: By name.
        of: How many there were to choose from.
        part: What they make of the difference by themselves; 1 is all of it.
        is_smallest: Whether none of them can be left out.
        asked: How many mixes that took.
        unknown: Those without whom the mix does not run.
    """

    metric: str
    players: tuple[str, ...]
    of: int
    part: float
    is_smallest: bool
    asked: int
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangedRow:
    """One row that both runs scored.

    Args:
        key: What tells it apart.
        actual: What was true, in B.
        before: What A said.
        after: What B said.
        change: How far apart these are: of numbers their difference; of classes, that of the
            probability of what was true, where both runs give one; else 1.
    """

    key: tuple[Any, ...]
    actual: Any
    before: Any
    after: Any
    change: float


@dataclass(frozen=True)
class ChangedRows:
    """How predictions changed.

    Args:
        common: How many rows both scored.
        changed: Of how many the prediction is another.
        most: Those that changed most, the most first.
    """

    common: int
    changed: int
    most: tuple[ChangedRow, ...]


@dataclass(frozen=True)
class PathStep:
    """One commit of a table.

    Args:
        commit: Which version it made, when, of which delivery, by which run and node.
        did: By metric, what it did after those before it; `None` where it was not run: what it did
            is in the next one's.
        why_not: Why it was not run.
    """

    commit: VersionFacts
    did: Mapping[str, float] | None
    why_not: str | None = None


@dataclass(frozen=True)
class Path:
    """The commits between the versions of a table that A and B read, all else being A's.

    Args:
        table: Its catalog name.
        steps: In the order in which one comes from A's version to B's.
        is_backwards: Whether B read the older version: each step takes a commit back.
        why_not: Why those between were not run.
    """

    table: str
    steps: tuple[PathStep, ...]
    is_backwards: bool = False
    why_not: str | None = None


@dataclass(frozen=True)
class Commit:
    """One commit of the code.

    Args:
        id: In full; empty for what B had that was not committed.
        subject: The first line of its message.
        is_way_back: Whether it is A's own, at which what A had that was not committed is gone.
    """

    id: str
    subject: str
    is_way_back: bool = False


@dataclass(frozen=True)
class CodeStep:
    """A commit, with those before it that were not run.

    Args:
        commit: It.
        commits: How many these are.
        did: By metric, what they did after those before.
        why_not: Why some of them were not run, though they were tried.
    """

    commit: Commit
    commits: int
    did: Mapping[str, float]
    why_not: str = ""


@dataclass(frozen=True)
class CodePath:
    """The commits between A's code and B's.

    Args:
        steps: In the order in which they were made.
        rest: Whose all else is.
    """

    steps: tuple[CodeStep, ...]
    rest: Literal["A", "B"]


@dataclass(frozen=True)
class Explanation:
    """Why the metrics of B are not those of A.

    Args:
        from_run: The run id of A.
        to_run: That of B.
        answer: Explained; no metric that was asked for differs; or neither can be said.
        players: What differs and can be taken from one or the other.
        outcomes: What each mix gave, A and B first, in the order in which they were run.
        solved: By metric, the shares.
        proof: That A and B are what their records say; `None` where it was not asked for.
        reasons: Why it is inconclusive.
        assumed: What is not shown and was relied upon.
        common: A and B on the rows that both were scored on.
        luck: By metric.
        rows: By metric.
        chance: Which parameters mean chance.
        few: The few players that make a change, where they were looked for.
        changed: Whose predictions changed most, where that was asked for.
        paths: The commits of each table that lie between, where that was asked for.
        code: The commits of the code that lie between, where that was asked for.
        env: The environment that A was asked for with; `None` for the usual one.
        is_interrupted: Whether it was ended before all was settled.
    """

    from_run: str
    to_run: str
    answer: Answer
    players: tuple[Player, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    solved: tuple[Solved, ...] = ()
    proof: Proof | None = None
    reasons: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    common: CommonRows | None = None
    luck: Mapping[str, Luck] = field(default_factory=dict)
    rows: Mapping[str, RowsDoubt] = field(default_factory=dict)
    chance: Chance = Chance()
    few: Few | None = None
    changed: ChangedRows | None = None
    paths: tuple[Path, ...] = ()
    code: CodePath | None = None
    env: str | None = None
    is_interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """Give the exit code of the command."""
        return EXIT_CODES[self.answer]
