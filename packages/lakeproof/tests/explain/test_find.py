"""Delta debugging: the few that make a change, none of which can be left out."""

from itertools import combinations
from random import Random

import pytest

from lakeproof.explain.asking import Wish, explain
from lakeproof.explain.explanation import Chance, Few
from lakeproof.explain.find.ddmin import OutOfMixesError, smallest
from lakeproof.explain.find.few import few_of
from lakeproof.explain.told.words import few_words
from planted.plain import A, B, PlainMixes, player

MANY = tuple(f"p{n:02}" for n in range(24))


@pytest.mark.parametrize("seed", range(20))
def test_those_that_make_it_together_are_found_and_no_other(seed):
    causes = frozenset(Random(seed).sample(MANY, 1 + seed % 4))
    asked = []

    def makes_change(taken):
        asked.append(taken)
        return causes <= taken

    found = smallest(MANY, makes_change)
    assert (frozenset(found.players), found.is_smallest) == (causes, True)
    assert found.asked == len(asked) == len(set(asked)) < len(MANY) ** 2


@pytest.mark.parametrize("seed", range(20))
def test_of_what_is_found_none_can_be_left_out(seed):
    """Whatever a change hangs on, also where less does more."""
    draw = Random(seed)
    players = MANY[:7]
    answers = {
        frozenset(some): draw.random() < 0.4
        for n in range(1, 7)
        for some in combinations(players, n)
    } | {frozenset(players): True}
    found = smallest(players, answers.__getitem__).players
    assert answers[frozenset(found)]
    assert not any(answers.get(frozenset(found) - {one}) for one in found)


def test_a_mix_that_does_not_run_is_no_answer():
    """`p01` runs only with `p00`: both are kept, though `p00` does nothing."""
    found = smallest(MANY[:6], lambda s: None if "p01" in s and "p00" not in s else "p01" in s)
    assert found.players == ("p00", "p01")
    assert (found.is_smallest, found.unknown) == (False, ("p00",))
    few = Few("loss", found.players, 6, 1.0, found.is_smallest, found.asked, found.unknown)
    assert "fewer might do: without p00 the run fails" in few_words(few)


def test_what_was_found_when_the_budget_ended_still_makes_the_change():
    left = iter(range(3))

    def makes_change(taken):
        if next(left, None) is None:
            raise OutOfMixesError
        return "p20" in taken

    found = smallest(MANY, makes_change)
    assert "p20" in found.players
    assert len(found.players) < len(MANY)
    assert not found.is_smallest


def many():
    """Twenty parameters of which two act, and only together, and one a little."""
    players = [player(f"parameter p{n}") for n in range(20)]

    def value(taken):
        both = {"parameter p3", "parameter p17"} <= taken
        return {"loss": 1.0 - 0.5 * both - 0.001 * ("parameter p5" in taken)}

    return PlainMixes(players, value)


def test_the_few_are_shared_out_and_all_others_are_one_player():
    few, mixes = few_of(many(), None, None, print)
    assert set(few.players) == {"parameter p3", "parameter p17"}
    assert (few.metric, few.of, few.is_smallest) == ("loss", 20, True)
    assert few.part == pytest.approx(0.5 / 0.501)
    found, _ = explain(mixes, (A, B), Wish(), Chance(), print)
    shares = {one.players[0]: float(one.value) for one in found.solved[0].shares}
    assert shares == {
        "parameter p3": pytest.approx(-0.25),
        "parameter p17": pytest.approx(-0.25),
        "the 18 others": pytest.approx(-0.001),
    }


def test_where_nothing_differs_there_is_nothing_to_find():
    mixes = PlainMixes([player("code", group="code")], lambda taken: {"loss": 1.0})
    assert few_of(mixes, None, None, print) is None
    assert few_of(many(), "accuracy", None, print) is None
