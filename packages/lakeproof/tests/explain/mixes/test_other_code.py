"""Mixes of runs whose code differs: one that cannot be had is a fact, with its node and message."""

import pytest
from kedro.framework.startup import bootstrap_project

from conftest import copy_project
from lakeproof.commands.project import RunProject
from lakeproof.explain.mixes.mixes import Mixes

pytestmark = [
    pytest.mark.slow,
    # What kedro-mlflow makes others warn of when it is imported is for its authors.
    pytest.mark.filterwarnings("ignore"),
]

CODE, ROUNDS = "code", "parameter evaluate.rounds"


@pytest.fixture(scope="module")
def mixes(tmp_path_factory, forked_reruns):
    """Mixes of a run with one that has a setting more, which its code asks for."""
    project = copy_project(tmp_path_factory.mktemp("code") / "project")
    a = project.kedro("run").run_id
    settings = project.path / "src/winery/parameters.py"
    text = settings.read_text()
    field = "    metrics: tuple[str, ...] = ()\n"
    start = text.index("class EvaluateSettings")
    rest = text[start:].replace(field, f"{field}    rounds: int\n", 1)
    settings.write_text(text[:start] + rest)
    parameters = project.path / "conf/base/parameters_evaluate.yml"
    parameters.write_text(parameters.read_text() + "  rounds: 3\n")
    project.git("commit", "--quiet", "--all", "--message", "Ask for rounds")
    b = project.kedro("run").run_id
    found = RunProject(bootstrap_project(project.path), None)
    return Mixes(found, *(found.records.record(one) for one in (a, b)))


def test_the_players_are_the_code_and_the_parameter(mixes):
    """The file in which the parameter stands is none of its own."""
    assert [one.name for one in mixes.players()] == [ROUNDS, CODE]


@pytest.mark.beyond_ci
def test_new_code_without_its_parameter_fails_in_a_node(mixes):
    """And so does old code with a parameter that it does not know: each says which node, and why.

    The model of the second is the recorded one, for no node that learns gets the parameter.
    """
    code = mixes.value(frozenset({CODE}))
    rounds = mixes.value(frozenset({ROUNDS}))
    for outcome in (code, rounds):
        assert outcome.failure.kind == "node"
        assert outcome.failure.node == "select_test_rows"
        assert "rounds" in outcome.failure.message
        assert (outcome.metrics, outcome.run_id) == ({}, None)
    assert rounds.how == "scored"


def test_both_together_are_the_recorded_run(mixes):
    """Nothing is run for it."""
    assert mixes.value(frozenset({CODE, ROUNDS})).how == "recorded"
