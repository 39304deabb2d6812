"""Mixes of two recorded runs of the example: what each gave, and what `kedro explain` says of them.

From the table's first version to its second, and from one seed to another. It is one file, for what
the command needs was run by the mixes before it.
"""

import json
import subprocess
from fractions import Fraction
from itertools import combinations

import pytest
from kedro.framework.startup import bootstrap_project

from docs.pages import commands_of, page
from docs.test_commands import typed
from lakeproof.commands.project import RunProject
from lakeproof.explain.mixes import mixes as mixes_room
from lakeproof.explain.mixes.mixes import Mixes
from lakeproof.reproduce.stages.fork.forks import Forks

pytestmark = [
    pytest.mark.slow,
    # What kedro-mlflow makes others warn of when it is imported is for its authors.
    pytest.mark.filterwarnings("ignore"),
]

# What starts a process, before `forked_reruns` has some of them forked.
PROCESS = subprocess.Popen
LEARNT, SCORED, SEED = "learnt from samples", "scored on samples", "parameter train.seed"


def mixes(runs, **given):
    project, a, b = runs
    found = RunProject(bootstrap_project(project.path), None)
    return Mixes(found, *(found.records.record(one) for one in (a, b)), **given)


def all_of(names):
    return [frozenset(taken) for k in range(len(names) + 1) for taken in combinations(names, k)]


@pytest.fixture(scope="module")
def had(runs, forked_reruns, tmp_path_factory):
    """Every mix, had once, what nodes gave being shared."""
    project, _, _ = runs
    listed = project.kedro("runs", "--json").stdout
    found = mixes(runs, shared=tmp_path_factory.mktemp("shared"))
    names = [one.name for one in found.players()]
    outcomes = {taken: found.value(taken) for taken in all_of(names)}
    return names, listed, outcomes


@pytest.mark.beyond_ci
def test_only_what_must_be_is_fitted(had):
    """Two mixes fit a model, the others ask one; what no node reads changes nothing."""
    names, _, outcomes = had
    assert names == [LEARNT, SCORED, SEED]
    how = {tuple(sorted(taken)): one.how for taken, one in outcomes.items()}
    assert [how[()], how[LEARNT, SEED, SCORED]] == ["recorded", "recorded"]
    assert [how[SEED,], how[LEARNT, SCORED]] == ["fitted", "fitted"]
    assert sorted(how.values()).count("scored") == 4
    assert all(one.failure is None for one in outcomes.values())


@pytest.mark.beyond_ci
def test_a_node_that_has_run_on_the_same_is_not_run_again(had):
    """The rows of each version are chosen once; the features are a plan, which no run hands on."""
    _, _, outcomes = had
    taken = [node for one in outcomes.values() for node in one.nodes_taken]
    assert taken.count("select_test_rows") == 4
    assert "build_features" not in taken


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


@pytest.mark.beyond_ci
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


def test_both_runs_are_what_they_are_said_to_be(runs, forked_reruns):
    """Each was had again, with no random state left by one node for the next."""
    proof = mixes(runs).prove()
    assert proof.holds
    assert proof.verdicts == ("REPEATED", "REPEATED")
    assert mixes(runs).prove() == proof


@pytest.mark.long
@pytest.mark.parametrize("number", range(8))
def test_each_mix_alone_gives_the_same_bits(runs, had, number, tmp_path, monkeypatch):
    """In a process of its own; nothing is taken for it from a run recorded or mixed before."""
    names, _, outcomes = had
    taken = all_of(names)[number]
    monkeypatch.setattr(subprocess, "Popen", PROCESS)
    alone = mixes(runs)
    alone._runs._runs.clear()
    monkeypatch.setattr(alone._runs.kept, "folder", tmp_path)
    outcome = alone.value(taken)
    assert outcome.how in ("fitted", "scored")
    assert outcome.run_id != outcomes[taken].run_id
    assert outcome.metrics == outcomes[taken].metrics


@pytest.mark.long
def test_forks_of_what_explain_starts_give_the_same_bits(runs, had, tmp_path, monkeypatch):
    """Two of them, the second after what the first has left behind."""
    _, _, outcomes = had
    monkeypatch.setattr(subprocess, "Popen", PROCESS)
    with Forks() as forks:
        again = mixes(runs, start=forks.start)
        again._runs._runs.clear()
        monkeypatch.setattr(again._runs.kept, "folder", tmp_path)
        for taken in (frozenset({SEED}), frozenset({LEARNT, SCORED})):
            assert again.value(taken).metrics == outcomes[taken].metrics
        (server,) = forks._servers.values()
        assert server is not None


@pytest.fixture(scope="module")
def explained(runs, had, tmp_path_factory):
    """What it printed, the JSON document, and the page."""
    project, a, b = runs
    report = tmp_path_factory.mktemp("page") / "why.html"
    shown = project.kedro("explain", a[:8], b[:8], "--rows", "--report", str(report))
    document = json.loads(project.kedro("explain", a, b, "--json").stdout)
    return shown, document, report.read_text(encoding="utf-8")


def test_the_command_of_the_page_says_what_the_page_shows(runs, explained):
    """But for the numbers of a smaller forest."""
    (shown,) = commands_of(page("explain.md"))
    done = typed(runs[0], shown.about(*runs[1:]))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(f"{shown.verdict} (")
    assert "  what changed" in done.stdout
    assert "8 mixes: 2 recorded," in done.stdout


def test_the_shares_add_up_to_the_difference_to_the_last_bit(explained):
    _, document, _ = explained
    assert document["schema"] == 1
    assert document["verdict"] == "EXPLAINED"
    assert document["proof"] == {"from": "REPEATED", "to": "REPEATED"}
    assert {one["metric"] for one in document["metrics"]} == {"accuracy", "log_loss", "macro_f1"}
    for one in document["metrics"]:
        parts = [Fraction(*map(int, share["exact_share"])) for share in one["shares"]]
        assert sum(parts) == Fraction(one["after"]) - Fraction(one["before"])
        assert {share["player"] for share in one["shares"]} == {
            "learnt from samples",
            "scored on samples",
            "parameter train.seed",
        }


def test_each_share_has_bounds_by_rows_and_the_seed_is_chance(explained):
    _, document, _ = explained
    (of,) = [one for one in document["metrics"] if one["metric"] == "log_loss"]
    assert of["rows"] == {"draws": 1000, "why_not": None}
    for share in of["shares"]:
        low, high = share["rows_95"]
        assert low <= share["share"] <= high
        assert share["chance"] == (share["player"] == "parameter train.seed")


def test_every_mix_is_listed_and_two_were_fitted(explained):
    _, document, _ = explained
    assert document["runs"] == {
        "mixes": 8, "recorded": 2, "fitted": 2, "scored": 4, "taken": 0, "failed": 0,
    }  # fmt: skip
    assert document["exact"]


def test_it_says_what_moved_it_and_what_to_type_next(explained):
    shown, document, page = explained
    first = shown.stdout.splitlines()[0]
    assert first.startswith("EXPLAINED (")
    assert "kedro " in first
    assert document["next"] in first
    assert "on the 36 rows that both were scored on" in shown.stdout
    assert "of 36 rows that both scored" in shown.stdout.lower()
    assert page.count('src="data:image/svg+xml') == 3


def test_a_run_and_itself_have_no_difference(runs):
    project, a, _ = runs
    done = project.kedro("explain", a, a, code=1)
    assert done.stdout.startswith("NO DIFFERENCE")


def test_a_metric_that_there_is_not_is_named_and_nothing_is_run(runs):
    project, a, b = runs
    done = project.kedro("explain", a, b, "--metric", "rmse", code=2)
    assert "no number 'rmse' in common" in done.stderr
    assert "accuracy, log_loss, macro_f1" in done.stderr


@pytest.mark.long
def test_other_seeds_say_how_much_is_chance(runs):
    project, a, b = runs
    asked = ("--metric", "log_loss", "--seeds", "2", "--json")
    document = json.loads(project.kedro("explain", a, b, *asked).stdout)
    (of,) = document["metrics"]
    assert of["chance"]["runs"] == 2
    assert of["chance"]["deviation"] > 0
    for share in of["shares"]:
        is_within = abs(share["share"]) <= of["chance"]["band"]
        assert share["chance"] == (is_within or share["player"] == "parameter train.seed")


@pytest.mark.long
def test_a_version_between_the_two_is_run_too(runs):
    """A third delivery: from the first to it there are two steps, which add up."""
    project, a, _ = runs
    deliveries = project.path / "data/01_raw/wine"
    header, *rows = (deliveries / "2026-01-delivery.csv").read_text().splitlines()
    others = [f"X{number:03}{row[row.index(',') :]}" for number, row in enumerate(rows[:60])]
    (deliveries / "2026-03-delivery.csv").write_text("\n".join([header, *others]) + "\n")
    c = project.kedro("run").run_id
    asked = ("--metric", "log_loss", "--rows", "--trust", "--json")
    document = json.loads(project.kedro("explain", a, c, *asked).stdout)
    (path,) = document["commits"]
    assert [one["delivery"] for one in path["steps"]] == [
        "2026-02-delivery.csv",
        "2026-03-delivery.csv",
    ]
    (of,) = document["metrics"]
    assert sum(one["did"]["log_loss"] for one in path["steps"]) == pytest.approx(of["difference"])
    assert all(one["did"]["log_loss"] for one in path["steps"])
