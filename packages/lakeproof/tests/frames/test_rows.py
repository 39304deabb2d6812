import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lakeproof.digest import digest_frame
from lakeproof.frames import Part, collect_in_order, select_rows
from lakeproof.frames import rows as rows_module

TRAINING = Part("training", "is_test", False, "train.sample_fraction", "Lower the share.")
TEST = Part("test", "is_test", True, "evaluate.sample_fraction", "Raise the share.")


def selected(frame: pl.DataFrame, part: Part = TRAINING, **given) -> pd.DataFrame:
    asked = {"key": "k", "target": "y", "is_label": False} | given
    return select_rows(frame.lazy(), part, **asked)


def table(**columns) -> pl.DataFrame:
    size = len(columns["k"])
    return pl.DataFrame({"x": [1.0] * size, "y": [1.0] * size, "is_test": [False] * size} | columns)


def test_rows_come_in_the_order_of_their_key_whatever_order_they_had():
    rows = table(k=["b", "ä", "B", "a", "10", "9"], x=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    forwards, backwards = selected(rows), selected(rows.reverse())
    assert forwards["k"].tolist() == ["10", "9", "B", "a", "b", "ä"]
    pd.testing.assert_frame_equal(forwards, backwards, check_exact=True)


def test_only_the_side_that_was_asked_for_comes():
    rows = table(k=[1, 2, 3], is_test=[True, False, True])
    assert selected(rows)["k"].tolist() == [2]
    assert selected(rows, TEST)["k"].tolist() == [1, 3]
    assert list(selected(rows)) == ["x", "y", "k"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([3, None], dtype=pl.Int8), "[3.0, nan]"),
        (pl.Series([True, None]), "[1.0, nan]"),
        (pl.Series([decimal.Decimal("0.10"), None]), "[0.1, nan]"),
        (pl.Series([0.5, None], dtype=pl.Float32), "[0.5, nan]"),
        (pl.Series([2**60, None]), f"[{2.0**60}, nan]"),
    ],
)
def test_every_measurement_is_float64_and_a_missing_one_nan(values, expected):
    column = selected(table(k=[1, 2], x=values))["x"]
    assert (column.dtype, str(column.tolist())) == ("float64", expected)


def test_a_class_keeps_its_type_and_a_number_to_predict_is_float64():
    rows = table(k=[1, 2], y=pl.Series([3, 4], dtype=pl.Int16))
    assert selected(rows)["y"].dtype == "float64"
    assert selected(rows, is_label=True)["y"].dtype == "int64"
    assert selected(table(k=[1], y=["a"]), is_label=True)["y"].tolist() == ["a"]


def test_pandas_and_polars_frames_give_the_same_rows():
    rows = table(k=["b", "a"])
    expected = selected(rows)
    taken = select_rows(rows.to_pandas(), TRAINING, key="k", target="y", is_label=False)
    pd.testing.assert_frame_equal(taken, expected)


@pytest.mark.parametrize("keys", [["a", "b", "a"], [1, 1, 2]])
def test_a_repeated_key_is_refused_by_name(keys):
    with pytest.raises(ValueError, match=f"The key 'k' is not unique: {keys[0]!r} occurs"):
        collect_in_order(table(k=keys).lazy(), key="k")


def test_an_empty_side_is_refused_with_what_to_change():
    rows = table(k=[1, 2])
    with pytest.raises(ValueError, match=r"no row in the test set\. Raise the share"):
        selected(rows, TEST)
    with pytest.raises(ValueError, match=r"no row in the training set\. Lower the share"):
        selected(rows.with_columns(is_test=True))
    with pytest.raises(ValueError, match="no row in the training set"):
        selected(rows.clear())


@pytest.mark.parametrize("is_label", [True, False])
@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_a_row_without_a_target_is_left_out_and_counted(caplog, is_label, nothing):
    rows = selected(table(k=["a", "b", "c"], y=[1.0, nothing, 2.0]), is_label=is_label)
    assert rows["k"].tolist() == ["a", "c"]
    assert caplog.messages == ["1 of 3 training rows have no 'y' and are left out; their 'k': 'b'"]


def test_the_log_names_five_of_the_rows_that_are_left_out(caplog):
    values = pl.Series([1.0] + [None] * 1000, dtype=pl.Float64)
    selected(table(k=list(range(1001)), y=values))
    assert "1, 2, 3, 4, 5 and 995 more" in caplog.text


def test_rows_of_which_none_has_a_target_are_refused():
    with pytest.raises(ValueError, match="None of the 2 training rows has a 'y'"):
        selected(table(k=[1, 2], y=pl.Series([None, None], dtype=pl.Float64)))


def test_text_stays_text_with_its_missing_values():
    column = selected(table(k=[1, 2, 3], x=["ä", None, ""]))["x"]
    assert column.isna().tolist() == [False, True, False]
    assert column.dropna().tolist() == ["ä", ""]


def test_what_is_neither_number_nor_text_is_refused_by_name():
    with pytest.raises(ValueError, match="The column 'x' holds date32"):
        selected(table(k=[1], x=[datetime.date(2026, 1, 1)]))


def test_rows_come_in_the_order_of_a_key_of_several_columns():
    rows = table(k=["b", "a", "a"], n=[1, 2, 1], x=[1.0, 2.0, 3.0])
    for frame in (rows, rows.reverse()):
        taken = selected(frame, key=["k", "n"])
        assert list(zip(taken["k"], taken["n"], strict=True)) == [("a", 1), ("a", 2), ("b", 1)]
        assert taken["n"].dtype == "int64"


def test_a_repeated_key_of_several_columns_is_refused_by_its_values():
    """One that differs in its second column alone is another; a missing part is a value too."""
    rows = table(k=["a", "a", "a", "a"], n=[1, 2, None, None])
    with pytest.raises(ValueError, match=r"'k, n' is not unique: \('a', None\) occurs"):
        collect_in_order(rows.lazy(), key=["k", "n"])
    assert len(collect_in_order(rows.head(3).lazy(), key=["k", "n"])) == 3


@pytest.mark.parametrize("values", [["a", "b"], [datetime.date(2026, 1, 1)] * 2])
def test_a_regression_on_what_is_no_number_is_refused(values):
    with pytest.raises(ValueError, match="a regression needs numbers"):
        selected(table(k=[1, 2], y=values))


def test_a_target_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no column 'z' to predict"):
        selected(table(k=[1]), target="z")


def test_an_index_of_pandas_is_no_column():
    """It tells in which order rows came; a model would learn from it."""
    columns = {"k": [3, 1, 2], "x": [1.5, 2.5, 3.5], "y": [0.0, 1.0, 0.0]}
    frame = pd.DataFrame({**columns, "is_test": [False, True, False]}, index=[7, 0, 7])
    held = collect_in_order(frame, key="k")
    assert held.column_names == ["k", "x", "y", "is_test"]
    assert held.to_pandas().index.tolist() == [0, 1, 2]
    rows = select_rows(frame, TRAINING, key="k", target="y", is_label=False)
    assert sorted(rows.columns) == ["k", "x", "y"]
    assert rows["k"].tolist() == [2, 3]


@pytest.mark.parametrize("count", [0, 1, 150])
def test_numbers_lie_in_one_piece_and_the_columns_in_their_order(count):
    """As in a frame that is made column by column, digest and all; a text is one of its own."""
    texts = {f"t{place}": ["ä", None] for place in range(count)}
    rows = table(k=["b", "a"], **texts, n=[1, None], w=[0.5, 1.5])
    taken = selected(rows.select("n", "k", *texts, "x", "w", "y", "is_test"))
    columns = {name: taken[name].to_numpy() for name in ("n", "x", "w", "y")}
    columns |= {name: taken[name] for name in taken if name not in columns}
    by_column = pd.DataFrame({name: columns[name] for name in taken})
    assert list(taken) == ["n", "k", *texts, "x", "w", "y"]
    pd.testing.assert_frame_equal(taken, by_column, check_exact=True)
    assert digest_frame(taken).digest == digest_frame(by_column).digest
    (numbers,) = (one for one in taken._mgr.blocks if one.dtype == "float64")
    assert numbers.shape == (4, 2)
    # Where they were written, and no copy of that, but for what pandas 2 has too many pieces of.
    assert (numbers.values.base is not None) == (count < 100)


def test_numbers_are_in_the_frame_where_they_were_written(monkeypatch):
    """A copy would be new memory, which takes longer than the writing."""
    places, write = [], rows_module._write_measurement

    def noted(column, name, target):
        places.append(target)
        write(column, name, target)

    monkeypatch.setattr(rows_module, "_write_measurement", noted)
    taken = selected(table(k=[1, 2]))
    (numbers,) = (one for one in taken._mgr.blocks if one.dtype == "float64")
    assert [np.shares_memory(numbers.values, place) for place in places] == [True, True]


def test_rows_without_a_number_are_rows():
    rows = pl.DataFrame({"k": ["b", "a"], "y": ["u", "v"], "is_test": [False, False]})
    taken = selected(rows, is_label=True)
    assert taken.to_dict("list") == {"k": ["a", "b"], "y": ["v", "u"]}
    assert list(taken.index) == [0, 1]
    assert taken.columns.dtype == pd.DataFrame({"k": [1], "y": [2]}).columns.dtype
