"""The pipelines know no table: what is in `conf/` goes through the same functions."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from lakeproof.frames import select_rows

from winery.rows import (
    mark_test_rows,
    part_to_test_on,
    part_to_train_on,
)


@pytest.mark.parametrize("estimator", ["forest", "boosting", "linear"])
def test_houses_with_text_keys_missing_values_and_a_price(houses, house_parameters, run, estimator):
    house_parameters["train"]["estimator"] = estimator
    training, predictions, metrics, figure = run(houses, house_parameters)
    assert list(training) == ["address", "area", "rooms", "garden", "is_new", "room_size", "price"]
    assert len(training) + len(predictions) == 200
    assert training["garden"].isna().all()
    assert metrics["r2"] > 0.5
    assert list(metrics) == ["rmse", "mae", "r2"]
    assert figure.axes[0].get_title() == f"Residuals of {len(predictions)} test rows"


@pytest.mark.parametrize("estimator", ["forest", "boosting", "linear"])
def test_the_same_table_in_another_order_gives_the_same_bits(
    houses, house_parameters, run, estimator
):
    house_parameters["train"]["estimator"] = estimator
    _, first, metrics, _ = run(houses, house_parameters)
    _, second, again, _ = run(houses.reverse(), house_parameters)
    assert first["predicted"].to_numpy().tobytes() == second["predicted"].to_numpy().tobytes()
    assert metrics == again


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


@pytest.mark.parametrize("estimator", ["forest", "linear"])
def test_text_dates_a_key_of_two_columns_and_prices_that_are_not_there_yet(
    houses, house_parameters, run, estimator, caplog
):
    """Whatever the order of the rows: the same bits."""
    number = pl.int_range(pl.len())
    houses = houses.with_columns(
        address=pl.lit("Hauptstraße"),
        part=number,
        heating=pl.when(number % 5 > 0).then(pl.format("kind {}", number % 3)),
        sold=pl.date(2024, 1, 1) + pl.duration(days=number),
        price=pl.when(number % 20 > 0).then(pl.col("price")),
    )
    for settings in house_parameters.values():
        settings["key"] = ["address", "part"]
    house_parameters["feature"]["columns"] = "all"
    train = house_parameters["train"]
    train["estimator"] = estimator
    train["preprocessing"]["text"] = [
        {"class": "sklearn.preprocessing.OneHotEncoder", "handle_unknown": "infrequent_if_exist"}
    ]
    training, predictions, metrics, _ = run(houses, house_parameters)
    assert {"heating", "sold_year", "sold_weekday"} < set(training)
    assert len(training) + len(predictions) == 190
    assert "rows have no 'price' and are left out" in caplog.text
    assert metrics["r2"] > 0.5
    _, again, _, _ = run(houses.reverse(), house_parameters)
    assert again.equals(predictions)
