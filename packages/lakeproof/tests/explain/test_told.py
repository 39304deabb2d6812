"""An explanation in words: nothing is said without what would make it wrong."""

import json
from base64 import b64decode
from dataclasses import replace

import pytest

from lakeproof.explain.asking import Wish, explain
from lakeproof.explain.explanation import Chance, Luck, RowsDoubt, Spread
from lakeproof.explain.mixes.facts import CommonRows
from lakeproof.explain.told import text
from lakeproof.explain.told.document import document
from lakeproof.explain.told.waterfall import waterfall
from lakeproof.reproduce.outcomes import Factor
from planted.plain import A, B, PlainMixes, player


def render(found):
    """Write it with a minus that a keyboard has."""
    return text.render(found).replace("\N{MINUS SIGN}", "-")


NAMED = Chance(named=("train.seed",))


def explained(mixes, chance=NAMED, **more):
    found, _ = explain(mixes, (A, B), Wish(), chance, lambda _: None)
    return replace(found, common=mixes.common, **more)


def test_the_table_is_the_one_that_a_reader_should_read(wine):
    """The numbers of the published question, in the form in which it is answered."""
    luck = {"log_loss": Luck(("train.seed",), 7, 0.0030)}
    told = render(explained(wine, luck=luck))
    lines = [" ".join(one.split()) for one in told.splitlines()]
    assert lines[0] == (
        "EXPLAINED (3f9c2a7b and 81d0c6aa): log_loss moved most by learnt from samples (72 %). "
        "See which of its rows are new: kedro diff samples 3f9c2a7b 81d0c6aa"
    )
    assert lines[2] == (
        "log_loss 0.1703 → 0.1101 -0.0602 (better) on the 36 rows that both were scored on: -0.0516"
    )
    assert lines[4:9] == [
        "what changed share of it",
        "learnt from samples 0 → 1 -0.0436 72 % 84 → 132 rows",
        "scored on samples 0 → 1 -0.0117 19 % 36 → 46 rows; no model changed for this",
        "parameter train.seed 2026 → 7 -0.0049 8 % "
        "chance: another seed does as much (sd 0.0030 over 7)",
        "-0.0602 100 % the shares add up to the last bit",
    ]
    assert "8 mixes: 2 recorded, 5 fitted, 1 only scored. Reproduce one: kedro reproduce" in told


def test_a_metric_that_only_moved_because_its_rows_moved_is_said_first(wine):
    wine.value_of = lambda taken: {"log_loss": 0.17 - 0.05 * ("scored on samples" in taken)}
    wine.common = replace(wine.common, before={"log_loss": 0.17}, after={"log_loss": 0.17})
    told = render(explained(wine))
    assert told.splitlines()[0].endswith(
        "log_loss moved only because other rows were scored. "
        "Judge by the 36 rows that both were scored on: 0.0000."
    )


@pytest.mark.parametrize(
    ("side", "on_common", "told"),
    [
        ("scored", 0.17, "log_loss moved only because other rows were scored."),
        ("scored", 0.15, "To have the old one: kedro run --params evaluate.share=1"),
        # It made another model, which only happens to be as good on them.
        (None, 0.17, "To have the old one: kedro run --params evaluate.share=1"),
    ],
)
def test_a_parameter_that_only_chose_the_rows_to_score_is_no_better_model(side, on_common, told):
    """Held against the rows that both runs scored: there the metric is the same."""
    share = player("parameter evaluate.share", "1", "0.5", side=side)
    factor = Factor("parameter:evaluate.share", 1, 0.5)
    mixes = PlainMixes(
        [replace(share, factors=(factor,))],
        lambda taken: {"log_loss": 0.12 if taken else 0.17},
        common=CommonRows(23, {"log_loss": 0.17}, {"log_loss": on_common}),
    )
    line = render(explained(mixes)).splitlines()[0]
    assert told in line


def test_a_seed_is_chance_also_where_nobody_looked_how_much(wine):
    told = render(explained(wine))
    assert "chance, and no cause: how much another seed does, --seeds 7 says" in told


def test_a_seed_that_nobody_named_is_proposed_and_not_taken(wine):
    found = explained(wine, Chance(proposed=("train.seed",)))
    assert 'chance, by its name? [tool.lakeproof] chance = ["train.seed"] says so' in render(found)
    assert not any(one["chance"] for one in document(found)["metrics"][0]["shares"])


def test_a_share_within_the_band_is_labelled_chance_whoever_it_is(wine):
    luck = {"log_loss": Luck(("train.seed",), 7, 0.005)}
    shares = document(explained(wine, luck=luck))["metrics"][0]["shares"]
    assert [one["chance"] for one in shares] == [False, True, True]


def test_a_share_beyond_the_band_is_no_chance_unless_it_is_a_seed(wine):
    luck = {"log_loss": Luck(("train.seed",), 7, 0.0001)}
    found = explained(wine, luck=luck)
    assert [one["chance"] for one in document(found)["metrics"][0]["shares"]] == [0, 0, 1]
    assert "chance, though more than other seeds do (sd 0.0001 over 7)" in render(found)


def test_the_bounds_by_rows_stand_beside_the_share(wine):
    doubt = RowsDoubt(1000, {("learnt from samples",): Spread(-0.06, -0.02)})
    found = explained(wine, rows={"log_loss": doubt})
    assert "95 % of rows: -0.0600 to -0.0200" in render(found)
    assert document(found)["metrics"][0]["shares"][0]["rows_95"] == [-0.06, -0.02]


A_ALONE = frozenset({"parameter a"})
PAIR = [player("parameter a", "0", "1"), player("parameter b", "0", "1")]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (lambda taken: 1.0 - 0.25 * len(taken), "moved as much by parameter a as by parameter b"),
        (
            lambda taken: {0: 1.0, 2: 1.0 + 1e-12}.get(
                len(taken), 6.0 if taken >= A_ALONE else -4.0
            ),
            "moved most by parameter a (10 times and more)",
        ),
        (lambda taken: 1.7e308 if len(taken) == 2 else -1.7e308, "moved as much"),
        (lambda taken: 5e-324 * len(taken), "moved as much"),
    ],
    ids=["alike", "all but cancelling", "further apart than any float", "next to nothing"],
)
def test_extreme_shares_are_told_and_drawn(value, told):
    found = explained(PlainMixes(PAIR, lambda taken: {"loss": value(taken)}))
    assert told in render(found).splitlines()[0]
    json.dumps(document(found), allow_nan=False)
    pictured = waterfall(found.solved[0], found).source
    assert b"nan" not in b64decode(pictured.partition(",")[2])


def test_code_that_needs_new_data_is_counted_after_it():
    players = [player("data samples", "0", "1", "data", "both"), player("code", "a1", "b2", "code")]
    mixes = PlainMixes(
        players,
        lambda taken: None if taken == {"code"} else {"rmse": float(len(taken))},
    )
    told = render(explained(mixes))
    assert "counted after data samples: node 'train': column 'hue' is not there" in told
    error = next(one["error"] for one in document(explained(mixes))["mixes"] if one["error"])
    assert error == {"kind": "node", "node": "train", "message": "column 'hue' is not there"}


def test_two_that_no_mix_tells_apart_are_one_and_it_is_said():
    players = [player("data samples", "0", "1", "data", "both"), player("code", "a1", "b2", "code")]
    mixes = PlainMixes(
        players, lambda taken: {"rmse": float(len(taken))} if len(taken) != 1 else None
    )
    told = render(explained(mixes))
    assert "data samples + code" in told
    assert "no mix tells them apart" in told
    assert "read what each changed: kedro compare 3f9c2a7b 81d0c6aa" in told.splitlines()[0]


def test_the_document_is_one_and_the_fractions_in_it_add_up(wine):
    from fractions import Fraction

    found = json.loads(json.dumps(document(explained(wine))))
    (metric,) = [one for one in found["metrics"] if one["metric"] == "log_loss"]
    shares = [Fraction(int(n), int(d)) for n, d in (one["exact_share"] for one in metric["shares"])]
    assert sum(shares) == Fraction(metric["after"]) - Fraction(metric["before"])
    assert found["exact"] is True
    assert found["runs"] == {
        "mixes": 8,
        "recorded": 2,
        "fitted": 5,
        "scored": 1,
        "taken": 0,
        "failed": 0,
    }
    assert [len(one["from_b"]) for one in found["mixes"]] == [0, 3, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(("name", "better"), [("log_loss", "better"), ("accuracy", "worse")])
def test_better_and_worse_go_by_the_name_of_the_metric(name, better):
    mixes = PlainMixes([player("code", "a", "b", "code")], lambda taken: {name: 1.0 - len(taken)})
    assert f"({better})" in render(explained(mixes))


def test_of_a_metric_of_no_known_direction_nothing_is_said():
    mixes = PlainMixes([player("code", "a", "b", "code")], lambda taken: {"x": 1.0 - len(taken)})
    assert "better" not in render(explained(mixes))
    assert "worse" not in render(explained(mixes))


@pytest.mark.parametrize(
    ("before", "env", "told"),
    [
        ("linear", None, "To have the old one: kedro run --params train.model=linear"),
        ("linear", "prod", "kedro run --env prod --params train.model=linear"),
        ("a b", None, "kedro run --params 'train.model=a b'"),
        (None, None, "See both values: kedro compare 3f9c2a7b 81d0c6aa"),
        (["a"], None, "See both values: kedro compare 3f9c2a7b 81d0c6aa"),
    ],
)
def test_what_to_type_for_the_old_value_can_be_typed(before, env, told):
    """In the environment of the old run; where no command line can say it, both are shown."""
    shown = str(before) if before is not None else "none"
    one = player("parameter train.model", shown, "forest")
    one = replace(one, factors=(replace(one.factors[0], expected=before),))
    mixes = PlainMixes([one], lambda taken: {"loss": float(len(taken))})
    assert render(explained(mixes, env=env)).splitlines()[0].endswith(told)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("1.7.2", "1.9.1", "what scikit-learn changed from 1.7.2 to 1.9.1; to have the old one"),
        (None, "1.9.1", "See which they are: kedro compare"),
        ("1.7.2 (editable)", "1.9.1", "See which they are: kedro compare"),
    ],
)
def test_of_one_package_its_own_changes_are_the_next_step(before, after, told):
    one = player("package scikit-learn", group="set-up")
    one = replace(one, factors=(Factor("package:scikit-learn", before, after),))
    mixes = PlainMixes([one], lambda taken: {"loss": float(len(taken))})
    assert told in render(explained(mixes)).splitlines()[0]
