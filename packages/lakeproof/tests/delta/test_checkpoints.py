"""Checkpoints of version 2: a file under a name of its own, and sidecars with the table's files."""

import json
import shutil
import uuid
from pathlib import Path

import deltalake
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lakeproof.delta.log.checkpoints import held, newest_whole
from lakeproof.delta.log.location import available_versions, log_files
from lakeproof.delta.log.transactions import taken_deliveries
from lakeproof.errors import TableError

ROWS = pl.DataFrame({"id": range(30), "x": [i / 2 for i in range(30)]})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Four versions, of which a checkpoint of the third has all that the first three said."""
    table = tmp_path / "samples"
    taken = deltalake.CommitProperties(
        app_transactions=[deltalake.Transaction("delivery:a.csv:abc", 1)]
    )
    for version in range(3):
        part = ROWS[version * 10 : version * 10 + 10].to_arrow()
        deltalake.write_deltalake(str(table), part, mode="append", commit_properties=taken)
    deltalake.DeltaTable(str(table)).create_checkpoint()
    log = table / "_delta_log"
    (classic,) = log.glob("*.checkpoint.parquet")
    actions = pq.read_table(classic)
    sidecar = log / "_sidecars" / f"{uuid.uuid4()}.parquet"
    sidecar.parent.mkdir()
    is_add = pc.field("add").is_valid()
    pq.write_table(actions.filter(is_add).select(["add"]), sidecar)
    size = sidecar.stat().st_size
    told = {"path": sidecar.name, "sizeInBytes": size, "modificationTime": 0}
    rest = actions.filter(~is_add).drop_columns(["add", "remove"])
    kept = [_known(row) for row in rest.to_pylist(maps_as_pydicts="strict")]
    kept += [{"checkpointMetadata": {"version": 2}}, {"sidecar": told}]
    checkpoint = log / f"{2:020d}.checkpoint.{uuid.uuid4()}.json"
    checkpoint.write_text("\n".join(map(json.dumps, kept)))
    classic.unlink()
    (log / "_last_checkpoint").unlink()
    deltalake.write_deltalake(str(table), ROWS[:5].to_arrow(), mode="append")
    for version in (0, 1):
        (log / f"{version:020d}.json").unlink()
    return table


def _known(value: object) -> object:
    if isinstance(value, dict):
        return {key: _known(inner) for key, inner in value.items() if inner is not None}
    return value


def test_versions_from_the_checkpoint_on_are_there(make_embedded_table, table):
    """Listed, opened by number and by their own part of the log, read, with what they had taken."""
    samples = make_embedded_table()
    assert available_versions(samples.location) == [2, 3]
    pinned = make_embedded_table(load_args={"version": 2})
    assert pinned.load().sort("id").collect().equals(ROWS)
    assert samples.load().collect().height == 35
    assert [facts.rows for facts in samples.history()] == [35, 30]
    assert taken_deliveries(samples.open()).latest == {"a.csv": ("abc", 1)}


def test_what_sidecars_say_of_files_is_found(make_embedded_table, table):
    """Deletion vectors stand there, which delta-rs does not tell of."""
    filesystem, names = log_files(make_embedded_table().location)
    start, checkpoint = newest_whole(names, 3)
    found = list(held(filesystem, checkpoint, "add", "path", "size"))
    assert (start, len(found)) == (2, 3)
    assert {f"{add['path']}" for add in found} <= {file.name for file in table.glob("*.parquet")}


def test_a_copy_has_the_sidecars(make_embedded_table, table, tmp_path):
    """And without one a version is refused in a sentence."""
    make_embedded_table().copy_to(tmp_path / "copy", 3, [2], print)
    shutil.rmtree(table)
    copy = make_embedded_table("copy", load_args={"version": 2})
    assert copy.load().sort("id").collect().equals(ROWS)
    shutil.rmtree(tmp_path / "copy" / "_delta_log" / "_sidecars")
    with pytest.raises(TableError, match="cannot be opened"):
        make_embedded_table("copy").load()
