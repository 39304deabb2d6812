from dataclasses import replace

import polars as pl
import pytest

from lakeproof.frames import Part, collect_in_order, mark_share, select_rows

ASKED = {"key": "k", "target": "y", "is_label": False}
TRAINING = Part("training", "is_test", False, "train.sample_fraction", "Lower the share.")
TEST = Part("test", "is_test", True, "evaluate.sample_fraction", "Raise the share.")
FORMS = [str, "W{:05d}".format, "ü, {}".format, int]


def features(keys) -> pl.LazyFrame:
    """A table whose split, by the salt `sample`, is even."""
    import narwhals.stable.v2 as nw

    rows = nw.from_native(pl.LazyFrame({"k": keys}).with_columns(x=pl.lit(1.0), y=pl.lit(2.0)))
    marked = mark_share(rows, key="k", prefix="sample:", basis_points=5000, name="is_test")
    return marked.to_native()


def sampled(rows, sample, part=TRAINING) -> list:
    return select_rows(rows, replace(part, sample=sample), **ASKED)["k"].tolist()


def test_the_whole_side_is_collected_by_the_plan_that_was_given(monkeypatch):
    """With a fraction of 1 no key is hashed, and nothing joins the plan."""
    collected = []
    monkeypatch.setattr(
        "lakeproof.frames.rows.collect_in_order",
        lambda frame, key: collected.append(frame.explain()) or collect_in_order(frame, key=key),
    )
    rows = pl.LazyFrame({"k": [1, 2], "x": 1.0, "y": 1.0, "is_test": [False, True]})
    sampled(rows, 10_000)
    sampled(rows, 9_999)
    plain = rows.filter(~pl.col("is_test")).drop("is_test").explain()
    assert collected[0] == plain
    assert collected[1] != plain


@pytest.mark.parametrize("form", FORMS)
def test_a_larger_sample_only_adds_rows(form):
    rows = features([form(number) for number in range(4000)])
    few, more, all_rows = (sampled(rows, sample) for sample in (1000, 4000, 10_000))
    assert 0 < len(few) < len(more) < len(all_rows)
    assert set(few) < set(more) < set(all_rows)


@pytest.mark.parametrize("form", FORMS)
def test_a_sample_takes_as_much_of_either_side_as_it_says(form):
    """It hangs on another hash than the split, even one by the salt `sample`."""
    rows = features([form(number) for number in range(20_000)])
    for part in (TRAINING, TEST):
        size = len(sampled(rows, 10_000, part))
        taken = len(sampled(rows, 3000, part))
        assert abs(taken - size * 0.3) < 4 * (size * 0.3 * 0.7) ** 0.5


def test_the_rows_of_a_sample_are_pinned():
    """Other rows here are another model for everybody who trains on a sample."""
    rows = features([f"W{number:03d}" for number in range(60)])
    assert sampled(rows, 2000) == ["W003", "W011", "W036", "W046", "W050", "W051"]


def test_pandas_and_polars_frames_give_the_same_sample():
    rows = features([f"W{number:03d}" for number in range(200)])
    assert sampled(rows.collect().to_pandas(), 3000) == sampled(rows, 3000)


def test_a_sample_without_rows_is_refused_with_what_to_change():
    with pytest.raises(ValueError, match=r"sample of 0.0001 leaves no row of the test set. Raise"):
        sampled(features([1, 2, 3, 4]), 1, TEST)


def test_a_table_that_does_not_fit_is_refused_before_a_row_of_it_is_computed():
    def compute(column):
        raise AssertionError("collected")

    rows = features(list(range(2000))).with_columns(
        pl.col("x").map_batches(compute, return_dtype=pl.Float64)
    )
    asked = ASKED | {"memory": lambda: 10_000}
    with pytest.raises(ValueError, match=r"--params train.sample_fraction=0\.0\d; or"):
        select_rows(rows, TRAINING, **asked)
    with pytest.raises(ValueError, match=r"test rows .*evaluate.sample_fraction"):
        select_rows(rows, TEST, **asked)


def test_a_sample_that_fits_is_taken_of_a_table_that_does_not():
    rows = features(list(range(2000)))
    asked = ASKED | {"memory": lambda: 40_000}
    with pytest.raises(ValueError, match=r"train.sample_fraction=0\.2; or"):
        select_rows(rows, TRAINING, **asked)
    assert len(select_rows(rows, replace(TRAINING, sample=2000), **asked)) > 100


def test_rows_that_lie_in_memory_already_are_not_refused():
    rows = features(list(range(2000))).collect()
    assert len(select_rows(rows.to_pandas(), TRAINING, **ASKED, memory=lambda: 1)) > 900
    assert len(select_rows(rows, TRAINING, **ASKED, memory=lambda: 1)) > 900


@pytest.mark.spark
def test_what_polars_samples_spark_samples(spark_session):
    """Text of any alphabet, empty text, and integers down to the smallest."""
    texts = ["", "é", "日本", "a,b\nc", *(f"W{number:03d}" for number in range(500))]
    integers = [-(2**63), 2**63 - 1, 0, -7, *range(10_000, 10_500)]
    for keys in (texts, integers):
        rows = features(keys).collect()
        spark_rows = spark_session.createDataFrame(rows.to_arrow())
        assert sampled(spark_rows, 3000) == sampled(rows.lazy(), 3000)


@pytest.mark.spark
def test_spark_refuses_with_the_sizes_what_its_machine_or_its_driver_cannot_hold(
    spark_session, monkeypatch
):
    rows = spark_session.createDataFrame(features(list(range(500))).collect().to_arrow())
    with pytest.raises(ValueError, match=r"rows of 24 bytes \(3 columns\).* 0.00 GiB are"):
        select_rows(rows, TRAINING, **ASKED, memory=lambda: 1000)
    limit = "lakeproof.frames.rows.result_limit"
    monkeypatch.setattr(limit, lambda frame: 1000)
    with pytest.raises(ValueError, match=r"through Spark's driver.*spark.driver.maxResultSize"):
        select_rows(rows, TRAINING, **ASKED)
