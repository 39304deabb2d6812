"""Which rows are kept for the test: other rows here are another model for everybody."""

import narwhals.stable.v2 as nw
import polars as pl
from lakeproof.frames import select_rows

from winery.rows import (
    mark_test_rows,
    part_to_test_on,
    part_to_train_on,
)

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
