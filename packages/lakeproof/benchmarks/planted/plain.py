"""Mixed runs whose metrics are a plain function, so that an explanation costs nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lakeproof.explain.mixes.facts import CommonRows, Failure, Outcome, Player, Proof
from lakeproof.reproduce.outcomes import Factor

_LACKING = Failure("node", "train", "column 'hue' is not there")
A, B = "3f9c2a7b" * 4, "81d0c6aa" * 4


def player(name, before="0", after="1", group="parameters", side=None, detail=""):
    """Make a player as `mixes` names one."""
    kind, _, subject = name.rpartition(" ")
    factor = {"parameter": "parameter", "learnt from": "data", "scored on": "data"}.get(kind, kind)
    factors = (Factor(f"{factor}:{subject}" if kind else name, before, after),)
    return Player(name, group, side, factors, before, after, detail)


@dataclass
class PlainMixes:
    """Mixes as a function of what is taken; `None` from it is a failure."""

    of: list[Player]
    value_of: Callable[[frozenset[str]], Mapping[str, float] | None]
    proof: Proof = field(default_factory=lambda: Proof(("REPEATED", "REPEATED")))
    common: CommonRows = field(default_factory=lambda: CommonRows(0, why_not="none in common"))
    seconds: float = 2.0
    interrupted_after: int | None = None
    luck: Callable[[frozenset[str], Mapping[str, object]], Mapping[str, float]] | None = None
    asked: list[frozenset[str]] = field(default_factory=list)
    is_proven: bool = False
    drawing: tuple[str, ...] = ()
    commits: Callable[[frozenset[str], str], Outcome] | None = None
    versions: Callable[[int], Outcome | None] = lambda version: None
    failure: Failure = _LACKING
    asked_versions: list[tuple[str, int]] = field(default_factory=list)

    def players(self):
        """List who differs."""
        return self.of

    def notes(self):
        """Say what no mix can choose."""
        return ("The processor is this machine's in every mix.",)

    def random_nodes(self):
        """Name the nodes that draw from a random state which all share."""
        return self.drawing

    def prove(self):
        """Give the proof, and note that it was asked for."""
        self.is_proven = True
        return self.proof

    def value(self, taken):
        """Give a mix, and note that it was asked for."""
        if self.interrupted_after is not None and len(self.asked) >= self.interrupted_after:
            raise KeyboardInterrupt
        self.asked.append(taken)
        metrics = self.value_of(taken)
        is_end = len(taken) in (0, len(self.of))
        if metrics is None:
            return Outcome(taken, how="fitted", failure=self.failure)
        run_id = {0: A, len(self.of): B}.get(len(taken), f"{len(self.asked):08x}" * 4)
        only_scored = all(one.side == "scored" for one in self.of if one.name in taken)
        how = "recorded" if is_end else "scored" if only_scored else "fitted"
        return Outcome(taken, metrics, run_id, how, duration_s=self.seconds)

    def instead(self, taken, parameters):
        """Give a mix with another seed."""
        assert self.luck is not None
        return Outcome(taken, self.luck(taken, parameters), how="fitted")

    def at_version(self, table, version):
        """Give what was said of a table's version, and note that it was asked for."""
        self.asked_versions.append((table, version.version))
        return self.versions(version.version)

    def at_commit(self, taken, commit):
        """Give what was said of a commit."""
        return self.commits(taken, commit)

    def common_rows(self):
        """Give what was said of common rows."""
        return self.common

    def estimate(self, taken):
        """Take every mix to last as long."""
        return self.seconds
