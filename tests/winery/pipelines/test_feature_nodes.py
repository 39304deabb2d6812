"""What is done to rows before a model sees them: `ingest` cleans, `feature` chooses and marks."""

import datetime as dt
import logging
import math

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from lakeproof.frames import select_rows

from winery.pipelines.feature.nodes import build_features
from winery.pipelines.ingest.nodes import clean, ingest_deliveries
from winery.rows import (
    mark_test_rows,
    part_to_test_on,
    part_to_train_on,
)


@pytest.fixture
def samples():
    return pl.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "acid": [6.0, 1.0, None, 4.0, 0.0],
            "sugar": pl.Series([2, 0, 3, None, 0], dtype=pl.Int64),
            "place": ["x", "y", "z", "x", "y"],
            "grade": [1, 2, 3, 4, 5],
        }
    )


@pytest.fixture
def settings():
    return {
        "key": "id",
        "target": "grade",
        "columns": ["sugar", "acid"],
        "ratios": {"sourness": ["acid", "sugar"]},
        "split": {"salt": 1, "test_fraction": 0.5},
    }


def test_columns_come_in_the_order_of_the_settings(samples, settings):
    features = build_features(samples.lazy(), settings)
    assert isinstance(features, pl.LazyFrame)
    assert features.collect_schema() == {
        "id": pl.String,
        "sugar": pl.Int64,
        "acid": pl.Float64,
        "sourness": pl.Float64,
        "grade": pl.Int64,
        "is_test": pl.Boolean,
    }


def test_a_ratio_over_zero_or_over_nothing_is_null(samples, settings):
    features = build_features(samples.lazy(), settings).collect()
    assert features["sourness"].to_list() == [3.0, None, None, None, None]


def test_inputs_stay_as_they_are(samples, settings):
    before, given = samples.clone(), repr(settings)
    build_features(samples.lazy(), settings).collect()
    assert samples.equals(before)
    assert repr(settings) == given


def test_a_ratio_of_the_base_is_taken_away_with_null(samples, settings):
    settings["ratios"] = {"sourness": None}
    assert "sourness" not in build_features(samples.lazy(), settings).collect_schema()


def test_an_absent_column_and_its_ratios_are_left_out_and_named(samples, settings, caplog):
    """At an older version of the table a configured column may not be there yet."""
    settings["columns"].append("ph")
    settings["ratios"]["dryness"] = ["sugar", "ph"]
    with caplog.at_level(logging.WARNING):
        features = build_features(samples.lazy(), settings)
    assert features.collect_schema().names() == [
        "id", "sugar", "acid", "sourness", "grade", "is_test",
    ]  # fmt: skip
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert said == [
        ("WARNING", "This version of the samples has no column ph: the features do without."),
        (
            "WARNING",
            "This version of the samples lacks a part of the ratio dryness: the features do "
            "without.",
        ),
    ]


def test_a_table_that_has_everything_is_passed_in_silence(samples, settings, caplog):
    build_features(samples.lazy(), settings)
    assert caplog.text == ""


def test_no_usable_column_is_refused(samples, settings):
    settings |= {"columns": ["ph"], "ratios": {}}
    with pytest.raises(ValueError, match=r"None of the columns ph is in the samples.*acid"):
        build_features(samples.lazy(), settings)


@pytest.mark.parametrize("name", ["key", "target"])
def test_a_key_or_target_that_is_not_there_is_refused(samples, settings, name):
    settings[name] = "nowhere"
    with pytest.raises(ValueError, match="The samples have no column 'nowhere'"):
        build_features(samples.lazy(), settings)


def test_text_stays_text_for_train_to_encode_and_is_no_part_of_a_ratio(samples, settings):
    settings["columns"] = ["acid", "place"]
    assert build_features(samples.lazy(), settings).collect()["place"].to_list() == list("xyzxy")
    settings["ratios"] = {"odd": ["acid", "place"]}
    with pytest.raises(ValueError, match="The column 'place' is String; a ratio is made of numb"):
        build_features(samples.lazy(), settings)


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("numeric", ["sugar"]),
        ("all", ["sugar", "place", "sold_year", "sold_month", "sold_day", "sold_weekday"]),
        (["sold"], ["sold_year", "sold_month", "sold_day", "sold_weekday"]),
    ],
)
def test_columns_are_named_or_those_of_a_kind(samples, settings, asked, made):
    """A date is the parts of a calendar; `but` takes some out."""
    sold = samples.with_columns(sold=pl.Series([dt.date(2024, 2, 29)] * 5))
    given = settings | {"columns": asked, "but": ["acid"], "ratios": {}}
    features = build_features(sold.lazy(), given)
    assert features.collect_schema().names() == ["id", *made, "grade", "is_test"]
    if asked == ["sold"]:
        assert features.collect().row(0)[1:5] == (2024, 2, 29, 4)


def test_a_key_of_several_columns(samples, settings):
    """All of them are kept, and none is a feature."""
    settings |= {"key": ["place", "id"], "columns": "all"}
    features = build_features(samples.lazy(), settings).collect()
    assert features.columns == ["place", "id", "acid", "sugar", "sourness", "grade", "is_test"]
    alone = build_features(samples.lazy(), settings | {"key": "id"}).collect()
    assert features["is_test"].to_list() != alone["is_test"].to_list()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": ["acd"]}, "'feature.columns' names 'acd', .*Did you mean 'acid'"),
        ({"but": ["xyz"]}, "'feature.but' names 'xyz', .* There are: "),
        ({"ratios": {"r": ["acid", "suger"]}}, "'feature.ratios.r' names 'suger'.*mean 'sugar'"),
    ],
)
def test_a_name_that_is_in_no_schema_is_refused(samples, settings, change, message):
    """One that is declared may come with a later delivery."""
    settings |= {"declared": [*samples.columns, "ph"], "columns": ["acid", "ph"]}
    build_features(samples.lazy(), settings)
    with pytest.raises(ValueError, match=message):
        build_features(samples.lazy(), settings | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": ["acid", "grade"]}, "'grade', which is the target"),
        ({"columns": ["acid", "id"]}, "'id', which is the key"),
        ({"columns": ["acid", "acid"]}, "'acid' twice"),
        ({"columns": ["acid", "is_test"]}, "'is_test' twice"),
        ({"ratios": {"acid": ["acid", "sugar"]}}, "'acid' twice"),
        ({"ratios": {"leak": ["acid", "grade"]}}, "must not be made of the target or the key"),
        ({"ratios": {"r": ["acid"]}}, r"must be \[numerator, denominator\]"),
        ({"ratios": {"r": "acid/sugar"}}, r"must be \[numerator, denominator\]"),
        ({"split": {"salt": None, "test_fraction": 0.5}}, "must be text or a whole number"),
        ({"split": {"salt": True, "test_fraction": 0.5}}, "neither text nor an integer"),
        ({"split": {"salt": 1, "test_fraction": 0}}, "must be a number from 0.0001 to 0.9999"),
        ({"split": {"salt": 1, "test_fraction": 1.0}}, "must be a number from 0.0001 to 0.9999"),
        ({"split": {"salt": 1, "test_fraction": "a"}}, "must be a number from 0.0001 to 0.9999"),
        ({"split": {"salt": 1}}, "'feature.split' lacks the parameter 'test_fraction'"),
        ({"split": None}, "'feature.split' is None, not a mapping"),
        ({"columns": "none"}, "'none'; it must be a list of names, 'numeric' or 'all'"),
        ({"calendar": ["week"]}, "'feature.calendar' has 'week'; there are: year"),
        ({"colums": []}, "'feature' has no parameter 'colums'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(samples, settings, change, message):
    with pytest.raises(ValueError, match=message):
        build_features(samples.lazy(), settings | change)


class Delivered:
    """A delivery that notes what is laid over it."""

    def __init__(self, name, functions=()):
        self.name = name
        self.functions = list(functions)

    def map(self, function):
        return Delivered(self.name, [*self.functions, function])


def test_each_delivery_is_cleaned_in_its_turn_and_none_is_read():
    given = [Delivered("2026-01.csv"), Delivered("2026-02.csv")]
    taken = ingest_deliveries(given)
    assert [(one.name, one.functions) for one in taken] == [
        ("2026-01.csv", [clean]),
        ("2026-02.csv", [clean]),
    ]
    assert [one.functions for one in given] == [[], []]


def test_nothing_new_is_nothing_to_do():
    assert ingest_deliveries([]) == []


def test_nan_becomes_null_and_all_else_stays():
    rows = pl.DataFrame(
        {
            "k": ["a", "b", "c", "d"],
            "x": [1.5, math.nan, None, -0.0],
            "y": pl.Series([math.nan, 1.0, 2.0, math.inf], dtype=pl.Float32),
            "n": [1, 2, None, 4],
        }
    )
    cleaned = clean(rows.lazy())
    assert isinstance(cleaned, pl.LazyFrame)
    assert cleaned.collect_schema() == rows.schema
    assert cleaned.collect().to_dict(as_series=False) == {
        "k": ["a", "b", "c", "d"],
        "x": [1.5, None, None, -0.0],
        "y": [None, 1.0, 2.0, math.inf],
        "n": [1, 2, None, 4],
    }
    assert math.copysign(1, cleaned.collect()["x"][3]) == -1
    assert math.isnan(rows["x"][1])


def test_a_table_without_floats_passes():
    rows = pl.DataFrame({"k": ["a"], "n": [1]})
    assert clean(rows.lazy()).collect().equals(rows)


PINNED = ["W000", "W001", "W003", "W005", "W007"]


def marked(salt) -> pl.DataFrame:
    keys = [f"W{number:03d}" for number in range(12)]
    rows = nw.from_native(pl.LazyFrame({"k": keys, "y": [1.0] * 12}))
    return mark_test_rows(rows, key="k", salt=salt, basis_points=2500).to_native().collect()


def test_rows_hang_on_the_salt_alone():
    assert marked(3).filter("is_test")["k"].to_list() == PINNED
    assert marked(3).equals(marked("3"))
    assert not marked(3).equals(marked(4))


def test_both_sides_are_the_whole_table():
    rows = marked(3)
    train, test = (
        select_rows(rows.lazy(), part(10_000), key="k", target="y", is_label=False)
        for part in (part_to_train_on, part_to_test_on)
    )
    assert test["k"].tolist() == PINNED
    assert sorted([*train["k"], *test["k"]]) == rows["k"].to_list()
