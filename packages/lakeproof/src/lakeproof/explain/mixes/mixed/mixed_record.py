"""The record of a run that never was: each part of one of two recorded runs.

What a plan is made of is a record, and so a mix is planned, restored and run like any re-run.
Nothing is read but the two records.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from lakeproof.explain.mixes.choice import Choice
from lakeproof.explain.mixes.differing.model_parts import touched
from lakeproof.explain.mixes.differing.players import PACKAGE, Choices, lies_in_repository
from lakeproof.explain.mixes.mixed.mixed_data import mixed_data, only_of, pins_of, spelled
from lakeproof.explain.mixes.mixed.mixed_parameters import (
    mixed_parameters,
    mixed_params_option,
    with_other,
)
from lakeproof.record.facts import ComputeFacts, EnvironmentFacts, FileFacts, Record
from lakeproof.reproduce.comparison.received import plain_name


def mixed_record(
    choice: Choice, data: Collection[str], found: Choices, a: Record, b: Record
) -> Record:
    """Put together the record of a mix that learns from the data which it asks about.

    Args:
        choice: What comes from B.
        data: The names of the data groups that do.
        found: What differs.
        a: The first record.
        b: The second.
    """
    base = b if choice.code else a
    sides = {
        dataset: b if group.name in data else a
        for group in found.groups.values()
        for dataset in group.datasets
    }
    inputs, outputs, pins = mixed_data(base, sides, found.renamed)
    chosen = {*choice.parameters, *_parameters_of(found, choice.set_up)}
    differing = _parameters_of(found)
    parameters = mixed_parameters(chosen, differing, a, b)
    params = mixed_params_option(chosen, a, b)
    for parameter, value in choice.values:
        parameters, params = with_other(parameters, params, parameter, value)
    options: dict[str, Any] = dict(base.run.options)
    for name, given in (("load_versions", spelled(pins)), ("params", params)):
        options.pop(name, None)
        if given:
            options[name] = given
    return replace(
        base,
        run=replace(base.run, options=options),
        parameters=parameters,
        inputs=inputs,
        outputs=outputs,
        environment=_environment(choice, a, b),
        compute=_compute(choice, base, a, b),
        problems=(),
    )


def _parameters_of(found: Choices, players: Collection[str] | None = None) -> list[str]:
    """Name the parameters that go with some players, or with any: what says the engine is one."""
    return [
        name
        for player in found.players
        if players is None or player.name in players
        for kind, _, name in (one.factor.partition(":") for one in player.factors)
        if kind == "parameter"
    ]


def part_of(mixed: Record, names: Sequence[str], models: Iterable[FileFacts] = ()) -> Record:
    """Leave of a mix some of its nodes, with what they touch.

    Args:
        mixed: The mix.
        names: Of the nodes.
        models: The files of models that another run has fitted, and these nodes read.
    """
    nodes = tuple(node for node in mixed.nodes if node.name in names)
    read = {plain_name(one.dataset) for node in nodes for one in node.inputs}
    inputs, outputs = only_of(mixed.inputs, mixed.outputs, touched(mixed, names))
    options = {**mixed.run.options, "node_names": ",".join(names)}
    pins = {name: v for name, v in pins_of(mixed).items() if plain_name(name) in read}
    options.pop("load_versions", None)
    if pins:
        options["load_versions"] = spelled(pins)
    return replace(
        mixed,
        run=replace(mixed.run, options=options),
        nodes=nodes,
        inputs=replace(inputs, files=(*inputs.files, *models)),
        outputs=outputs,
    )


def _environment(choice: Choice, a: Record, b: Record) -> EnvironmentFacts:
    """Take interpreter, packages, jars and what comes with the code each from its side."""
    packages = (b if "packages" in choice.set_up else a).environment
    python = (b if "python" in choice.set_up else a).environment
    engine = (b if "engine" in choice.set_up else a).environment
    code = (b if choice.code else a).environment
    single = {one.removeprefix(PACKAGE) for one in choice.set_up if one.startswith(PACKAGE)}
    distributions = [
        *(one for one in packages.distributions if one.name not in single),
        *(one for one in b.environment.distributions if one.name in single),
    ]
    distributions = [
        *(one for one in distributions if not lies_in_repository(one)),
        *(one for one in code.distributions if lies_in_repository(one)),
    ]
    return replace(
        packages,
        implementation=python.implementation,
        python=python.python,
        build=python.build,
        distributions=tuple(sorted(distributions, key=lambda one: one.name)),
        locks=code.locks,
        java=engine.java,
        jars=engine.jars,
    )


def _compute(choice: Choice, base: Record, a: Record, b: Record) -> ComputeFacts:
    """Take engine, threads with their kernel, and surroundings each from its side."""
    engine = (b if "engine" in choice.set_up else a).compute
    threads = (b if "threads" in choice.set_up else a).compute
    around = (b if "surroundings" in choice.set_up else a).compute
    return replace(
        base.compute,
        engine=engine.engine,
        engine_configuration=engine.engine_configuration,
        recipe=threads.recipe,
        threads=threads.threads,
        libraries=threads.libraries,
        surroundings=around.surroundings,
    )
