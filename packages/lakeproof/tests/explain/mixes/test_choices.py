"""What differs between two records, as things of which a mix takes each from one of them."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from lakeproof.explain.mixes import mixes as mixes_room
from lakeproof.explain.mixes.choice import Choice, Reach, choice_of
from lakeproof.explain.mixes.differing.model_parts import parts_of
from lakeproof.explain.mixes.differing.players import choices
from lakeproof.explain.mixes.facts import Proof
from lakeproof.explain.mixes.kept_mixes import KeptMix, KeptMixes
from lakeproof.explain.mixes.known_runs import Known, hangs_together
from lakeproof.explain.mixes.mixed.mixed_record import mixed_record
from lakeproof.explain.mixes.running.asked_mix import Ran
from lakeproof.record.facts import Distribution, FileFacts, InputFacts

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


def names(a, b):
    return [player.name for player in choices(a, b).players]


def test_a_run_is_parted_at_its_model():
    """What both parts need is in both."""
    parts = parts_of(a_run())
    assert parts.models == ("model",)
    assert parts.learnt == ("build", "select_train", "fit")
    assert parts.asked == ("build", "select_test", "predict")


def test_a_model_that_is_in_no_file_parts_nothing():
    """It cannot be handed on."""
    run = a_run()
    assert not parts_of(replace(run, outputs=replace(run.outputs, files=()))).is_parted


def test_a_table_that_is_learnt_from_and_scored_on_is_two_players():
    """And the parameters are each one, by their dotted names."""
    a = a_run()
    b = with_parameters(with_content(a, "samples", "more"), {"train": {"trees": 7}, "seed": 1})
    found = choices(a, b)
    assert [(one.name, one.group, one.side) for one in found.players] == [
        ("learnt from samples", "data", "learnt"),
        ("scored on samples", "data", "scored"),
        ("parameter train.trees", "parameters", None),
        ("parameter train.rate", "parameters", None),
    ]
    assert [(one.before, one.after) for one in found.players[2:]] == [("100", "7"), ("0.5", "none")]


def test_a_parameter_that_no_node_gets_which_makes_a_model_changes_none():
    """Unlike one that both kinds of nodes get, or none that is known."""

    def asking(run, **names):
        nodes = tuple(
            replace(one, inputs=(*one.inputs, *map(crossing, names.get(one.name, ()))))
            for one in run.nodes
        )
        return replace(run, nodes=nodes)

    both = ["params:both"]
    a = asking(a_run(), predict=["params:asked", *both], fit=both)
    a = with_parameters(a, {"asked": 1, "both": 1, "nobody": 1})
    b = another(with_parameters(a, {"asked": 2, "both": 2, "nobody": 2}))
    assert [(one.name, one.side) for one in choices(a, b).players] == [
        ("parameter asked", "scored"),
        ("parameter both", None),
        ("parameter nobody", None),
    ]


def test_how_many_rows_were_learnt_from_and_asked_about_is_said():
    """Of what the node got that makes the model; older records do not say it."""

    def counted(run, trained, asked):
        fit, predict = run.nodes[3:]
        rows = replace(fit.inputs[0], rows=trained), replace(predict.inputs[1], rows=asked)
        fit = replace(fit, inputs=(rows[0], *fit.inputs[1:]))
        predict = replace(predict, inputs=(predict.inputs[0], rows[1], *predict.inputs[2:]))
        outputs = replace(run.outputs, tables=run.outputs.tables[:1])
        return replace(run, nodes=(*run.nodes[:3], fit, predict), outputs=outputs)

    a, b = a_run(), another(with_content(a_run(), "samples", "more"))
    learnt, scored = choices(counted(a, 84, 36), counted(b, 132, 46)).players
    assert (learnt.detail, scored.detail) == ("84 → 132 training rows", "36 → 46 test rows")
    learnt, _ = choices(counted(a, None, 36), counted(b, 132, 46)).players
    assert learnt.detail == ""


def test_a_table_that_only_the_scoring_reads_is_one_player():
    """Nothing is learnt from it."""
    run = a_run()
    nodes = (*run.nodes[:2], a_node("select_test", [crossing("new")], [crossing("test_rows")]))
    tables = (*run.inputs.tables, a_table_read("new"))
    a = replace(run, nodes=(*nodes, *run.nodes[3:]), inputs=replace(run.inputs, tables=tables))
    assert names(a, another(with_content(a, "new", "more"))) == ["scored on new"]


def test_without_a_model_data_are_one_player():
    """There is no boundary to swap them at."""
    run = a_run()
    a = replace(run, outputs=replace(run.outputs, files=()))
    assert names(a, another(with_content(a, "samples", "more"))) == ["data samples"]


def test_new_files_and_the_table_that_takes_them_are_one_player():
    """A table that had taken the older ones is not to be had with the new files alone."""
    run = a_run()
    ingest = a_node("ingest", [crossing("files", "files")], [crossing("samples")])
    old, new = (FileFacts("files", f"raw/{one}.csv", sha(one), 9) for one in ("old", "new"))

    def taken(files, start, version):
        table = a_table_written(
            "samples",
            mode="merge",
            node="ingest",
            version=version,
            started_at=start,
            started_digest=None if start is None else digest("first"),
        )
        read = a_table_read(version=version, is_own=True, digest=digest(f"v{version}"))
        return replace(
            run,
            nodes=(ingest, *run.nodes),
            inputs=InputFacts(tables=(read,), files=files),
            outputs=replace(run.outputs, tables=(table, *run.outputs.tables)),
        )

    found = choices(taken((old,), None, 0), another(taken((old, new), 0, 1)))
    assert [one.name for one in found.players] == ["learnt from samples", "scored on samples"]
    assert found.groups["learnt from samples"].datasets == {"samples", "files"}
    assert (found.players[0].before, found.players[0].after) == ("samples 0", "samples 1")


def test_a_package_in_the_repository_is_code_and_another_is_not():
    """It is checked out with the commit."""
    ours = Distribution("ours", "1", "editable", digest("o", "sha256"), "packages/ours")
    a = a_run()

    def with_packages(numpy, own):
        found = (Distribution("numpy", numpy), replace(ours, digest=digest(own, "sha256")))
        return replace(a, environment=replace(a.environment, distributions=found))

    assert names(with_packages("1", "o"), another(with_packages("1", "p"))) == ["configuration"]
    assert names(with_packages("1", "o"), another(with_packages("2", "o"))) == ["packages"]


def test_packages_are_one_player_or_each_one():
    """As it is asked for; one that only one run has is a player as well."""
    a = a_run()

    def having(*found):
        distributions = tuple(Distribution(*one.split()) for one in found)
        return replace(a, environment=replace(a.environment, distributions=distributions))

    a, b = having("numpy 1", "scipy 1", "six 1"), another(having("new 1", "numpy 2", "scipy 1"))
    assert names(a, b) == ["packages"]
    found = choices(a, b, opens_packages=True)
    assert [(one.name, one.before, one.after) for one in found.players] == [
        ("package new", "none", "1"),
        ("package numpy", "1", "2"),
        ("package six", "1", "none"),
    ]
    choice = choice_of(["package numpy", "package six"], found)
    mixed = mixed_record(choice, set(), found, a, b)
    assert [(one.name, one.version) for one in mixed.environment.distributions] == [
        ("numpy", "2"),
        ("scipy", "1"),
    ]


def test_what_no_rerun_can_choose_is_said_and_is_no_player():
    """Another processor, another C library."""
    a = a_run()
    b = another(a, compute=replace(a.compute, cpu="Another CPU", threads={"OMP_NUM_THREADS": "2"}))
    found = choices(a, b)
    assert [one.name for one in found.players] == ["threads"]
    assert found.players[0].after.startswith("OMP_NUM_THREADS 2, PYTHONHASHSEED not s")
    assert len(found.notes) == 1
    assert "cpu" in found.notes[0]


@pytest.mark.parametrize(
    ("taken", "learnt", "asked"),
    [
        ({"learnt from samples"}, "other", "same"),
        ({"scored on samples"}, "same", "other"),
        ({"parameter train.trees"}, "other", "same"),
        ({"parameter report.width"}, "same", "other"),
        ({"parameter nobody"}, "other", "other"),
    ],
)
def test_a_choice_reaches_the_nodes_that_read_it(taken, learnt, asked):
    """And what no node reads reaches all of them, for the catalog may be made of it."""
    a = with_parameters(a_run(), {"train": {"trees": 1}, "report": {"width": 1}, "nobody": 1})
    b = with_parameters(
        with_content(a, "samples", "more"),
        {"train": {"trees": 2}, "report": {"width": 2}, "nobody": 2},
    )
    found = choices(a, b)
    reach, choice = Reach(a, b, found), choice_of(taken, found)
    nothing = Choice()
    assert (reach.learnt(choice) == reach.learnt(nothing)) is (learnt == "same")
    assert (reach.asked(choice) == reach.asked(nothing)) is (asked == "same")


def test_the_mix_that_fits_a_model_asks_about_the_same_side():
    """So that it is a run that somebody could have made; what only the asking reads stays."""
    run = a_run()
    nodes = (
        *run.nodes[:4],
        a_node("predict", [*run.nodes[4].inputs, crossing("prices")], [crossing("scores")]),
    )
    tables = (*run.inputs.tables, a_table_read("prices"))
    a = replace(run, nodes=nodes, inputs=replace(run.inputs, tables=tables))
    b = another(with_content(with_content(a, "samples", "more"), "prices", "others"))
    found = choices(a, b)
    choice = choice_of({"learnt from samples", "scored on prices"}, found)
    whole = Reach(a, b, found).as_learnt(choice)
    assert (whole.learnt, whole.scored) == ({"samples"}, {"samples", "prices"})


@pytest.mark.parametrize(
    ("moves", "is_mix", "nodes", "hangs"),
    [
        (None, False, None, False),
        (False, False, None, False),
        (True, False, None, True),
        (True, False, ["fit"], True),
        (True, False, ["build"], False),
        (True, True, None, False),
    ],
)
def test_what_drew_from_a_state_of_all_is_not_taken_from_a_recorded_run(
    moves, is_mix, nodes, hangs
):
    """In a mix, the states are set anew before each node."""
    run = a_run()
    fit = replace(run.nodes[3], moves_random=moves)
    record = replace(run, nodes=(*run.nodes[:3], fit, *run.nodes[4:]))
    known = Known(Choice(), "whole", record, is_mix=is_mix)
    assert hangs_together(known, nodes) is hangs


KEPT = Proof(("REPEATED", "REPEATED"))
BETWEEN, SEALS = ("a" * 32, "b" * 32), ("1" * 64, "2" * 64)


def test_what_ran_in_one_environment_is_not_taken_for_another(tmp_path):
    """With --here all is run on today's libraries: neither proof nor mixes hold elsewhere."""
    KeptMixes(tmp_path, BETWEEN, SEALS, "sha").keep_proof(KEPT)
    assert KeptMixes(tmp_path, BETWEEN, SEALS, "sha").proof == KEPT
    assert KeptMixes(tmp_path, BETWEEN, SEALS, "other").proof is None
    assert KeptMixes(tmp_path, BETWEEN, SEALS).proof is None
    assert KeptMixes(tmp_path, BETWEEN, (SEALS[0], "3" * 64), "sha").proof is None


@pytest.mark.parametrize(
    "choice",
    [
        Choice(code=True, parameters=frozenset({"train.seed"}), learnt=frozenset({"samples"})),
        Choice(values=(("feature.split.salt", "b"), ("train.layers", [8, 4]))),
    ],
)
def test_what_was_run_is_there_at_the_next_call(tmp_path, choice):
    """With values that are neither run's, too, as for luck."""
    kept, mix = KeptMixes(tmp_path, BETWEEN, SEALS), KeptMix(choice, "whole", "c", "d", 1.5, None)
    kept.keep_proof(KEPT)
    kept.add(mix)
    again = KeptMixes(tmp_path, BETWEEN, SEALS)
    assert (again.mixes, again.proof) == ([mix], KEPT)


@pytest.mark.parametrize("how", ["changed", "another user", "damaged"])
def test_what_somebody_else_has_kept_is_not_believed(tmp_path, monkeypatch, how):
    """A folder of mixes may come with a clone; its proof would be a line of JSON."""
    kept = KeptMixes(tmp_path, BETWEEN, SEALS)
    kept.keep_proof(Proof(("DIVERGED", "REPEATED")))
    file = kept.folder / "mixes.json"
    if how == "changed":
        file.write_text(file.read_text().replace("DIVERGED", "REPEATED"))
    elif how == "another user":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another"))
        monkeypatch.setenv("APPDATA", str(tmp_path / "another"))
    else:
        file.write_text("[]")
    assert KeptMixes(tmp_path, BETWEEN, SEALS).proof is None


@pytest.mark.parametrize(("rest", "engine"), [((), "embedded"), (("engine",), "spark")])
def test_the_code_of_a_commit_runs_on_the_engine_that_is_chosen(
    tmp_path, monkeypatch, rest, engine
):
    """Not on that of the run whose configuration it stands in for: what differs is asked for."""
    a = a_run()
    code = replace(a.code, commit="b" * 40, tree=sha("other"), files={"src/p.py": sha("other")})
    b = another(a, compute=replace(a.compute, engine="spark"), code=code)
    monkeypatch.setattr(mixes_room, "with_commit", lambda record, *_: record)
    records = SimpleNamespace(seal=lambda run_id: "0" * 64)
    mixes = mixes_room.Mixes(SimpleNamespace(path=tmp_path, records=records), a, b)
    asked = []
    monkeypatch.setattr(mixes._runner, "run", lambda one: asked.append(one) or Ran())
    mixes.at_commit(frozenset(rest), "c" * 40)
    (one,) = asked
    assert (one.mixed.compute.engine, one.code.compute.engine) == (engine, "embedded")
