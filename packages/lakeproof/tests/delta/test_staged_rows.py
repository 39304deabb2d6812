"""Rows on their way into a table are digested as they pass: it must be what is read of them."""

import os

import polars as pl
import pytest

from lakeproof.delta.embedded import staging
from lakeproof.delta.embedded.staging import StagedRows
from lakeproof.digest import NotDigestibleError, RowSet, digest_table
from lakeproof.versioned.location import Location

ROWS = 300_000


@pytest.fixture
def location(tmp_path):
    """Give the place of a table that is not there."""
    return Location("samples", str(tmp_path / "samples"))


@pytest.fixture
def frame():
    """Give rows of each kind that is digested in a way of its own, with gaps."""
    number = pl.int_range(ROWS, eager=True)
    return pl.DataFrame({"id": number, "x": (number * 0.1).sin(), "s": number.cast(pl.String)})


@pytest.fixture(params=[2**40, 0], ids=["in memory", "in a file"])
def kept(request, monkeypatch):
    """Have rows kept in memory, or in a file beside the table."""
    monkeypatch.setattr(staging, "_IN_MEMORY_BYTES", request.param)


@pytest.mark.usefixtures("kept")
def test_what_is_digested_on_the_way_is_what_is_handed_over(location, frame, monkeypatch):
    """In whatever order of columns it is asked for, and no row is read for it."""
    frame = frame.with_columns(pl.when(pl.col("id") % 3 > 0).then(pl.col("x")).alias("x"))
    with StagedRows(frame.lazy(), location, is_digested=True) as staged:
        assert digest_table(staged.reader()).digest == digest_table(frame).digest
        monkeypatch.delattr(StagedRows, "lazy")
        assert staged.facts(["id", "x", "s"]) == digest_table(frame)
        turned = ["s", "id", "x"]
        assert staged.facts(turned) == digest_table(frame.select(turned))


@pytest.mark.usefixtures("kept")
def test_fewer_columns_are_read(location, frame):
    """What rows have in common with a table may be less than what they hold."""
    with StagedRows(frame.lazy(), location, is_digested=True) as staged:
        assert staged.facts(["x", "id"]) == digest_table(frame.select("x", "id"))


@pytest.mark.parametrize("is_digested", [True, False])
def test_no_rows_have_a_digest(location, frame, is_digested):
    """That of their columns."""
    with StagedRows(frame.lazy().head(0), location, is_digested=is_digested) as staged:
        assert staged.facts(["id", "x", "s"]) == digest_table(frame.head(0))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("where", ["update", "facts"])
def test_rows_without_a_digest_are_staged_and_whoever_asks_is_told(
    location, frame, monkeypatch, where
):
    """Other things are said of rows first, such as that their columns do not fit."""

    def refuse(*_):
        raise NotDigestibleError("a value has no canonical form")

    monkeypatch.setattr(RowSet, where, refuse)
    with StagedRows(frame.lazy(), location, is_digested=True) as staged:
        assert staged.rows == ROWS
        with pytest.raises(NotDigestibleError, match="no canonical form"):
            staged.facts(["id", "x", "s"])


def test_a_file_is_packed_where_that_makes_it_smaller(location, frame, monkeypatch):
    """Time is spent on packing only where it saves room."""
    monkeypatch.setattr(staging, "_IN_MEMORY_BYTES", 0)
    sizes = {}
    repeats = pl.DataFrame({"x": ["the same text"] * ROWS})
    # Of which lz4 leaves nine tenths, and more of others.
    few = frame.select(pl.col("x").round(6))
    for name, rows in {"digits": frame.select("x"), "few": few, "repeats": repeats}.items():
        with StagedRows(rows, location) as staged:
            size = os.path.getsize(f"{os.path.dirname(location.uri)}/.samples.staged.arrow")
            sizes[name] = size / sum(batch.nbytes for batch in staged.batches())
    assert min(sizes["digits"], sizes["few"]) > 1
    assert sizes["repeats"] < 0.2


def test_a_plan_that_gives_its_columns_in_another_order_than_it_promised(location, frame):
    """Has the digest of what was promised, which is what is written."""
    small = frame.head(10)
    plan = small.lazy().map_batches(
        lambda rows: rows.select(reversed(rows.columns)), validate_output_schema=False
    )
    with StagedRows(plan, location, is_digested=True) as staged:
        assert staged.facts(["id", "x", "s"]) == digest_table(small)
