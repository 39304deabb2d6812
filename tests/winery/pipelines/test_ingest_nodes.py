import math

import polars as pl

from winery.pipelines.ingest.nodes import clean, ingest_deliveries


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
