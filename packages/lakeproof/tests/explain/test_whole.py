"""All of an explanation together: what was asked for is in it, what was not is not run."""

from lakeproof.explain.explanation import Chance
from lakeproof.explain.mixes.facts import CommonRows, Proof
from lakeproof.explain.told import text
from lakeproof.explain.told.document import document
from lakeproof.explain.whole import Run, Wish, explain
from planted.plain import A, B, PlainMixes, player

RUNS = Run(A, {"train.seed": 2026}), Run(B, {"train.seed": 7})
NAMED = Chance(("train.seed",))


def test_seeds_are_drawn_for_both_runs_and_the_shares_within_the_band_are_chance(wine):
    drawn = []

    def seeds(taken, parameters):
        drawn.append((len(taken), parameters["train.seed"]))
        return {"log_loss": 0.17 + 0.003 * (-1) ** len(drawn), "accuracy": 0.5}

    wine.luck = seeds
    found = explain(wine, RUNS, Wish(seeds=4), NAMED, print)
    assert [taken for taken, _ in drawn] == [0, 0, 0, 0, 3, 3, 3, 3]
    assert len({seed for _, seed in drawn}) == 4
    shares = document(found)["metrics"][0]["shares"]
    assert [one["chance"] for one in shares] == [False, False, True]
    assert "chance: another seed does as much (sd 0.0035 over 4)" in text.render(found)


def test_a_seed_that_does_not_run_costs_the_doubt_and_not_the_answer(wine):
    wine.luck = lambda taken, parameters: {}
    runs = Run(A, {"train.seed": None}), RUNS[1]
    found = explain(wine, runs, Wish(seeds=2), NAMED, print)
    assert found.answer == "EXPLAINED"
    assert "How much is chance is not known: Parameter 'train.seed' is None" in found.assumed[-1]


def test_the_few_are_told_with_what_they_make_of_it():
    players = [player(f"parameter p{n}") for n in range(9)]
    mixes = PlainMixes(
        players, lambda taken: {"loss": 1.0 - 0.5 * ("parameter p4" in taken) - 0.001 * len(taken)}
    )
    found = explain(mixes, RUNS, Wish(finds=True), NAMED, print)
    told = text.render(found)
    assert "Of 9 players parameter p4 makes 98 % of the change of loss by itself" in told
    assert document(found)["found"]["players"] == ["parameter p4"]


def test_what_is_had_of_common_rows_stands_in_the_first_line(wine):
    found = explain(wine, RUNS, Wish(), NAMED, print)
    assert found.common.rows == 36
    assert document(found)["metrics"][0]["common_rows"]["rows"] == 36


def test_common_rows_that_are_all_rows_are_not_mentioned(wine):
    """Both were scored on the same rows: there is no second number to tell."""
    ends = [wine.value_of(taken) for taken in (frozenset(), frozenset(p.name for p in wine.of))]
    wine.common = CommonRows(36, *ends)
    assert "that both were scored on" not in text.render(explain(wine, RUNS, Wish(), NAMED, print))


def test_nothing_is_looked_for_between_runs_that_are_not_what_they_say(wine):
    wine.proof = Proof(("DIVERGED", "REPEATED"), ("A diverged.",))
    found = explain(wine, RUNS, Wish(finds=True), NAMED, print)
    assert (found.answer, found.reasons) == ("INCONCLUSIVE", ("A diverged.",))
    assert {len(taken) for taken in wine.asked} == {0, 3}
