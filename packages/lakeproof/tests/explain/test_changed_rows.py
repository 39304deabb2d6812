"""The rows whose prediction changed most, by key."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakeproof.explain.rows.changed import changed_rows


@pytest.fixture
def write(tmp_path):
    def write(name, **columns):
        table = pa.table(columns)
        key = {b"lakeproof.key": json.dumps(["id"]).encode()}
        path = tmp_path / name
        pq.write_table(table.replace_schema_metadata(key), path)
        return path

    return write


def test_numbers_are_set_side_by_side_by_their_key_whatever_their_order(write):
    before = write("a", id=[1, 2, 3], actual=[1.0, 2.0, 3.0], predicted=[1.0, 2.0, 3.0])
    after = write("b", id=[3, 2, 9], actual=[3.0, 2.0, 0.0], predicted=[3.5, 2.0, 9.0])
    found = changed_rows(before, after)
    assert (found.common, found.changed) == (2, 1)
    (row,) = found.most
    assert (row.key, row.actual, row.before, row.after, row.change) == ((3,), 3.0, 3.0, 3.5, 0.5)


def test_classes_go_by_how_probable_what_is_true_was(write):
    """The class may stay, and the run be much less sure of it."""
    before = write(
        "a", id=[1, 2], actual=["x", "y"], predicted=["x", "y"],
        probability_x=[0.9, 0.4], probability_y=[0.1, 0.6],
    )  # fmt: skip
    after = write(
        "b", id=[1, 2], actual=["x", "y"], predicted=["x", "y"],
        probability_x=[0.6, 0.4], probability_y=[0.4, 0.6],
    )  # fmt: skip
    found = changed_rows(before, after)
    assert found.changed == 0
    assert [(one.key, one.change) for one in found.most] == [((1,), pytest.approx(-0.3))]


def test_without_tables_of_both_there_is_nothing_to_set_side_by_side(write):
    before = write("a", id=[1], actual=[1.0], predicted=[1.0])
    assert changed_rows(before, None) is None
    assert changed_rows(before, write("b", id=[1], score=[1.0])) is None
    none_common = write("c", id=[2], actual=[1.0], predicted=[1.0])
    assert changed_rows(before, none_common).common == 0
