"""The record that a mix is planned by."""

from dataclasses import replace

import pytest

from lakeproof.explain.mixes.choice import choice_of
from lakeproof.explain.mixes.differing.players import choices
from lakeproof.explain.mixes.mixed.mixed_data import lacking
from lakeproof.explain.mixes.mixed.mixed_record import mixed_record, part_of
from lakeproof.record.facts import Content, Distribution, FileFacts

from ...reproduce.builders import (
    a_node,
    a_table_read,
    a_table_written,
    crossing,
    digest,
    sha,
    with_content,
)
from .runs import a_run, another, with_parameters


def mix(a, b, *taken):
    found = choices(a, b)
    choice = choice_of(taken, found)
    return mixed_record(choice, choice.learnt, found, a, b)


def with_options(record, **options):
    return replace(record, run=replace(record.run, options=options))


def test_each_part_comes_from_the_side_that_is_chosen():
    """Data at its version, parameters by their names, packages apart from the code."""
    a = a_run()
    b = with_parameters(with_content(a, "samples", "more"), {"train": {"trees": 7}, "seed": 2})
    table, numpy = replace(b.inputs.tables[0], version=4), Distribution("numpy", "3")
    b = replace(
        b,
        inputs=replace(b.inputs, tables=(table, *b.inputs.tables[1:])),
        code=replace(b.code, files={"x.py": sha("x")}, tree=f"sha256:{sha('tree')}"),
        environment=replace(
            b.environment,
            distributions=(Distribution("numpy", "3"), a.environment.distributions[1]),
        ),
    )
    data = mix(a, b, "learnt from samples", "scored on samples")
    assert (data.inputs.tables[0].version, data.parameters, data.code) == (4, a.parameters, a.code)
    seed = mix(a, b, "parameter seed", "parameter train.rate")
    assert seed.parameters.values == {"train": {"trees": 100}, "seed": 2}
    assert seed.inputs.tables[0].version == 3
    code = mix(a, b, "code")
    assert (code.code, code.parameters, code.inputs) == (b.code, a.parameters, a.inputs)
    assert code.environment.distributions == a.environment.distributions
    packages = mix(a, b, "packages")
    assert packages.code == a.code
    assert numpy in packages.environment.distributions
    assert mix(a, b, *(one.name for one in choices(a, b).players)).parameters == b.parameters


def test_what_was_typed_goes_with_what_it_chose():
    """The catalog may ask for a parameter of the command line, and a pin wins."""
    a = with_options(a_run(), load_versions="samples:3", params={"seed": 1})
    b = with_parameters(with_content(a, "samples", "more"), {**a.parameters.values, "seed": 9})
    b = with_options(b, load_versions="samples:4")
    assert mix(a, b).run.options == a.run.options
    data = mix(a, b, "learnt from samples", "scored on samples")
    assert data.run.options == {"load_versions": "samples:4", "params": {"seed": 1}}
    assert mix(a, b, "parameter seed").run.options["params"] == {"seed": 9}


def test_the_engine_goes_with_all_that_says_which_one_it_is():
    """`--params engine=spark`, and what it makes of the catalog, are no players of their own."""

    def on(record, engine, values, params):
        catalog = {"samples": {"type": "lakeproof.delta.DeltaTable", "engine": engine}}
        return with_options(
            replace(
                record,
                compute=replace(record.compute, engine=engine),
                configuration=replace(record.configuration, catalog_values=catalog),
                parameters=replace(record.parameters, values=values),
            ),
            **params,
        )

    a = on(a_run(), "embedded", {"seed": 1}, {})
    asked = {"engine": "spark", "seed": 2}
    b = another(on(a_run(), "spark", asked, {"params": asked}))
    found = choices(a, b)
    assert [one.name for one in found.players] == ["parameter seed", "engine"]
    (engine,) = (one for one in found.players if one.name == "engine")
    assert (engine.before, engine.after) == ("embedded", "spark")
    assert {"engine", "parameter:engine", "catalog:samples.engine"} == {
        one.factor for one in engine.factors
    }
    seed = mix(a, b, "parameter seed")
    assert (seed.parameters.values, seed.compute.engine) == ({"seed": 2}, "embedded")
    engine = mix(a, b, "engine")
    assert (engine.parameters.values, engine.compute.engine) == (
        {"seed": 1, "engine": "spark"},
        "spark",
    )
    assert engine.run.options["params"] == {"engine": "spark"}
    assert mix(a, b, "engine", "parameter seed").parameters == b.parameters


def by_environment(run, *files, **changes):
    """The same run on Spark, chosen by an environment that has some files."""
    catalog = {"samples": {"type": "lakeproof.delta.DeltaTable", "engine": "spark"}}
    contents = tuple(Content(path, sha(path), 0, "") for path in files)
    return another(
        replace(
            run,
            run=replace(run.run, kedro_env="spark"),
            compute=replace(run.compute, engine="spark"),
            configuration=replace(
                run.configuration,
                files=(*run.configuration.files, *contents),
                catalog_values=catalog,
            ),
            **changes,
        )
    )


def test_an_environment_that_only_chooses_the_engine_is_no_player_of_its_own():
    """`--env spark`: a mix with the engine from B is in its environment, with all else from A."""
    a = a_run()
    b = with_parameters(by_environment(a, "spark/globals.yml"), {**a.parameters.values, "seed": 2})
    assert [one.name for one in choices(a, b).players] == ["parameter seed", "engine"]
    on_spark = mix(a, b, "engine")
    assert (on_spark.run.kedro_env, on_spark.compute.engine) == ("spark", "spark")
    assert (on_spark.configuration, on_spark.parameters) == (b.configuration, a.parameters)
    seed = mix(a, b, "parameter seed")
    assert (seed.run.kedro_env, seed.configuration) == (a.run.kedro_env, a.configuration)
    assert [one.name for one in choices(b, a).players] == ["parameter seed", "engine"]


@pytest.mark.parametrize("rest", ["its catalog", "the code", "one engine"])
def test_an_environment_with_more_than_the_engine_is_a_player(rest):
    a, changes, files = a_run(), {}, ["spark/globals.yml"]
    if rest == "the code":
        changes["code"] = replace(a.code, files={"x.py": sha("x")}, tree=f"sha256:{sha('tree')}")
    if rest == "its catalog":
        files.append("spark/catalog.yml")
    b = by_environment(a, *files, **changes)
    a = replace(a, compute=b.compute) if rest == "one engine" else a
    (player,) = (one for one in choices(a, b).players if one.group == "code")
    assert "kedro env" in {one.factor for one in player.factors}


def test_a_parameter_that_only_has_the_name_of_the_engine_is_one():
    """It says something else than what the run was on."""
    a = with_parameters(a_run(), {"engine": "v8"})
    b = another(with_parameters(a_run(), {"engine": "v12"}))
    b = replace(b, compute=replace(b.compute, engine="spark"))
    assert [one.name for one in choices(a, b).players] == ["parameter engine", "engine"]


def test_a_table_that_this_code_does_not_make_is_read_as_it_was_made():
    """And one that it makes is read at the version that the other run read."""
    run = a_run()
    made = replace(
        run,
        nodes=(a_node("ingest", [], [crossing("samples")]), *run.nodes),
        inputs=replace(run.inputs, tables=(a_table_read(is_own=True, version=5),)),
        outputs=replace(
            run.outputs,
            tables=(a_table_written("samples", mode="merge", version=5), *run.outputs.tables),
        ),
    )
    read = another(with_content(run, "samples", "others"))
    mixed = mix(read, made, "learnt from samples", "scored on samples")
    assert [one.version for one in mixed.inputs.tables if one.dataset == "samples"] == [5]
    assert not any(one.is_own for one in mixed.inputs.tables if one.dataset == "samples")
    assert "samples" not in {one.dataset for one in mixed.outputs.tables}
    reverse = mix(made, read, "learnt from samples", "scored on samples")
    assert reverse.run.options["load_versions"] == "samples:3"
    assert "samples" in {one.dataset for one in reverse.outputs.tables}


def test_what_is_done_with_a_model_has_it_as_a_file():
    """And asks for no table that only the learning read."""
    run = a_run()
    fit = replace(run.nodes[3], inputs=(*run.nodes[3].inputs, crossing("weights")))
    tables = (*run.inputs.tables, a_table_read("weights"))
    record = replace(
        with_options(run, load_versions="samples:3,weights:3"),
        nodes=(*run.nodes[:3], fit, run.nodes[4]),
        inputs=replace(run.inputs, tables=tables),
    )
    model = FileFacts("model", "data/model.skops", sha("model"), 9, artifact="runs:/a/model.skops")
    part = part_of(record, ("build", "select_test", "predict"), (model,))
    assert part.run.options == {
        "load_versions": "samples:3",
        "node_names": "build,select_test,predict",
    }
    assert part.inputs.files == (model,)
    assert [one.dataset for one in part.inputs.tables] == ["samples", "features"]


def test_a_parameter_can_be_neither_of_the_two():
    """Another seed; where it was typed, the command line says it too."""
    a = with_options(a_run(), params={"seed": 1})
    b = with_parameters(a, {**a.parameters.values, "seed": 9})
    found = choices(a, b)
    choice = replace(choice_of(["parameter seed"], found), values=(("seed", 5),))
    mixed = mixed_record(choice, (), found, a, b)
    assert mixed.parameters.values["seed"] == 5
    assert mixed.run.options["params"] == {"seed": 5}
    assert mixed.parameters.values["train"] == a.parameters.values["train"]


def renamed(run, name="wines", **changes):
    """The same run, whose catalog calls the table of samples otherwise."""
    build, *others = run.nodes
    table = replace(run.inputs.tables[0], dataset=name, **changes)
    return another(
        replace(
            run,
            nodes=(replace(build, inputs=(replace(build.inputs[0], dataset=name),)), *others),
            inputs=replace(run.inputs, tables=(table, *run.inputs.tables[1:])),
            code=replace(run.code, files={"x.py": sha("x")}, tree=f"sha256:{sha('tree')}"),
        )
    )


def test_a_dataset_with_another_name_is_no_other_data():
    """Each code finds it under the name that it knows."""
    a = a_run()
    b = renamed(a)
    found = choices(a, b)
    assert [one.name for one in found.players] == ["code"]
    code = mixed_record(choice_of(["code"], found), set(), found, a, b)
    assert code.inputs.tables[0].dataset == "wines"


def test_another_version_under_another_name_is_had_by_either_code():
    a = a_run()
    b = renamed(a, version=4, digest=digest("more"))
    found = choices(a, b)
    names = [one.name for one in found.players]
    assert names == ["learnt from samples", "scored on samples", "code"]
    for taken, version, name in (("code", 3, "wines"), (names[0], 4, "samples")):
        choice = choice_of([taken], found)
        mixed = mixed_record(choice, choice.learnt, found, a, b)
        (table,) = [one for one in mixed.inputs.tables if not one.is_own]
        assert (table.dataset, table.version) == (name, version)
        base, other = (b, a) if taken == "code" else (a, b)
        assert not list(lacking(mixed, base, other))


def test_a_table_that_only_one_run_has_is_not_read_as_it_is_today():
    """A mix of the code that reads it, without it, is none."""
    a = a_run()
    b = renamed(a, uri="data/others", table_id="another", digest=digest("others"))
    found = choices(a, b)
    mixed = mixed_record(choice_of(["code"], found), set(), found, a, b)
    (told,) = lacking(mixed, b, a)
    assert "'wines'" in told
    assert not list(lacking(part_of(mixed, ["fit"]), b, a))
