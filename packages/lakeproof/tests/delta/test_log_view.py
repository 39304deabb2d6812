"""An old version opened by its part of the log is the version that the whole log gives."""

import datetime
import os
import shutil
from decimal import Decimal

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.log.log_view import PinnedTable, needed_names, open_view
from lakeproof.delta.log.protocol_support import PROPERTIES
from lakeproof.delta.read.versions import compute_digest
from lakeproof.digest import digest_table
from lakeproof.errors import LakeproofError
from lakeproof.versioned.location import Location

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")


def write(path, rows, **options):
    deltalake.write_deltalake(str(path), pa.table(rows), configuration=dict(PROPERTIES), **options)


def a_life(path):
    """Fill a table with what tables go through, over three checkpoints."""
    write(path, {"k": ["a b", "c%d"], "x": [1, 2]}, partition_by=["k"])
    for number in range(5):
        write(path, {"k": ["é/=", None], "x": [number, None]}, mode="append")
    write(path, {"k": ["new"], "x": [7], "y": [0.5]}, mode="append", schema_mode="merge")
    table = deltalake.DeltaTable(str(path))
    table.delete("x = 2")
    table.update(updates={"y": "1.5"}, predicate="x = 1")
    table.optimize.compact()
    for number in range(8):
        write(path, {"k": ["more"], "x": [number], "y": [None]}, mode="append")
    nested = {
        "k": ["z"],
        "when": [datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)],
        "price": [Decimal("1.20")],
        "many": [[1, None]],
    }
    write(path, nested, mode="overwrite", schema_mode="overwrite")
    for number in range(6):
        write(path, {**nested, "many": [[number]]}, mode="append")
    deltalake.DeltaTable(str(path)).restore(3)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    path = tmp_path_factory.mktemp("lived") / "samples"
    a_life(path)
    return path


def facts(table):
    actions = pl.DataFrame(pa.table(table.get_add_actions(flatten=True)))
    return {
        "version": table.version(),
        "id": table.metadata().id,
        "properties": table.metadata().configuration,
        "partitions": table.metadata().partition_columns,
        "schema": table.schema().to_json(),
        "protocol": table.protocol(),
        "files": sorted(table.file_uris()),
        "actions": sorted(map(str, actions.select(sorted(actions.columns)).to_dicts())),
        "uri": table.table_uri,
        "sizes": table._table.get_add_file_sizes(),
    }


@pytest.mark.slow
def test_every_version_is_as_the_whole_log_has_it(lived):
    """Facts, files and rows; with partitions, strange names, other columns and a restore."""
    newest = deltalake.DeltaTable(str(lived)).version()
    assert newest > 20
    for version in range(newest + 1):
        whole = deltalake.DeltaTable(str(lived), version=version)
        view = open_view(Location("samples", str(lived)), version)
        assert view is not None, version
        assert facts(view) == facts(whole), version
        rows = [pl.scan_delta(table).collect() for table in (view, whole)]
        assert rows[0].schema == rows[1].schema
        assert sorted(map(repr, rows[0].rows())) == sorted(map(repr, rows[1].rows())), version


def test_a_pin_reads_through_a_view_and_the_latest_does_not(lived):
    """The latest is what is written to."""
    pinned = DeltaTable(filepath=str(lived), load_args={"version": 12}).resolve()
    assert isinstance(pinned.table, PinnedTable)
    assert not isinstance(DeltaTable(filepath=str(lived)).resolve().table, PinnedTable)


def test_a_pin_is_opened_by_the_whole_log_where_no_tricks_are_wanted(lived, monkeypatch):
    """With the same rows."""
    view = DeltaTable(filepath=str(lived), load_args={"version": 12}).load().collect()
    monkeypatch.setenv("LAKEPROOF_PLAIN", "1")
    table = DeltaTable(filepath=str(lived), load_args={"version": 12})
    assert not isinstance(table.resolve().table, PinnedTable)
    assert sorted(map(repr, table.load().collect().rows())) == sorted(map(repr, view.rows()))


def test_a_view_is_of_a_table_named_by_a_relative_path_too(lived, monkeypatch):
    """As the catalog names them."""
    monkeypatch.chdir(lived.parent)
    view = open_view(Location("samples", "samples"), 4)
    assert facts(view) == facts(deltalake.DeltaTable("samples", version=4))


def test_a_folder_with_a_blank_in_its_name_is_found(lived, tmp_path):
    """delta-rs 1.6.6 itself writes the blank of a root as %20, which is another folder."""
    copy = tmp_path / "my tables é" / "samples"
    shutil.copytree(lived, copy)
    view = open_view(Location("samples", str(copy)), 8)
    assert view.table_uri == deltalake.DeltaTable(str(copy)).table_uri
    whole = pl.scan_delta(deltalake.DeltaTable(str(lived), version=8)).collect()
    assert pl.scan_delta(view).collect().height == whole.height


def test_nothing_is_left_behind(lived, tmp_path, monkeypatch):
    """Neither beside the table nor in the folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(os.listdir(lived / "_delta_log"))
    assert open_view(Location("samples", str(lived)), 12) is not None
    assert list(tmp_path.iterdir()) == []
    assert sorted(os.listdir(lived / "_delta_log")) == before


@pytest.mark.parametrize(
    "use",
    [
        lambda table: deltalake.write_deltalake(table, pa.table({"k": ["a"]}), mode="append"),
        lambda table: table.delete(),
        lambda table: table.vacuum(),
        lambda table: table.to_pyarrow_table(),
        lambda table: table.load_as_version(1),
        lambda table: table.history(),
    ],
    ids=["write", "delete", "vacuum", "rows", "another version", "history"],
)
def test_a_view_is_used_for_nothing_but_reading(lived, use):
    """A commit would go into a folder that is gone."""
    with pytest.raises((AttributeError, TypeError)):
        use(open_view(Location("samples", str(lived)), 12))


def test_a_view_without_its_data_files_does_not_read_somebody_elses(lived, tmp_path):
    """It names the files of its own table, and those must be there."""
    copy = tmp_path / "samples"
    shutil.copytree(lived, copy)
    for file in copy.rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            file.unlink()
    with pytest.raises(LakeproofError, match="missing or damaged"):
        DeltaTable(filepath=str(copy), load_args={"version": 12}).resolve()


def test_a_gap_in_the_log_is_left_to_the_whole_log_to_explain(lived, tmp_path):
    """No version is made up from what is left."""
    copy = tmp_path / "samples"
    shutil.copytree(lived, copy)
    (copy / f"_delta_log/{13:020d}.json").unlink()
    assert open_view(Location("samples", str(copy)), 12) is not None
    assert open_view(Location("samples", str(copy)), 14) is None
    with pytest.raises(LakeproofError):
        DeltaTable(filepath=str(copy), load_args={"version": 14}).resolve()


def test_a_damaged_checkpoint_is_not_skipped(lived, tmp_path):
    """What delta-rs does not open is not opened."""
    copy = tmp_path / "samples"
    shutil.copytree(lived, copy)
    (copy / f"_delta_log/{9:020d}.checkpoint.parquet").write_bytes(b"PAR1")
    with pytest.raises(LakeproofError, match="cannot be opened at version 12"):
        DeltaTable(filepath=str(copy), load_args={"version": 12}).resolve()


def test_the_digest_of_a_pinned_version_is_that_of_its_rows(lived):
    """The one by which a re-run is judged."""
    pinned = DeltaTable(filepath=str(lived), load_args={"version": 8}).resolve()
    whole = pl.scan_delta(deltalake.DeltaTable(str(lived), version=8))
    assert compute_digest(pinned) == digest_table(whole).digest


def commit(version):
    return f"{version:020d}.json"


def checkpoint(version, part=None, parts=None):
    suffix = f".{part:010d}.{parts:010d}" if parts else ""
    return f"{version:020d}.checkpoint{suffix}.parquet"


LOG = [commit(v) for v in range(30)]


@pytest.mark.parametrize(
    ("names", "version", "needed"),
    [
        (LOG, 2, [commit(0), commit(1), commit(2)]),
        ([*LOG, checkpoint(9), checkpoint(19)], 21, [checkpoint(19), commit(20), commit(21)]),
        ([*LOG, checkpoint(9), checkpoint(19)], 19, [checkpoint(19)]),
        ([*LOG, checkpoint(9), checkpoint(19)], 10, [checkpoint(9), commit(10)]),
        # Half of a checkpoint is none.
        ([*LOG, checkpoint(9), checkpoint(11, 1, 2)], 11, [checkpoint(9), commit(10), commit(11)]),
        (
            [*LOG, checkpoint(9, 2, 2), checkpoint(9, 1, 2)],
            10,
            [checkpoint(9, 1, 2), checkpoint(9, 2, 2), commit(10)],
        ),
        # What begins or ends like a commit is not one.
        ([*LOG, "_last_checkpoint", f"{1:020d}.{2:020d}.compacted.json"], 0, [commit(0)]),
        # Cleaned, incomplete, or not there yet.
        ([commit(v) for v in range(5, 30)], 7, []),
        ([*LOG[:8], *LOG[9:]], 10, []),
        (LOG, 30, []),
        ([commit(v) for v in range(200)], 150, []),
    ],
)
def test_a_version_is_its_checkpoint_and_the_commits_after_it(names, version, needed):
    """And never a part of them."""
    assert needed_names(names, version) == needed
