"""`kedro explain` on two recorded runs of the example: what it says, and with which exit code.

Most of what it needs was run by the tests of the mixes, if these came first.
"""

import json
from fractions import Fraction

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def explained(runs, tmp_path_factory):
    """What it printed, the JSON document, and the page."""
    project, a, b = runs
    page = tmp_path_factory.mktemp("page") / "why.html"
    shown = project.kedro("explain", a[:8], b[:8], "--rows", "--report", str(page))
    document = json.loads(project.kedro("explain", a, b, "--json").stdout)
    return shown, document, page.read_text(encoding="utf-8")


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
    assert page.count("data:image/svg+xml") == 3


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
