"""What differs between two records, as things of which a mix takes each from one of them.

Reads the two records and nothing else. What no re-run can choose (a processor, the system's C
library, a source without versions) is no player: `notes` say it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakeproof.explain.mixes.differing.data_groups import DataGroup, data_groups
from lakeproof.explain.mixes.differing.engine_choice import (
    is_environment_of_engine,
    says_the_engine,
    with_choice,
)
from lakeproof.explain.mixes.differing.model_parts import (
    ModelParts,
    only_asks,
    parts_of,
    reads_any,
)
from lakeproof.explain.mixes.differing.renamed import is_only_renamed, renamed_inputs
from lakeproof.explain.mixes.differing.words import rows_learnt, state_of, value_of
from lakeproof.explain.mixes.facts import Group, Player, Side
from lakeproof.record.facts import Distribution, Record
from lakeproof.reproduce.comparison.factors import factors
from lakeproof.reproduce.outcomes import Factor

_CODE = frozenset({"code", "pipelines", "kedro env", "nodes", "configuration", "catalog", "runner"})
# By the first part of a factor's name.
_SET_UP = {
    "packages": frozenset({"package", "installed file"}),
    "python": frozenset({"python", "python build"}),
    "engine": frozenset({"engine", "engine configuration", "java", "jar"}),
    "threads": frozenset({"thread settings", "blas kernel"}),
    "surroundings": frozenset({"time zone", "locale", "python settings", "umask"}),
}
# What does not decide a result by itself: another number of equal content, another way to say it.
_NO_CAUSE = frozenset({"version", "table id"})
_PARAMETERS = ("parameters", "globals")
# Before the name of one that is a player by itself.
PACKAGE = "package "


@dataclass(frozen=True)
class Choices:
    """What differs between two records.

    Args:
        players: What a mix takes from one of them.
        groups: The data behind each player of data, by its name.
        parts: Of A and of B: which nodes learn, which ask.
        notes: Sentences on what differs and cannot be chosen.
        renamed: Inputs that the two runs have by different names: each by the other's, both ways.
    """

    players: tuple[Player, ...]
    groups: dict[str, DataGroup] = field(default_factory=dict)
    parts: tuple[ModelParts, ModelParts] = (ModelParts((), (), ()), ModelParts((), (), ()))
    notes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


def choices(a: Record, b: Record, opens_packages: bool = False) -> Choices:
    """Make players of what the comparison of two records finds.

    Args:
        a: The first record, of a run that finished.
        b: The second.
        opens_packages: Whether each package is a player of its own.
    """
    found = tuple(one for one in factors(a, b) if _kind(one) not in _NO_CAUSE)
    parts = parts_of(a), parts_of(b)
    by_name: dict[str, DataGroup] = {}
    players: list[Player] = []
    renamed = renamed_inputs(a, b)
    groups = data_groups(found, a, b, renamed)
    same = [one for one in groups if is_only_renamed(one, renamed, a, b)]
    for group in (one for one in groups if one not in same):
        for player in _of_data(group, a, b, parts):
            by_name[player.name] = group
            players.append(player)
    by_engine = [one for one in found if says_the_engine(one, a, b)]
    found = tuple(one for one in found if one not in by_engine)
    runs = ((a, parts[0]), (b, parts[1]))
    players += [_of_parameter(one, runs) for one in found if _kind(one) == "parameter"]
    rest = [one for one in found if _kind(one) not in ("data", "file", "parameter")]
    own = {one.factor for one in rest if _is_of_code(one, a, b)}
    code = [one for one in rest if one.factor in own and not _is_parameter_file(one, players)]
    if is_environment_of_engine(code, a, b):
        by_engine, code = [*by_engine, *code], []
    if code:
        name = "code" if any(one.factor == "code" for one in code) else "configuration"
        players.append(_player(name, "code", code, a, b))
    known = own
    for name, kinds in _SET_UP.items():
        chosen = [one for one in rest if _kind(one) in kinds and one.factor not in own]
        known |= {one.factor for one in chosen}
        # What is only installed beside all that a run had leaves it as it was.
        if not any(one.is_setup or one.expected is None for one in chosen):
            continue
        if name == "packages" and opens_packages:
            single = [one for one in chosen if _kind(one) == "package"]
            players += [_of_package(one) for one in single]
            chosen = [one for one in chosen if one not in single]
        if chosen:
            told = _player(name, "set-up", chosen, a, b)
            players.append(with_choice(told, by_engine, a, b) if name == "engine" else told)
    in_groups = {one.factor for group in groups for one in group.factors}
    data = [one for one in found if _kind(one) in ("data", "file") and one.factor not in in_groups]
    return Choices(
        tuple(players),
        by_name,
        parts,
        (
            *(_not_restored(one) for one in data),
            *_not_chosen(one for one in rest if one.factor not in known),
        ),
        renamed,
    )


def _kind(factor: Factor) -> str:
    return factor.factor.partition(":")[0]


def _of_data(
    group: DataGroup, a: Record, b: Record, parts: tuple[ModelParts, ModelParts]
) -> Iterator[Player]:
    """Make one player of data, or two where it is both learnt from and asked about."""
    sides: dict[Side, Callable[[ModelParts], tuple[str, ...]]] = {
        "learnt": lambda part: part.learnt,
        "scored": lambda part: part.asked,
    }
    is_parted = all(one.is_parted for one in parts) and parts[0].models == parts[1].models
    both: tuple[tuple[Record, ModelParts], ...] = ((a, parts[0]), (b, parts[1]))
    met = [
        side
        for side, nodes in sides.items()
        if any(reads_any(record, nodes(part), group.datasets) for record, part in both)
    ]
    before, after = (state_of(group, record) for record in (a, b))
    if not is_parted or not met:
        yield Player(f"data {group.name}", "data", "both", group.factors, before, after)
        return
    for side in met:
        verb = "learnt from" if side == "learnt" else "scored on"
        detail = rows_learnt(side, *both)
        yield Player(f"{verb} {group.name}", "data", side, group.factors, before, after, detail)


def _of_parameter(factor: Factor, runs: Sequence[tuple[Record, ModelParts]]) -> Player:
    parameter = factor.factor.partition(":")[2]
    before, after = value_of(factor.expected), value_of(factor.actual)
    side: Side | None = "scored" if only_asks(parameter, runs) else None
    return Player(f"parameter {parameter}", "parameters", side, (factor,), before, after)


def _of_package(factor: Factor) -> Player:
    name = factor.factor.partition(":")[2]
    before, after = value_of(factor.expected), value_of(factor.actual)
    return Player(f"{PACKAGE}{name}", "set-up", None, (factor,), before, after)


def _player(name: str, group: Group, found: Iterable[Factor], a: Record, b: Record) -> Player:
    from lakeproof.explain.mixes.differing.words import of_code, of_set_up

    chosen = tuple(found)
    told = of_code(chosen, a, b) if group == "code" else of_set_up(name, chosen)
    return Player(name, group, None, chosen, *told)


def _is_of_code(factor: Factor, a: Record, b: Record) -> bool:
    """Tell code, what was asked for and configuration, and packages that lie in the repository."""
    kind, _, name = factor.factor.partition(":")
    if kind == "package":
        return any(one.name == name and lies_in_repository(one) for one in _packages(a, b))
    return kind in _CODE


def lies_in_repository(one: Distribution) -> bool:
    """Tell a package whose code is the commit's: it is taken with the code."""
    return one.path is not None or one.origin == "project"


def _packages(*records: Record) -> Iterator[Distribution]:
    for record in records:
        yield from record.environment.distributions


def _is_parameter_file(factor: Factor, players: Iterable[Player]) -> bool:
    """Tell a file of parameters that is another because they are: they are players themselves."""
    kind, _, path = factor.factor.partition(":")
    name = path.rpartition("/")[2]
    has_any = any(player.group == "parameters" for player in players)
    return kind == "configuration" and name.startswith(_PARAMETERS[0]) and has_any


def _not_restored(factor: Factor) -> str:
    name = factor.factor.partition(":")[2]
    return (
        f"What was read of '{name}' is not the same and cannot be put there again: it has neither "
        "versions nor a file. No share is given to it."
    )


def _not_chosen(found: Iterable[Factor]) -> Iterator[str]:
    names: list[Any] = [one.factor for one in found]
    if names:
        yield (
            f"Both runs differ in {', '.join(map(str, names))} as well, which no re-run can "
            "choose: every mix has this machine's."
        )
