"""The ordered digest of a frame: what `fit` got, bit for bit and row by row."""

import hashlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lakeproof.digest import NotDigestibleError, digest_frame

FRAME = pd.DataFrame({"x": [1.0, np.nan, -0.0], "n": [1, 2, 3], "s": ["a", None, "ü"]})


def digest(data):
    return digest_frame(data).digest


def test_a_number_column_is_the_sha256_of_its_little_endian_bytes():
    """So that anybody can check it."""
    facts = digest_frame(FRAME)
    by_name = {column.name: column for column in facts.columns}
    expected = hashlib.sha256(np.array([1.0, np.nan, -0.0], "<f8").tobytes()).hexdigest()
    assert by_name["x"].sha256 == expected
    assert (by_name["n"].dtype, by_name["n"].shape) == ("int64", (3,))
    assert facts.digest.startswith("frame1:")


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.iloc[::-1],
        lambda f: f[["n", "x", "s"]],
        lambda f: f.astype({"n": "int32"}),
        lambda f: f.assign(x=[1.0, np.nan, 0.0]),
        lambda f: f.assign(s=["a", "", "ü"]),
        lambda f: f.rename(columns={"n": "m"}),
        lambda f: f.set_axis([5, 6, 7]),
        lambda f: f.head(2),
        lambda f: f.assign(s=f["s"].astype("category")),
        lambda f: f.astype({"n": "Int64"}),
    ],
)
def test_every_change_that_an_estimator_could_see_counts(change):
    """Order, names, types, the sign of nought, missing against empty, row labels."""
    assert digest(change(FRAME)) != digest(FRAME)


def test_layout_in_memory_does_not_count():
    """Column or row order of the bytes, chunks, views."""
    numbers = FRAME[["x", "n"]].astype("float64")
    assert digest(numbers) == digest(
        pd.DataFrame(np.asfortranarray(numbers.to_numpy()), columns=["x", "n"])
    )
    assert digest(FRAME) == digest(FRAME.copy())
    whole = pa.table({"x": [1, 2, 3, 4]})
    halves = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    assert digest(whole) == digest(halves)
    assert digest(pl.concat([pl.DataFrame(whole)[:2], pl.DataFrame(whole)[2:]])) == digest(
        pl.DataFrame(whole)
    )


def test_the_order_of_categories_counts():
    """Encoders take it as it is."""
    one, other = (
        pd.DataFrame({"c": pd.Categorical(["a", "b"], categories=order)})
        for order in (["a", "b"], ["b", "a"])
    )
    assert digest(one) != digest(other)


def test_times_with_a_zone_count_by_instant_and_zone():
    """In a column and in the index, without a warning."""
    stamps = pd.to_datetime(["2020-01-01", None]).tz_localize("UTC")
    zoned = pd.DataFrame({"t": stamps}, index=stamps)
    assert digest(zoned) == digest(zoned.copy())
    assert digest(zoned.assign(t=stamps.tz_convert("Europe/Vienna"))) != digest(zoned)
    assert digest(zoned.assign(t=stamps + pd.Timedelta(1, "us"))) != digest(zoned)


@pytest.mark.parametrize(
    "kind", [pa.list_view(pa.int64()), pa.run_end_encoded(pa.int32(), pa.int64())]
)
def test_layouts_without_an_ordered_digest_are_refused(kind):
    """Said as such, so that callers can say "not comparable"."""
    array = pc.run_end_encode(pa.array([1, 1])) if "run" in str(kind) else pa.array([[1]], kind)
    with pytest.raises(NotDigestibleError, match="no ordered digest"):
        digest_frame(pa.table({"v": array}))


def test_what_is_no_frame_is_refused():
    """A list has no columns."""
    with pytest.raises(NotDigestibleError, match="is not a frame"):
        digest_frame([1, 2])
