"""The bootstrap over rows: measures are scikit-learn's to the last digits, draws are paired."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as sk

from lakeproof.explain.asking import Wish, explain
from lakeproof.explain.doubt.measures import MEASURES, measure_of
from lakeproof.explain.doubt.rows import rows_doubt
from lakeproof.explain.doubt.scored_rows import ScoredRows, read_rows
from lakeproof.explain.explanation import Chance
from planted.plain import A, B, PlainMixes, player

N = 300


def classes(seed, bias=0.0):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, N)
    scores = draw.normal(size=(N, 3)) + 1.5 * np.eye(3)[truth] + bias
    sure = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    columns = {"actual": truth, "predicted": sure.argmax(axis=1)}
    columns |= {f"probability_{one}": sure[:, one] for one in range(3)}
    return ScoredRows(tuple(range(N)), columns)


def numbers(seed, shift=0.0):
    draw = np.random.default_rng(seed)
    truth = draw.normal(1_000, 10, N)
    columns = {"y": truth, "y_hat": truth + draw.normal(shift, 3, N)}
    return ScoredRows(tuple(range(N)), columns, "y", "y_hat")


def written(tmp_path, name, rows, key=("id",)):
    table = pa.table({"id": list(rows.keys), **rows.columns})
    metadata = {b"lakeproof.key": json.dumps(list(key)).encode()}
    path = tmp_path / f"{name}.parquet"
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def weighted(rows, weight):
    return {
        "accuracy": sk.accuracy_score(rows.truth, rows.said, sample_weight=weight),
        "macro F1": sk.f1_score(rows.truth, rows.said, average="macro", sample_weight=weight),
        "balanced accuracy": sk.balanced_accuracy_score(
            rows.truth, rows.said, sample_weight=weight
        ),
        "log loss": sk.log_loss(
            rows.truth,
            np.stack([rows.columns[f"probability_{one}"] for one in range(3)], axis=1),
            sample_weight=weight,
        ),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_measures_of_classes_are_scikit_learns(seed):
    rows = classes(seed)
    draws = np.random.default_rng(0).integers(0, 4, (5, N)).astype(float)
    for place, weight in enumerate(draws):
        for name, expected in weighted(rows, weight).items():
            assert MEASURES[name](rows, draws)[place] == pytest.approx(expected, rel=1e-12)


def test_measures_of_numbers_are_scikit_learns():
    rows = numbers(3)
    draws = np.random.default_rng(0).integers(0, 4, (5, N)).astype(float)
    for place, w in enumerate(draws):
        expected = {
            "mean absolute error": sk.mean_absolute_error(rows.truth, rows.said, sample_weight=w),
            "mean squared error": sk.mean_squared_error(rows.truth, rows.said, sample_weight=w),
            "root mean squared error": sk.root_mean_squared_error(
                rows.truth, rows.said, sample_weight=w
            ),
            "R²": sk.r2_score(rows.truth, rows.said, sample_weight=w),
        }
        for name, number in expected.items():
            assert MEASURES[name](rows, draws)[place] == pytest.approx(number, rel=1e-12)


def test_a_metric_is_known_by_its_value_whatever_it_and_its_columns_are_called():
    rows = [numbers(4), numbers(5)]
    runs = [(one, -sk.mean_absolute_error(one.truth, one.said)) for one in rows]
    assert measure_of(runs)[0] == "mean absolute error"
    assert measure_of([runs[0], (rows[1], runs[1][1] + 1e-6)]) is None


def two(tmp_path, before, after, metric):
    """A and B that differ by their code alone, with their tables of predictions."""
    mixes = PlainMixes(
        [player("code", "a", "b", "code")],
        lambda taken: {"m": metric(after if taken else before)},
    )
    found, asked = explain(mixes, (A, B), Wish(), Chance(), print)
    return found.solved, {
        taken: replace(
            one, predictions=written(tmp_path, str(len(taken)), after if taken else before)
        )
        for taken, one in asked.outcomes.items()
    }


def mae(rows):
    return float(np.abs(rows.columns["y_hat"] - rows.columns["y"]).mean())


def test_the_bounds_hold_the_share_and_shrink_where_runs_err_alike(tmp_path):
    """Paired: a shift that every row has moves no bound, though rows differ among each other."""
    before = numbers(6)
    after = ScoredRows(
        before.keys, {"y": before.columns["y"], "y_hat": before.columns["y_hat"] + 40.0}
    )
    before = replace(before, columns={**before.columns, "y_hat": before.columns["y_hat"] + 20.0})
    solved, outcomes = two(tmp_path, before, after, mae)
    doubt = rows_doubt(solved, outcomes)["m"]
    spread = doubt.spreads[("code",)]
    assert doubt.draws == 1_000
    assert spread.low <= float(solved[0].shares[0].value) <= spread.high
    assert spread.high - spread.low < 1e-9


def test_the_bounds_are_those_of_the_standard_error(tmp_path):
    before, after = numbers(7), numbers(8, 2.0)
    after = ScoredRows(after.keys, {**after.columns, "y": before.columns["y"]})
    solved, outcomes = two(tmp_path, before, after, mae)
    spread = rows_doubt(solved, outcomes)["m"].spreads[("code",)]
    each = np.abs(after.columns["y_hat"] - after.columns["y"]) - np.abs(
        before.columns["y_hat"] - before.columns["y"]
    )
    half = 1.96 * each.std() / N**0.5
    assert spread.high - spread.low == pytest.approx(2 * half, rel=0.1)


def test_rows_that_one_run_alone_has_are_drawn_too(tmp_path):
    before, after = numbers(9), numbers(10)
    fewer = ScoredRows(before.keys[:200], {k: v[:200] for k, v in before.columns.items()})
    solved, outcomes = two(tmp_path, fewer, after, mae)
    spread = rows_doubt(solved, outcomes)["m"].spreads[("code",)]
    assert spread.low < float(solved[0].after - solved[0].before) < spread.high


def test_a_number_that_the_predictions_do_not_give_has_no_bounds_and_says_why(tmp_path):
    solved, outcomes = two(tmp_path, numbers(9), numbers(10), lambda rows: mae(rows) + 1)
    doubt = rows_doubt(solved, outcomes)["m"]
    assert doubt.spreads == {}
    assert "no known measure gives this number" in doubt.why_not


def test_without_a_table_or_a_key_there_are_no_bounds(tmp_path):
    solved, outcomes = two(tmp_path, numbers(9), numbers(10), mae)
    keyless = {
        taken: replace(one, predictions=written(tmp_path, f"k{len(taken)}", numbers(9), ()))
        for taken, one in outcomes.items()
    }
    gone = {taken: replace(one, predictions=None) for taken, one in outcomes.items()}
    for some in (keyless, gone):
        assert "whose rows a key tells apart" in rows_doubt(solved, some)["m"].why_not


def test_a_key_that_repeats_tells_no_rows_apart(tmp_path):
    rows = numbers(9)
    assert read_rows(written(tmp_path, "twice", replace(rows, keys=(0,) * N))) is None
    assert isinstance(Fraction(mae(read_rows(written(tmp_path, "once", rows)))), Fraction)
