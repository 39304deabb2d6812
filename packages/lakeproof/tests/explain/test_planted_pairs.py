"""Ten pairs of runs whose causes are planted, one of each kind at least, against brute force."""

from dataclasses import replace

import pytest

from planted.judged import judge
from planted.pairs import pairs

PAIRS = [*pairs(8), *pairs(20)[8:10], pairs(20)[19]]


def test_of_each_kind_there_is_one():
    assert {one.kind for one in PAIRS} == {
        "additive", "interacting", "scored only", "in one order", "not apart",
    }  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.number}-{pair.kind}")
def test_the_answer_is_that_of_brute_force(pair):
    judged = judge(pair)
    assert judged.is_right, judged
    if pair.kind == "additive":
        assert judged.mixes <= 2 * len(pair.players)


def test_a_wrong_answer_is_seen():
    """Judged by another pair's truth, the answer is wrong: the count of wrong ones can rise."""
    one = next(pair for pair in PAIRS if pair.kind == "interacting")
    other = replace(one, effects={some: size * 1.001 for some, size in one.effects.items()})
    assert not judge(other, one.mixes).shares_equal
