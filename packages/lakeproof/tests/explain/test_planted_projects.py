"""Real runs of a small project whose metric a formula knows: mixes are what they are said to be."""

from fractions import Fraction

import pytest

from planted.projects import CODE, DECOY, KINDS, SCORED, RealPair, explained, wrong


@pytest.mark.long
@pytest.mark.parametrize("planted", KINDS, ids=lambda planted: ", ".join(planted))
def test_each_mix_and_each_share_is_what_the_formula_says(planted, tmp_path):
    pair = RealPair(planted, 1)
    document = explained(pair, tmp_path / "project")
    assert wrong(pair, document) == []
    for mix in document["mixes"]:
        expected = pair.metric(frozenset(mix["from_b"]))
        # The formula adds up in another order.
        about = None if expected is None else pytest.approx(expected, rel=1e-12)
        assert mix["metrics"].get("mae") == about


@pytest.mark.long
def test_the_commit_that_did_it_is_found(tmp_path):
    """Of three on one branch; the others change what no metric hangs on."""
    pair = RealPair((CODE, DECOY), 1)
    document = explained(pair, tmp_path / "project", "--find", between=("Say more", "Say less"))
    assert wrong(pair, document) == []
    steps = document["code_commits"]["steps"]
    assert [one["subject"] for one in steps] == ["Say more", "Say less", "Go on"]
    assert [bool(one["did"]["mae"]) for one in steps] == [False, False, True]
    assert "It came with 'Go on': git show " in document["next"]


def test_a_wrong_share_would_be_noticed():
    """And one that is missing, and shares that do not add up."""
    pair = RealPair((SCORED,), 1)
    before, after = (pair.metric(frozenset(taken)) for taken in ((), (SCORED,)))
    for size in (Fraction(after) - Fraction(before), Fraction(1)):
        exact = [str(size.numerator), str(size.denominator)]
        share = {"player": SCORED, "share": float(size), "exact_share": exact, "note": None}
        document = {
            "metrics": [{"before": before, "after": after, "shares": [share]}],
            "next": "mae moved only because other rows were scored.",
        }
        assert bool(wrong(pair, document)) == (size == 1)
