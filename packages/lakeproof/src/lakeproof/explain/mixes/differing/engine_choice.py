"""Which differences say no more than on which engine either run was.

By a parameter (`--params engine=spark`) or by an environment (`--env spark`): the engine is one
change, and all that says it is one player with it.
"""

from collections.abc import Collection
from dataclasses import replace

from lakeproof.explain.mixes.facts import Player
from lakeproof.record.facts import Record
from lakeproof.reproduce.outcomes import Factor

_ENV = "kedro env"


def says_the_engine(factor: Factor, a: Record, b: Record) -> bool:
    """Tell a parameter, or a value of the catalog, that is the name of the engine in both runs."""
    engines = a.compute.engine, b.compute.engine
    kind, _, name = factor.factor.partition(":")
    is_meant = kind == "catalog" and name.endswith(".engine")
    is_meant = is_meant or (kind, name) == ("parameter", "engine")
    said = factor.expected, factor.actual
    is_it = all(one in (None, its) for one, its in zip(said, engines, strict=True))
    return is_meant and is_it and engines[0] != engines[1]


def is_environment_of_engine(found: Collection[Factor], a: Record, b: Record) -> bool:
    """Tell an environment that is there for the engine: of its own it has `globals` alone.

    What globals do to parameters and to the catalog is said by these, with factors of their own.

    Args:
        found: All that differs in code, in what was asked for and in configuration, but for
            what `says_the_engine`.
        a: The first record.
        b: The second.
    """
    if a.compute.engine == b.compute.engine or _ENV not in {one.factor for one in found}:
        return False
    environments = {one.run.kedro_env for one in (a, b)} - {None}
    own = {f"configuration:{env}/globals" for env in environments}
    return all(
        one.factor == _ENV
        or (one.factor.rpartition(".")[0] in own and None in (one.expected, one.actual))
        for one in found
    )


def with_choice(engine: Player, said: Collection[Factor], a: Record, b: Record) -> Player:
    """Let the player of the engine have all that says which one it is."""
    factors = (*engine.factors, *said)
    ours, theirs = a.compute.engine, b.compute.engine
    if ours == theirs:
        return replace(engine, factors=factors)
    return replace(engine, factors=factors, before=ours, after=theirs)


def takes_environment(player: Player) -> bool:
    """Tell whether a player from B comes with B's environment: with its files of configuration."""
    return any(one.factor == _ENV for one in player.factors)
