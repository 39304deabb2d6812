"""What is run for an explanation, what is not, and how it ends."""

import pytest

from lakeproof.explain.asking import NoSuchMetricError, Wish, explain
from lakeproof.explain.explanation import Chance
from lakeproof.explain.mixes.facts import Failure, Proof
from planted.plain import A, B, PlainMixes, player

WISH = Wish()


def asked(mixes, wish=WISH, said=None):
    return explain(mixes, (A, B), wish, Chance(), (said if said is not None else []).append)[0]


def additive(*sizes):
    """Make players that add up: each does the same, whatever else was taken."""
    players = [player(f"parameter p{n}") for n, _ in enumerate(sizes)]
    by_name = {one.name: size for one, size in zip(players, sizes, strict=True)}
    return PlainMixes(players, lambda taken: {"loss": sum(by_name[one] for one in taken)})


def test_three_players_are_shared_out_exactly(wine):
    found = asked(wine)
    (solved,) = [one for one in found.solved if one.metric == "log_loss"]
    assert found.exit_code == 0
    assert len(found.outcomes) == 8
    assert sum(one.value for one in solved.shares) == solved.after - solved.before
    assert [round(float(one.value), 4) for one in solved.shares] == [-0.0436, -0.0117, -0.0049]
    assert wine.is_proven


def test_where_no_metric_differs_nothing_is_run():
    mixes = PlainMixes([player("code", group="code")], lambda taken: {"loss": 1.0})
    found = asked(mixes)
    assert (found.answer, found.exit_code) == ("NO DIFFERENCE", 1)
    assert mixes.asked == [frozenset(), frozenset(["code"])]
    assert not mixes.is_proven


def test_a_run_that_is_not_what_its_record_says_is_not_mixed(wine):
    wine.proof = Proof(("REPEATED", "DIVERGED"), ("B diverged: node 'train' gave another model.",))
    found = asked(wine)
    assert (found.answer, found.exit_code) == ("INCONCLUSIVE", 2)
    assert found.reasons == wine.proof.reasons
    assert len(wine.asked) == 2


def test_trust_skips_the_proof_and_says_so(wine):
    found = asked(wine, Wish(is_trusted=True))
    assert not wine.is_proven
    assert any("--trust" in one for one in found.assumed)


def test_one_metric_can_be_asked_for(wine):
    assert [one.metric for one in asked(wine, Wish(metric="log_loss")).solved] == ["log_loss"]
    with pytest.raises(NoSuchMetricError, match=r"no number 'rmse' in common.*log_loss, accuracy"):
        asked(wine, Wish(metric="rmse"))


def test_it_says_beforehand_how_many_mixes_how_long_and_what_a_budget_gives():
    said = []
    asked(additive(1, 2, 3, 4, 5), said=said)
    assert "10 mixes, 30 if what one does hangs on another, about 20.0 s to 1 min 0 s" in said[1]
    assert "--budget 8" in said[1]
    assert said[2] == "Mix 1: parameter p0 from B"


def test_it_says_beforehand_where_there_is_nothing_to_run():
    """One player is A or B itself; and what is known from before takes no time."""
    said = []
    asked(additive(1), said=said)
    assert said[-1] == "No mix to run: A and B are all that can be mixed."
    known = additive(1, 2)
    known.seconds = 0.0
    asked(known, said=said)
    assert "2 mixes, known from before: nothing is run." in said


def test_a_stop_before_all_mixes_is_said():
    found = asked(additive(1, 2, 4, 8))
    assert len(found.outcomes) == 10
    assert any("6 mixes were not run" in one for one in found.assumed)


def test_an_interrupt_keeps_what_is_done(wine):
    wine.interrupted_after = 2
    found = asked(wine)
    assert found.is_interrupted
    assert found.answer == "INCONCLUSIVE"
    assert len(found.outcomes) == 2


def test_an_interrupt_after_the_ends_still_gives_shares_with_bounds():
    mixes = additive(1, 2, 4, 8)
    mixes.value_of = lambda taken: {"loss": float(len(taken) ** 2)}
    mixes.interrupted_after = 11
    found = asked(mixes)
    assert (found.answer, found.is_interrupted) == ("EXPLAINED", True)
    assert all(one.low < one.value < one.high for one in found.solved[0].shares)


def test_a_budget_too_small_for_one_order_is_inconclusive():
    mixes = additive(1, 2, 4, 8)
    found = asked(mixes, Wish(budget=2))
    assert found.answer == "INCONCLUSIVE"
    assert (
        "--budget 2 is too few for loss: one order of 4 players takes 3 mixes" in found.reasons[0]
    )


def test_mixes_that_all_fail_leave_one_player():
    mixes = additive(1, 2)
    mixes.value_of = lambda taken: {"loss": float(len(taken))} if len(taken) != 1 else None
    found = asked(mixes)
    (share,) = found.solved[0].shares
    assert share.players == ("parameter p0", "parameter p1")
    assert found.answer == "EXPLAINED"


def test_a_number_that_is_none_is_not_shared_out():
    mixes = additive(1)
    mixes.value_of = lambda taken: {"loss": float("nan"), "rmse": float(len(taken))}
    assert [one.metric for one in asked(mixes).solved] == ["rmse"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"loss": 1.0, "r2": float("nan")}, {"loss": 1.0, "r2": 0.5}, "'r2' is nan in A and 0.5"),
        ({"loss": 1.0}, {"loss": 1.0, "r2": 0.5}, "'r2' is not there in A and 0.5 in B"),
    ],
)
def test_a_metric_that_only_one_run_has_is_no_reason_to_say_that_none_differs(before, after, told):
    """Nor one that is no number in one of them; where another one differs, it is said beside it."""
    ends = {0: before, 1: after}
    found = asked(PlainMixes([player("code", group="code")], lambda taken: ends[len(taken)]))
    assert (found.answer, len(found.reasons)) == ("INCONCLUSIVE", 1)
    assert told in found.reasons[0]
    ends[1] = {**after, "loss": 2.0}
    found = asked(PlainMixes([player("code", group="code")], lambda taken: ends[len(taken)]))
    assert found.answer == "EXPLAINED"
    assert any(told in one for one in found.assumed)


def test_runs_without_metrics_are_not_said_to_be_the_same():
    found = asked(PlainMixes([player("code", group="code")], lambda taken: {}))
    assert found.answer == "INCONCLUSIVE"
    assert "no metric in common" in found.reasons[0]


def test_a_metric_that_is_no_number_in_both_is_the_same():
    nothing = PlainMixes([player("code", group="code")], lambda taken: {"r2": float("nan")})
    assert asked(nothing).answer == "NO DIFFERENCE"


def test_a_run_that_drew_from_a_state_of_all_is_reproduced_also_where_it_is_trusted(wine):
    """What it gave may hang on the nodes before it."""
    said = []
    wine.drawing = ("fit_model",)
    found = asked(wine, Wish(is_trusted=True), said)
    assert wine.is_proven
    assert "fit_model moved a random state that all nodes share" in said[0]
    assert not any("--trust" in one for one in found.assumed)


@pytest.mark.parametrize(("kind", "answer"), [("before", "INCONCLUSIVE"), ("node", "EXPLAINED")])
def test_where_no_mix_began_for_one_reason_none_says_anything(kind, answer):
    """A library that cannot be had again is no fact about what differs."""
    pair = [player("parameter a"), player("code", group="code")]
    mixes = PlainMixes(pair, lambda taken: None if len(taken) == 1 else {"loss": 1.0 * len(taken)})
    mixes.failure = Failure(kind, None, "The run's environment cannot be rebuilt.")
    found = asked(mixes)
    assert found.answer == answer
    said = ("No mix could be run. The run's environment cannot be rebuilt.",)
    assert found.reasons == (said if answer == "INCONCLUSIVE" else ())
