"""Which side each part of a mix comes from, and when two mixes are the same run, or have one model.

Two choices that differ only in what some nodes do not read are one to those nodes: that is what
spares a run, or a training. Conservative: what cannot be traced to nodes reaches all of them.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from lakeproof.explain.mixes.differing.engine_choice import takes_environment
from lakeproof.explain.mixes.differing.model_parts import ModelParts, reads_any
from lakeproof.explain.mixes.differing.players import Choices
from lakeproof.explain.mixes.facts import Player
from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison.reach import holds

# The whole run, what makes its model, or what is done with one.
Part = Literal["whole", "learnt", "asked"]


@dataclass(frozen=True)
class Choice:
    """What a mix takes from B; all else is A's.

    Args:
        code: Whether code, configuration and what was asked for are B's.
        parameters: The dotted names that are B's.
        set_up: Which of packages, python, engine, threads and surroundings are B's.
        learnt: The names of data groups that the model learns of from B.
        scored: Those that it is asked about from B.
        values: Parameters that are neither's, by their dotted names.
    """

    code: bool = False
    parameters: frozenset[str] = frozenset()
    set_up: frozenset[str] = frozenset()
    learnt: frozenset[str] = frozenset()
    scored: frozenset[str] = frozenset()
    values: tuple[tuple[str, Any], ...] = ()


def choice_of(taken: Collection[str], found: Choices) -> Choice:
    """Translate the names of players.

    Data that are read by one part alone are chosen by that part's player.

    Raises:
        KeyError: If there is no player of a name.
    """
    by_name = {player.name: player for player in found.players}
    chosen = [by_name[name] for name in taken]
    learnt, scored = set[str](), set[str]()
    for player in chosen:
        if player.group == "data":
            group = found.groups[player.name].name
            if player.side in ("learnt", "both"):
                learnt.add(group)
            if player.side in ("scored", "both"):
                scored.add(group)
    return Choice(
        code=any(player.group == "code" or takes_environment(player) for player in chosen),
        parameters=frozenset(map(_parameter, (p for p in chosen if p.group == "parameters"))),
        set_up=frozenset(player.name for player in chosen if player.group == "set-up"),
        learnt=frozenset(learnt),
        scored=frozenset(scored),
    )


def _parameter(player: Player) -> str:
    return player.name.removeprefix("parameter ")


@dataclass(frozen=True)
class Reach:
    """What of a choice reaches the two parts of a run.

    Args:
        a: The first record.
        b: The second.
        found: What differs.
    """

    a: Record
    b: Record
    found: Choices

    def parts(self, choice: Choice) -> ModelParts:
        """Give the parts of the run: those of the code that is chosen."""
        return self.found.parts[choice.code]

    def as_learnt(self, choice: Choice) -> Choice:
        """Give the mix that asks about the data which it learns from, where both parts read them.

        It is a run that somebody could have made, and needs no model of another.
        """
        asked_alone = choice.scored - self._groups("learnt")
        return replace(choice, scored=(choice.learnt & self._groups("scored")) | asked_alone)

    def data(self, choice: Choice, part: Part) -> frozenset[str]:
        """Name the data that come from B where a part of a mix is run."""
        if part == "asked":
            return choice.scored
        return choice.learnt | (choice.scored - self._groups("learnt"))

    def _groups(self, side: Literal["learnt", "scored"]) -> frozenset[str]:
        sides = (side, "both")
        groups = self.found.groups
        players = (one for one in self.found.players if one.side in sides and one.name in groups)
        return frozenset(groups[one.name].name for one in players)

    def learnt(self, choice: Choice) -> Choice:
        """Reduce a choice to what its model hangs on."""
        reduced = self._reduced(choice, self.parts(choice).learnt, choice.learnt)
        return replace(reduced, scored=frozenset())

    def asked(self, choice: Choice) -> Choice:
        """Reduce a choice to what is done with its model."""
        parts = self.parts(choice)
        data = choice.scored if parts.is_parted else choice.learnt
        reduced = self._reduced(choice, parts.asked, data)
        return replace(reduced, learnt=frozenset(), scored=reduced.learnt)

    def whole(self, choice: Choice) -> tuple[Choice, Choice]:
        """Reduce a choice to what its metrics hang on."""
        return self.learnt(choice), self.asked(choice)

    def _reduced(self, choice: Choice, nodes: Collection[str], data: frozenset[str]) -> Choice:
        record = self.b if choice.code else self.a
        groups = {group.name: group for group in self.found.groups.values()}
        return replace(
            choice,
            parameters=frozenset(
                name for name in choice.parameters if _reaches(name, record, nodes)
            ),
            values=tuple(one for one in choice.values if _reaches(one[0], record, nodes)),
            learnt=frozenset(
                name for name in data if reads_any(record, nodes, groups[name].datasets)
            ),
        )


def _reaches(parameter: str, record: Record, nodes: Collection[str]) -> bool:
    readers = {
        node.name
        for node in record.nodes
        if any(holds(one.dataset, parameter) for one in node.inputs)
    }
    # The catalog may be made of what no node gets, or a hook read it.
    return not readers or not readers.isdisjoint(nodes)
