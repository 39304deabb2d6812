"""The ordered digest of a frame: what `fit` got, bit for bit and row by row."""

import decimal
import hashlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pandas.tests.extension.decimal import DecimalArray

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
    assert facts.digest.startswith("frame2:")


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


SECONDS = np.array([1, 2], "M8[s]")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Labels of another type.
        (pd.DataFrame([[1]], columns=[1.0]), pd.DataFrame([[1]], columns=["1.0"])),
        (pd.DataFrame([[1]], columns=[1]), pd.DataFrame([[1]], columns=["1"])),
        (pd.DataFrame([[1]], columns=[1]), pd.DataFrame([[1]], columns=[1.0])),
        (pd.DataFrame([[1]], columns=[True]), pd.DataFrame([[1]], columns=["True"])),
        (
            pd.DataFrame([[1]], columns=pd.Index([("a", "b")], tupleize_cols=False)),
            pd.DataFrame([[1]], columns=["('a', 'b')"]),
        ),
        (
            pd.DataFrame([[1]], columns=pd.Index([("a", "b")], tupleize_cols=False)),
            pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
        ),
        (pd.Series([1], name=1.0), pd.Series([1], name="1.0")),
        # Names of the axes.
        (FRAME, FRAME.rename_axis(columns="features")),
        (FRAME, FRAME.rename_axis(index="row")),
        (FRAME.rename_axis(index=1), FRAME.rename_axis(index="1")),
        # Categories of another type, that have the same bits or the same text.
        (
            pd.DataFrame({"c": pd.Categorical(SECONDS)}),
            pd.DataFrame({"c": pd.Categorical(SECONDS.view("M8[ms]"))}),
        ),
        (
            pd.DataFrame({"c": pd.Categorical([1, 2])}),
            pd.DataFrame({"c": pd.Categorical([1.0, 2.0])}),
        ),
        (
            pd.DataFrame({"c": pd.Categorical(["1"], ordered=True)}),
            pd.DataFrame({"c": pd.Categorical(["1"])}),
        ),
        (
            pd.DataFrame({"c": [1]}, index=pd.CategoricalIndex(["a"], categories=["a", "b"])),
            pd.DataFrame({"c": [1]}, index=pd.CategoricalIndex(["a"])),
        ),
        # What is noted beside the rows.
        (FRAME, FRAME.set_flags(allows_duplicate_labels=False)),
        (
            pd.DataFrame({"c": [1]}, index=pd.DatetimeIndex(["2020-01-01"], freq="D")),
            pd.DataFrame({"c": [1]}, index=pd.DatetimeIndex(["2020-01-01"])),
        ),
        (pa.table({"a": [1]}), pa.table({"a": [1]}).replace_schema_metadata({"seed": "3"})),
        (
            pa.table({"a": [1]}),
            pa.table([pa.array([1])], pa.schema([pa.field("a", pa.int64(), metadata={"x": "y"})])),
        ),
        # Types of Polars.
        *(
            tuple(pl.DataFrame({"c": pl.Series(["a"], dtype=dtype)}) for dtype in dtypes)
            for dtypes in (
                (pl.Enum(["a", "b"]), pl.Enum(["b", "a"])),
                (pl.Enum(["a"]), pl.Enum(["a", "b"])),
                (pl.Enum(["a"]), pl.Categorical),
                (pl.String, pl.Categorical),
                (pl.Categorical, pl.Categorical(pl.Categories("own"))),
            )
        ),
    ],
)
def test_what_looks_alike_is_told_apart(one, other):
    """Labels, names, categories, and what is noted beside the rows."""
    assert digest(one) == digest(one.copy() if hasattr(one, "copy") else one)
    assert digest(one) != digest(other)


def test_attributes_of_a_frame_count_in_their_order():
    """They are written to Parquet with it."""
    noted = [FRAME.copy() for _ in range(4)]
    for frame, attrs in zip(noted[1:], ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}), strict=True):
        frame.attrs = attrs
    assert len({digest(frame) for frame in noted}) == 4
    assert digest(noted[1].copy()) == digest(noted[1])


class Survey(pd.DataFrame):
    _metadata = ["country"]

    @property
    def _constructor(self):
        return Survey


def test_a_class_derived_from_pandas_is_a_frame_with_what_it_adds():
    """However its blocks lie in memory."""
    one, other = Survey({"a": [1], "b": [2]}), Survey({"a": [1]})
    other["b"] = [2]
    one.country = other.country = "AT"
    assert digest(one) == digest(other) != digest(pd.DataFrame({"a": [1], "b": [2]}))
    other.country = "CH"
    assert digest(one) != digest(other)


def test_which_version_wrote_a_schema_does_not_count():
    """The rest of what pandas notes in it does."""
    table = pa.Table.from_pandas(pd.DataFrame({"a": [1]}))
    noted = table.schema.metadata[b"pandas"].decode()
    newer = noted.replace(pd.__version__, "99.0").replace(pa.__version__, "99.0")
    assert digest(table) == digest(table.replace_schema_metadata({"pandas": newer}))
    other = noted.replace('"index_columns"', '"other_columns"')
    assert digest(table) != digest(table.replace_schema_metadata({"pandas": other}))


@pytest.mark.parametrize(
    "make",
    [
        lambda text: pl.DataFrame({"c": pl.Series([text], dtype=pl.List(pl.Categorical))}),
        lambda text: pl.DataFrame({"c": pl.Series([text], dtype=pl.Array(pl.Categorical, 2))}),
        lambda text: pl.DataFrame(
            {"c": pl.Series([{"x": text[0]}], dtype=pl.Struct({"x": pl.Categorical}))}
        ),
    ],
)
def test_the_dictionary_of_a_process_does_not_count(make):
    """Polars numbers categories in the order in which any frame has used them."""
    rows = make(["b", "a"])
    before = digest(rows)
    pl.Series(["z", "y", "a", "b"], dtype=pl.Categorical)
    assert digest(make(["b", "a"])) == before
    assert digest(make(["a", "b"])) != before


@pytest.mark.parametrize("dtype", [pl.Object, pl.Int128])
def test_types_that_arrow_does_not_know_count_by_their_values(dtype):
    """Of Python objects it would get the addresses."""
    one, same, other = (pl.DataFrame({"o": pl.Series([n], dtype=dtype)}) for n in (7, 7, 8))
    assert digest(one) == digest(same)
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


class Placed(DecimalArray):
    """An array that knows more than its elements and its type say."""

    crs = "EPSG:4326"

    def copy(self):
        return self.view()

    def view(self, dtype=None):
        found = super().view(dtype)
        found.crs = self.crs
        return found


def test_what_an_array_of_another_library_knows_beside_its_elements_counts():
    """In which system of coordinates they are."""

    def held(crs):
        array = Placed([decimal.Decimal(1)])
        array.crs = crs
        return pd.Series(array)

    assert digest(held("EPSG:4326")) == digest(held("EPSG:4326"))
    assert digest(held("EPSG:4326")) != digest(held("EPSG:3857"))


@pytest.mark.parametrize("labels", [range(5), range(3, 18, 3), range(9, -1, -2), range(0)])
def test_counted_labels_have_the_digest_of_the_same_numbers_and_are_not_kept(labels):
    """As ever: they were digested as an array, which pandas then kept as long as the frame."""
    counted = pd.DataFrame({"x": [0.5] * len(labels)}, index=pd.RangeIndex.from_range(labels))
    digest = digest_frame(counted)
    assert "_data" not in counted.index._cache
    as_array = pd.Index(list(labels), dtype="int64")
    assert digest.index == digest_frame(counted.set_axis(as_array)).index
    assert digest.index[0].sha256 == hashlib.sha256(np.array(labels, "<i8").tobytes()).hexdigest()
