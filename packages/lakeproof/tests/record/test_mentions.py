"""A value that names the place of the project is known for it."""

from pathlib import Path

import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.record.node_io.mentions import mentions

HERE = ("/home/me/project",)
PLACE = "/home/me/project/data/x.csv"

HOLDING = {
    "a text": f"see {PLACE}",
    "a path": Path(PLACE),
    "deep within": {"a": [1, ("b", {"c": {PLACE}})]},
    "a key": {PLACE: 1},
    "pandas": pd.DataFrame({"n": [1, 2], "path": ["x", PLACE]}),
    "a series of pandas": pd.Series(["x", PLACE]),
    "objects of pandas": pd.DataFrame({"path": [1, Path(PLACE)]}, dtype=object),
    "polars": pl.DataFrame({"n": [1, 2], "path": ["x", PLACE]}),
    "a series of polars": pl.Series(["x", PLACE]),
    "narwhals": nw.from_native(pd.DataFrame({"n": [1, 2], "path": ["x", PLACE]})),
    "arrow": pa.table({"n": [1, 2], "path": ["x", PLACE]}),
}
OTHERS = [{"a": ["/home/me"]}, 1.5, None, b"/home/me/project"]
OTHERS += [pd.DataFrame({"n": [1]}), pl.DataFrame(), pa.table({"path": ["/home/you/project/x"]})]


@pytest.mark.parametrize("kind", HOLDING)
def test_a_place_is_found_in_texts_and_paths_wherever_they_are(kind):
    """Also in the rows of a frame."""
    assert mentions(HOLDING[kind], HERE)
    assert not mentions(HOLDING[kind], ("/home/me/other",))


@pytest.mark.parametrize("value", OTHERS)
def test_others_name_none(value):
    """Nor does what has no texts."""
    assert not mentions(value, HERE)


def test_a_value_without_end_is_looked_at_for_a_while():
    """One that holds itself, and one that is long."""
    endless: list = []
    endless.append(endless)
    assert not mentions(endless, HERE)
    assert not mentions(["x"] * 10**6 + [PLACE], HERE)
