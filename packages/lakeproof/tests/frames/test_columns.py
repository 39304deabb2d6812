"""Which columns a model may use, and what dates become: the same on both engines."""

import datetime as dt

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from lakeproof.frames import ALL, CALENDAR, NUMERIC, choose_columns, mark_share, measurements

ROWS = pl.DataFrame(
    {
        "n": [1, 2, 3],
        "x": [0.5, None, 1.5],
        "is_new": [True, False, None],
        "place": ["ä", None, "b"],
        "sold": [dt.date(2024, 2, 29), dt.date(1500, 1, 1), None],
        "at": pl.Series(
            [dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(2026, 11, 29, 4, 5), None],
            dtype=pl.Datetime("us", "UTC"),
        ),
        "local": [dt.datetime(2024, 12, 30, 13, 7), dt.datetime(2021, 1, 3), None],
        "tags": [["a"], [], None],
    }
)
SCHEMA = nw.from_native(ROWS).schema


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (NUMERIC, ["x", "is_new"]),
        (ALL, ["x", "is_new", "place", "sold", "at", "local"]),
        (["local", "x", "gone"], ["local", "x"]),
    ],
)
def test_columns_are_chosen_by_type_or_by_name_and_in_that_order(asked, chosen):
    """Under `all`, what no model takes is not meant."""
    assert choose_columns(SCHEMA, asked, but=["n"]) == chosen


def test_a_column_that_no_model_takes_is_refused_where_it_is_named():
    with pytest.raises(ValueError, match=r"The column 'tags' is List\(String\); a model takes"):
        choose_columns(SCHEMA, ["x", "tags"], but=[])


def parts(frame) -> list[tuple]:
    made = measurements(SCHEMA, ["sold", "at", "local"], calendar=CALENDAR)
    rows = nw.from_native(frame).lazy()
    chosen = rows.select("n", *(value.alias(name) for name, value in made.items()))
    table = chosen.sort("n").collect("pyarrow").to_native()
    assert {str(kind) for kind in table.schema.types} == {"int64"}
    return [tuple(row.values()) for row in table.to_pylist()]


CALENDARS = [
    (1, 2024, 2, 29, 4, 1969, 12, 31, 3, 23, 59, 2024, 12, 30, 1, 13, 7),
    (2, 1500, 1, 1, 1, 2026, 11, 29, 7, 4, 5, 2021, 1, 3, 7, 0, 0),
    (3, *[None] * 16),
]


def test_dates_and_times_become_the_parts_of_a_calendar():
    """Monday is 1; a date has no hour, and times are UTC's."""
    assert parts(ROWS) == CALENDARS


@pytest.mark.spark
def test_spark_makes_the_same_parts_and_the_same_shares_of_keys(spark_session):
    """Of keys of several columns, with a date among them, too."""
    rows = spark_session.createDataFrame(ROWS.to_arrow())
    assert parts(rows) == CALENDARS
    keys = pl.DataFrame(
        {
            "place": ["ä", "b", ""] * 40,
            "day": [dt.date(1, 1, 1) + dt.timedelta(days=9000 * n) for n in range(120)],
            "n": list(range(120)),
        }
    )
    assert marked(keys.lazy()) == marked(spark_session.createDataFrame(keys.to_arrow()))


def marked(rows) -> list[int]:
    given = nw.from_native(rows).lazy()
    shared = mark_share(given, key=["place", "day", "n"], prefix="s:", basis_points=3000, name="in")
    found = shared.filter(nw.col("in")).select("n").sort("n").collect("pyarrow")
    assert 10 < len(found) < 70
    return found.to_native()["n"].to_pylist()
