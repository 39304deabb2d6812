"""One table, both engines in turn: laid out by, and keyed by, what is no text.

A path that one engine spells otherwise than the other would leave old rows beside new ones.
"""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.errors import SchemaError

pytestmark = [pytest.mark.spark, pytest.mark.slow]

_MOMENT = dt.datetime(2026, 3, 29, 1, 30, 0, 1)
VALUES = {
    "times": pl.Series(
        [_MOMENT, _MOMENT.replace(microsecond=0), dt.datetime(1890, 1, 1, 0, 0, 0, 999_999), None],
        dtype=pl.Datetime("us", "UTC"),
    ),
    "times-without-a-zone": pl.Series([_MOMENT, dt.datetime(1, 1, 1), None, _MOMENT]),
    "longs": pl.Series([-(2**63), 2**63 - 1, 0, None]),
    "booleans": pl.Series([True, False, None, True]),
    "decimals": pl.Series(
        [Decimal("-0.10000"), Decimal("12345678901234.5"), Decimal(0), None],
        dtype=pl.Decimal(20, 5),
    ),
    "binary": pl.Series([b"\x00\xff", b"a b/%", b"", None]),
}
# The engines write these into a path each in its own way.
REFUSED = ("decimals", "binary")


@pytest.fixture
def engine(spark_session) -> str:
    """Both are used, whichever begins."""
    return "spark"


def rows(values: pl.Series, ids: list[int], x: int) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "p": values.gather(ids), "x": [x] * len(ids)})


@pytest.fixture
def both(make_table, make_embedded_table):
    """Entries of one table, by the engine that moves its rows."""

    def make(**entry):
        return {"embedded": make_embedded_table(**entry), "spark": make_table(**entry)}

    return make


def held(table) -> dict:
    found = table.load().collect().sort("id")
    return {row["id"]: (row["p"], row["x"]) for row in found.iter_rows(named=True)}


@pytest.mark.parametrize("first", ["embedded", "spark"])
@pytest.mark.parametrize("kind", [name for name in VALUES if name not in REFUSED])
def test_a_table_laid_out_by_it_is_merged_by_both(both, kind, first):
    """Created, corrected and added to in turn: no row doubles, and each engine reads the same."""
    values = VALUES[kind]
    tables = both(key="id", save_args={"mode": "merge", "partition_by": "p"})
    second = {"embedded": "spark", "spark": "embedded"}[first]
    tables[first].save(rows(values, [0, 1, 2], 1))
    tables[second].save(rows(values, [1, 2, 3], 2))
    tables[first].save(rows(values, [0, 3], 3))
    expected = {number: (values[number], x) for number, x in enumerate([3, 2, 2, 3])}
    for table in tables.values():
        assert held(table) == expected
    opened = tables[first].resolve()
    assert stored_digest(opened) == compute_digest(opened)


@pytest.mark.parametrize("kind", [name for name in VALUES if name != "booleans"])
def test_a_table_keyed_by_it_is_merged_by_both(both, kind):
    """A known key is known, whoever wrote it."""
    values = VALUES[kind].drop_nulls().unique(maintain_order=True)
    tables = both(key="p", save_args={"mode": "merge"})
    tables["embedded"].save(rows(values, [0, 1], 1))
    tables["spark"].save(rows(values, [0], 2))
    tables["embedded"].save(rows(values, [1], 3))
    for table in tables.values():
        assert held(table) == {0: (values[0], 2), 1: (values[1], 3)}


@pytest.mark.parametrize("kind", REFUSED)
def test_no_table_is_laid_out_by_what_only_one_engine_would_find(both, kind):
    """Said by either, before there is a table."""
    tables = both(key="id", save_args={"mode": "merge", "partition_by": "p"})
    for table in tables.values():
        with pytest.raises(SchemaError, match="by which the two engines cannot both lay out files"):
            table.save(rows(VALUES[kind], [0, 1], 1))
        assert not table.is_there()
