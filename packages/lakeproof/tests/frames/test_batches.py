"""All rows of a plan come, or an error does: also where Polars panics."""

import threading

import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.read.scan import scan
from lakeproof.digest import digest_table
from lakeproof.frames.batches import whole_batches

TROUBLES = (pl.exceptions.ComputeError, ZeroDivisionError)


@pytest.fixture
def cut(tmp_path):
    """A table of two files, of which one is shorter than the log says."""
    table = DeltaTable(filepath=str(tmp_path / "t"), save_args={"mode": "append"})
    for number in range(2):
        table.save(pl.DataFrame({"id": [f"w{number}{one}" for one in range(100)]}))
    first, _ = sorted((tmp_path / "t").glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:600])
    return table


@pytest.mark.parametrize("is_ordered", [True, False])
def test_they_are_the_batches_that_polars_gives(is_ordered):
    """Of the same sizes, none where there is no row, and as many at once as are asked for."""
    plan = pl.LazyFrame({"x": range(25)})
    got = list(whole_batches(plan, 10, maintain_order=is_ordered))
    assert [one.height for one in got] == [10, 10, 5]
    assert sorted(pl.concat(got)["x"]) == list(range(25))
    assert sum(one.height for one in whole_batches(plan.head(0), 10, maintain_order=True)) == 0


def test_a_panic_is_an_error_and_not_the_end(cut):
    """A file that is cut off has no digest, and nothing is written from it."""
    with pytest.raises(pl.exceptions.ComputeError, match="panicked"):
        list(whole_batches(scan(cut.open()), 10, maintain_order=False))
    with pytest.raises(pl.exceptions.ComputeError, match="panicked"):
        digest_table(scan(cut.open()))


def test_nothing_is_written_of_a_plan_that_panics(cut, tmp_path):
    """Of the rows that came before, either."""
    other = DeltaTable(filepath=str(tmp_path / "other"))
    with pytest.raises(Exception, match="panicked"):
        other.save(scan(cut.open()))
    assert not other.is_there()


def test_what_a_plan_raises_is_raised():
    plan = pl.LazyFrame({"x": [1]}).map_batches(lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(whole_batches(plan, 10, maintain_order=True))


def test_who_wants_no_more_ends_the_query():
    """No thread goes on."""
    batches = whole_batches(pl.LazyFrame({"x": range(10_000)}), 10, maintain_order=True)
    next(batches)
    (thread,) = (one for one in threading.enumerate() if one.name == "lakeproof-batches")
    batches.close()
    thread.join(20)
    assert not thread.is_alive()
