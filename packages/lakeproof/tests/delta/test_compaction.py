"""Small files are written together: the same rows in fewer files, or nothing is done."""

import random

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable, compaction
from lakeproof.delta.compaction import compact, plan_compaction
from lakeproof.delta.engines import engine_for
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import history
from lakeproof.digest import digest_table
from lakeproof.errors import TableError

ROWS = pl.DataFrame(
    {"k": ["a", "b", "c", "d"], "x": [0.0, float("nan"), None, -0.0], "p": ["u", "v", "u", "v"]}
)


@pytest.fixture
def table(make_other) -> DeltaTable:
    """A table of four commits, a file each, laid out by nothing."""
    table = make_other("t", key="k", save_args={"mode": "append"})
    for number in range(4):
        table.save(ROWS[number : number + 1])
    return table


@pytest.mark.spark_sample
def test_the_rows_are_the_same_in_one_file(table, engine):
    """The commit says so, and the next append goes on from it without reading."""
    done = compact(table.location, engine_for("spark" if engine == "spark" else "embedded"))
    assert (done.plan.files, done.files, len(done.plan.small)) == (4, 1, 4)
    assert done.plan.size > 0
    assert (done.plan.opened.version, done.opened.version) == (3, 4)
    assert done.digest == digest_table(ROWS).digest == table.resolve().compute_digest()
    said = next(history(table.location))
    assert (said.operation, said.rows, said.digest) == ("OPTIMIZE", 4, done.digest)
    assert table.open(3).rows() == 4
    table.save(ROWS[:1].with_columns(k=pl.lit("e")))
    assert table.resolve().stored_digest() == table.resolve().compute_digest()


def test_where_nothing_is_small_nothing_is_committed(make_embedded_table):
    """A file alone in its folder is no company; one of the target's size is left."""
    table = make_embedded_table("t", key="k", save_args={"partition_by": ["p"]})
    table.save(ROWS)
    opened = open_table(table.location)
    assert plan_compaction(opened).small == {}
    done = compact(table.location, engine_for("embedded"))
    assert (done.opened.version, done.digest, done.files) == (0, None, 2)
    make_embedded_table("t", key="k", save_args={"mode": "append"}).save(
        ROWS[:1].with_columns(k=pl.lit("e"))
    )
    small = plan_compaction(open_table(table.location)).small
    assert len(small) == 2
    assert all(path.startswith("p=u/") for path in small)
    assert compact(table.location, engine_for("embedded")).files == 2


def test_rows_that_have_changed_are_not_passed_over(make_embedded_table, monkeypatch):
    """A compaction that is not the same is an error, which names the version before it."""
    table = make_embedded_table("t", save_args={"mode": "append"})
    for number in range(2):
        table.save(ROWS[number : number + 1])
    digest = table.resolve().compute_digest()
    read = iter([digest, "rs1:other", "rs1:other"])
    monkeypatch.setattr(compaction, "compute_digest", lambda _: next(read))
    with pytest.raises(TableError, match="holds other rows at version 2") as caught:
        compact(table.location, engine_for("embedded"))
    assert caught.value.message.endswith("kedro pin t=1")
    table.save(ROWS[2:3])
    with pytest.raises(TableError, match="holds other rows than its commit says"):
        compact(table.location, engine_for("embedded"))
    assert table.open().version == 3


def test_where_nothing_fits_together_nothing_is_committed(tmp_path):
    """Each is smaller than the target, and two of them are larger."""
    for number in range(2):
        rows = pl.DataFrame({"k": [random.Random(number * 9000 + i).random() for i in range(2000)]})
        conf = {"delta.targetFileSize": "25000"} if number == 0 else None
        deltalake.write_deltalake(
            str(tmp_path / "t"), rows.to_arrow(), mode="append", configuration=conf
        )
    location = DeltaTable(filepath=str(tmp_path / "t")).location
    assert len(plan_compaction(open_table(location)).small) == 2
    done = compact(location, engine_for("embedded"))
    assert (done.opened.version, done.files, done.digest, done.plan.small) == (1, 2, None, {})
