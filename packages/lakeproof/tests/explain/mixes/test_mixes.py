"""Mixes of two recorded runs of the example: what each gave, and that nothing of the user's moved.

From the table's first version to its second, and from one seed to another.
"""

from itertools import combinations

import pytest
from kedro.framework.startup import bootstrap_project

from lakeproof.commands.project import RunProject
from lakeproof.explain.mixes import mixes as mixes_room
from lakeproof.explain.mixes.mixes import Mixes

pytestmark = [
    pytest.mark.slow,
    # What kedro-mlflow makes others warn of when it is imported is for its authors.
    pytest.mark.filterwarnings("ignore"),
]

LEARNT, SCORED, SEED = "learnt from samples", "scored on samples", "parameter train.seed"


def mixes(runs, **given):
    project, a, b = runs
    found = RunProject(bootstrap_project(project.path), None)
    return Mixes(found, *(found.records.record(one) for one in (a, b)), **given)


def all_of(names):
    return [frozenset(taken) for k in range(len(names) + 1) for taken in combinations(names, k)]


@pytest.fixture(scope="module")
def had(runs):
    """Every mix, had once."""
    project, _, _ = runs
    listed = project.kedro("runs", "--json").stdout
    found = mixes(runs)
    names = [one.name for one in found.players()]
    outcomes = {taken: found.value(taken) for taken in all_of(names)}
    return names, listed, outcomes


def test_only_what_must_be_is_fitted(had):
    """Two mixes fit a model, the others ask one; what no node reads changes nothing."""
    names, _, outcomes = had
    assert names == [LEARNT, SCORED, SEED]
    how = {tuple(sorted(taken)): one.how for taken, one in outcomes.items()}
    assert [how[()], how[LEARNT, SEED, SCORED]] == ["recorded", "recorded"]
    assert [how[SEED,], how[LEARNT, SCORED]] == ["fitted", "fitted"]
    assert sorted(how.values()).count("scored") == 4
    assert all(one.failure is None for one in outcomes.values())


def test_both_are_measured_on_the_rows_that_both_were_scored_on(runs, had):
    """A's rows are all among B's: there it has its own metrics, and B those of its model."""
    _, _, outcomes = had
    common = mixes(runs).common_rows()
    assert common.why_not is None
    assert common.rows == 36
    assert common.before == outcomes[frozenset()].metrics
    assert common.after == outcomes[frozenset({LEARNT, SEED})].metrics


def test_a_mix_is_in_no_list_and_leaves_the_project_as_it_was(runs, had):
    """Nor is it the last run; the tables have the versions that they had."""
    project, _, b = runs
    _, listed, _ = had
    assert project.kedro("runs", "--json").stdout == listed
    assert project.git("status", "--porcelain") == ""
    assert b in project.kedro("show", "last", "--json").stdout
    assert list((project.path / ".lakeproof/scratch").iterdir()) == []


def test_a_mix_can_be_had_again(runs, had):
    """By its id, as any run, though it asks the model of another."""
    project, _, _ = runs
    _, _, outcomes = had
    run_id = outcomes[frozenset({LEARNT, SEED})].run_id
    assert project.kedro("reproduce", run_id[:8]).stdout.startswith("REPEATED")


def test_a_second_call_runs_nothing(runs, had, monkeypatch):
    """What was had is there, with its table of predictions."""
    _, _, outcomes = had

    def run(*_):
        raise AssertionError("a mix was run again")

    monkeypatch.setattr(mixes_room.MixRunner, "run", run)
    again = mixes(runs)
    for taken, outcome in outcomes.items():
        assert again.estimate(taken) == 0
        assert again.value(taken) == outcome
        assert outcome.predictions.is_file()


def test_both_runs_are_what_they_are_said_to_be(runs):
    """Each was had again, with no random state left by one node for the next."""
    proof = mixes(runs).prove()
    assert proof.holds
    assert proof.verdicts == ("REPEATED", "REPEATED")
    assert mixes(runs).prove() == proof


@pytest.mark.long
@pytest.mark.parametrize("number", range(8))
def test_each_mix_alone_gives_the_same_bits(runs, had, number, tmp_path, monkeypatch):
    """Nothing is taken for it from a run that was recorded or mixed before."""
    names, _, outcomes = had
    taken = all_of(names)[number]
    alone = mixes(runs)
    alone._runs._runs.clear()
    monkeypatch.setattr(alone._runs.kept, "folder", tmp_path)
    outcome = alone.value(taken)
    assert outcome.how in ("fitted", "scored")
    assert outcome.run_id != outcomes[taken].run_id
    assert outcome.metrics == outcomes[taken].metrics
