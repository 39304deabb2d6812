"""What is said of a file is true of every value in it, and something is said where it can be."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest

from hostile import TYPES, VALUES
from lakeproof.delta.write.footers import statistics_of

MOST_OF_ALL = "\U0010ffff"
EARLY, LATE = dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(2026, 3, 29, 1, 0, 0, 1)


def told(tmp_path, column: pa.Array, **how: Any) -> dict[str, Any]:
    """Write a file of one column and give what its footer tells."""
    pq.write_table(pa.table({"v": column}), tmp_path / "f.parquet", **how)
    folder = pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())
    return json.loads(statistics_of(folder, "f.parquet"))


@pytest.mark.parametrize("kind", sorted(set(VALUES) - {"many", "names", "pair", "deep", "pairs"}))
def test_every_value_lies_within_the_bounds(tmp_path, kind):
    """Alone and beside each other value of its kind, over one group of rows and over several."""
    for first in VALUES[kind]:
        for second in VALUES[kind]:
            rows = pa.array([first, None, second], TYPES[kind])
            facts = told(tmp_path, rows, row_group_size=1, store_decimal_as_integer=True)
            assert facts["numRecords"] == 3
            assert facts["nullCount"] == {"v": 1}
            if "v" in facts["minValues"]:
                bounds = (facts[which]["v"] for which in ("minValues", "maxValues"))
                least, most = (as_value(bound, first) for bound in bounds)
                held = rows.drop_null().to_pylist()
                assert all(least <= value <= most for value in held), (held, facts)


def as_value(bound: Any, like: Any) -> Any:
    """Read a bound back as a reader of the log does."""
    if isinstance(like, dt.datetime):
        # From Python 3.11 on a Z is understood.
        return dt.datetime.fromisoformat(bound)
    if isinstance(like, dt.date):
        return dt.date.fromisoformat(bound)
    return Decimal(str(bound)) if isinstance(like, Decimal) else bound


@pytest.mark.parametrize(
    ("kind", "values", "bounds"),
    [
        ("long", [2**63 - 1, -(2**63)], [-(2**63), 2**63 - 1]),
        ("double", [0.1, -1e22], [-1e22, 0.1]),
        ("price", [Decimal("1.20"), Decimal("-99999999.99")], [-99999999.99, 1.2]),
        ("day", [dt.date(1, 1, 1), dt.date(9999, 12, 31)], ["0001-01-01", "9999-12-31"]),
        ("clock", [EARLY, LATE], ["1969-12-31T23:59:59.999", "2026-03-29T01:00:00.001"]),
        ("moment", [LATE, EARLY], ["1969-12-31T23:59:59.999Z", "2026-03-29T01:00:00.001Z"]),
        ("text", ["b" * 40, "a" * 40], ["a" * 32, "b" * 32 + MOST_OF_ALL]),
        ("text", [MOST_OF_ALL * 40], [MOST_OF_ALL * 32, MOST_OF_ALL * 40]),
        ("text", ["é", ""], ["", "é"]),
    ],
)
def test_bounds_are_told_as_delta_has_them(tmp_path, kind, values, bounds):
    """Moments in milliseconds that none lies outside of, long texts by their beginning."""
    facts = told(tmp_path, pa.array(values, TYPES[kind]), store_decimal_as_integer=True)
    assert [facts["minValues"]["v"], facts["maxValues"]["v"]] == bounds


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("double", [float("inf"), 1.0]),
        ("double", [float("nan")]),
        ("whole", [Decimal(1)]),
        ("moment", [dt.datetime(9999, 12, 31, 23, 59, 59, 999999, dt.UTC)]),
        ("flag", [True]),
        ("bytes", [b"a"]),
        ("long", [None]),
    ],
)
def test_nothing_is_said_that_a_reader_could_misread(tmp_path, kind, values):
    """No bound is a bound that holds."""
    facts = told(tmp_path, pa.array(values, TYPES[kind]))
    assert (facts["minValues"], facts["maxValues"]) == ({}, {})


def test_a_group_of_rows_that_says_nothing_silences_its_column(tmp_path):
    """What it holds may lie outside of what the others say."""
    rows = pa.array([1.0, float("nan"), 2.0])
    assert told(tmp_path, rows, row_group_size=1)["minValues"] == {}
    with_nulls = pa.array([1.0, None, 2.0])
    assert told(tmp_path, with_nulls, row_group_size=1)["maxValues"] == {"v": 2.0}
