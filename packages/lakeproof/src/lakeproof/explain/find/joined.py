"""The mixes of few players and one more: all the others, which go over together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lakeproof.explain.mixes.facts import CommonRows, MixedRuns, Outcome, Player, Proof
from lakeproof.versioned.table_version import VersionFacts


class JoinedMixes:
    """Mixes in which all players but a few are one.

    Args:
        mixes: Those of all players.
        few: The players that stay.
    """

    def __init__(self, mixes: MixedRuns, few: Sequence[str]) -> None:
        self._mixes = mixes
        players = mixes.players()
        self._few = [one for one in players if one.name in few]
        self._others = [one for one in players if one.name not in few]

    @property
    def _rest(self) -> Player | None:
        if len(self._others) < 2:
            return self._others[0] if self._others else None
        first = self._others[0]
        groups = {one.group for one in self._others}
        named = ", ".join(one.name for one in self._others[:3])
        more = ", …" if len(self._others) > 3 else ""
        return Player(
            f"the {len(self._others)} others",
            first.group if len(groups) == 1 else "set-up",
            None,
            tuple(factor for one in self._others for factor in one.factors),
            "A's",
            "B's",
            f"{named}{more}",
        )

    def players(self) -> list[Player]:
        """List the few, and the others as one."""
        rest = self._rest
        return [*self._few, *([rest] if rest is not None else [])]

    def notes(self) -> tuple[str, ...]:
        """Say what differs and cannot be chosen."""
        return self._mixes.notes()

    def random_nodes(self) -> tuple[str, ...]:
        """Name the nodes of A and B that moved a random state which all share."""
        return self._mixes.random_nodes()

    def prove(self) -> Proof:
        """Reproduce A and B, once each."""
        return self._mixes.prove()

    def value(self, taken: frozenset[str]) -> Outcome:
        """Give what the mix gave, under the names of these players."""
        return replace(self._mixes.value(self._meant(taken)), taken=taken)

    def instead(self, taken: frozenset[str], parameters: Mapping[str, object]) -> Outcome:
        """Give what the mix gives with other values of some parameters."""
        return replace(self._mixes.instead(self._meant(taken), parameters), taken=taken)

    def at_version(self, table: str, version: VersionFacts) -> Outcome | None:
        """Run A with a table at another version."""
        return self._mixes.at_version(table, version)

    def at_commit(self, taken: frozenset[str], commit: str) -> Outcome:
        """Give what a mix gives with the code of a commit that is neither's."""
        return replace(self._mixes.at_commit(self._meant(taken), commit), taken=taken)

    def common_rows(self) -> CommonRows:
        """Measure A's and B's model on the rows that both were scored on."""
        return self._mixes.common_rows()

    def estimate(self, taken: frozenset[str]) -> float:
        """Say how many seconds a mix will take."""
        return self._mixes.estimate(self._meant(taken))

    def _meant(self, taken: frozenset[str]) -> frozenset[str]:
        rest = self._rest
        if rest is None or rest.name not in taken:
            return taken
        return (taken - {rest.name}) | {one.name for one in self._others}
