"""One table, both engines in turn: laid out by, and keyed by, what is no text.

A path that one engine spells otherwise than the other would leave old rows beside new ones.
"""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from conftest import LONG
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
PLACES = [name for name in VALUES if name not in REFUSED]
KEYS = [name for name in VALUES if name != "booleans"]


@pytest.fixture
def engine(spark_session) -> str:
    """Both are used, whichever begins."""
    return "spark"


def rows(ids: list[int], x: int, **columns: pl.Series) -> pl.DataFrame:
    given = {name: values.gather(ids) for name, values in columns.items()}
    return pl.DataFrame({"id": ids, **given, "x": [x] * len(ids)})


@pytest.fixture
def both(make_table, make_embedded_table):
    """Entries of one table, by the engine that moves its rows."""

    def make(**entry):
        return {"embedded": make_embedded_table(**entry), "spark": make_table(**entry)}

    return make


def held(table, *columns) -> dict:
    found = table.load().collect().sort("id").select("id", *columns, "x")
    return {row[0]: row[1:] for row in found.iter_rows()}


@pytest.mark.parametrize("first", ["spark", pytest.param("embedded", marks=LONG)])
@pytest.mark.parametrize(
    "kinds",
    [PLACES, *(pytest.param([kind], marks=LONG) for kind in PLACES)],
    ids=lambda kinds: kinds[0] if len(kinds) == 1 else "all",
)
def test_a_table_laid_out_by_them_is_merged_by_both(both, kinds, first):
    """Created, corrected and added to in turn: no row doubles, and each engine reads the same."""
    columns = {kind: VALUES[kind] for kind in kinds}
    tables = both(key="id", save_args={"mode": "merge", "partition_by": kinds})
    second = {"embedded": "spark", "spark": "embedded"}[first]
    tables[first].save(rows([0, 1, 2], 1, **columns))
    tables[second].save(rows([1, 2, 3], 2, **columns))
    tables[first].save(rows([0, 3], 3, **columns))
    expected = {
        number: (*(columns[kind][number] for kind in kinds), x)
        for number, x in enumerate([3, 2, 2, 3])
    }
    for table in tables.values():
        assert held(table, *kinds) == expected
    opened = tables[first].resolve()
    assert stored_digest(opened) == compute_digest(opened)


@pytest.mark.parametrize(
    "kinds",
    [KEYS, *(pytest.param([kind], marks=LONG) for kind in KEYS)],
    ids=lambda kinds: kinds[0] if len(kinds) == 1 else "all",
)
def test_a_table_keyed_by_them_is_merged_by_both(both, kinds):
    """A known key is known, whoever wrote it."""
    columns = {kind: VALUES[kind].drop_nulls().unique(maintain_order=True) for kind in kinds}
    tables = both(key=kinds, save_args={"mode": "merge"})
    tables["embedded"].save(rows([0, 1], 1, **columns))
    tables["spark"].save(rows([0], 2, **columns))
    tables["embedded"].save(rows([1], 3, **columns))
    expected = {
        number: (*(columns[kind][number] for kind in kinds), x) for number, x in enumerate([2, 3])
    }
    for table in tables.values():
        assert held(table, *kinds) == expected


@pytest.mark.parametrize("kind", REFUSED)
def test_no_table_is_laid_out_by_what_only_one_engine_would_find(both, kind):
    """Said by either, before there is a table."""
    tables = both(key="id", save_args={"mode": "merge", "partition_by": "p"})
    for table in tables.values():
        with pytest.raises(SchemaError, match="by which the two engines cannot both lay out files"):
            table.save(rows([0, 1], 1, p=VALUES[kind]))
        assert not table.is_there()
