"""Chance is named, never guessed, and what other seeds do is measured on A and on B."""

import pytest

from lakeproof.explain.doubt.chance import ChanceError, chance_of, luck, other_values
from lakeproof.explain.explanation import Chance
from planted.plain import PlainMixes, player

A, B = frozenset[str](), frozenset({"code"})
ENDS = ((A, {"train.seed": 1, "train.depth": 3}), (B, {"train.seed": 1, "train.depth": 3}))


def test_names_that_look_like_chance_are_proposed_and_not_taken():
    names = ["train.seed", "model.random_state", "feature.split.salt", "data.seedling", "seed"]
    assert chance_of(names, ("seed",)) == Chance(
        ("seed",), ("train.seed", "model.random_state", "feature.split.salt")
    )


def test_other_seeds_are_others_and_the_same_each_time():
    drawn = other_values({"seed": 7, "salt": "x"}, ("seed", "salt"), 3)
    assert drawn == other_values({"seed": 7, "salt": "x"}, ("seed", "salt"), 3)
    assert len({one["seed"] for one in drawn} | {7}) == 4
    assert [one["salt"] for one in drawn] == ["x-1", "x-2", "x-3"]


def test_the_deviation_is_that_around_the_mean_of_each_run():
    """B is far from A; that is no luck."""
    mixes = PlainMixes(
        [player("code", group="code")],
        lambda taken: {"loss": 0.0},
        luck=lambda taken, seed: {"loss": 10.0 * len(taken) + seed["train.seed"] % 2},
    )
    said = []
    found = luck(mixes, Chance(("train.seed",)), ENDS, 7, said.append)["loss"]
    ones = sum(one["train.seed"] % 2 for one in other_values(ENDS[0][1], ("train.seed",), 7))
    squares = ones * (1 - ones / 7) ** 2 + (7 - ones) * (ones / 7) ** 2
    assert found.deviation == pytest.approx((squares / 6) ** 0.5)
    assert found.runs == 7
    assert len(said) == 14


def test_without_a_name_nothing_is_run():
    mixes = PlainMixes([], lambda taken: {})
    with pytest.raises(ChanceError, match=r'Nothing was run. .* chance = \["train.seed"\]'):
        luck(mixes, Chance(proposed=("train.seed",)), ENDS, 7, print)


def test_a_seed_that_is_no_number_and_no_text_is_refused():
    with pytest.raises(ChanceError, match=r"'train.seed' is None"):
        other_values({"train.seed": None}, ("train.seed",), 1)


def test_a_name_that_no_parameter_has_is_refused():
    with pytest.raises(ChanceError, match=r"None of the parameters train.sed"):
        other_values({"train.seed": 1}, ("train.sed",), 1)
