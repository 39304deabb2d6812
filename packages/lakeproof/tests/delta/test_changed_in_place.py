"""A data file that is not the one that its commit wrote: what is there is read, and said."""

import json
import logging
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.log.data_files import other_times
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import (
    compute_digest,
    content_of,
    facts_of,
    require_rows,
    stored_digest,
)
from lakeproof.digest import digest_table
from lakeproof.errors import TableError
from lakeproof.record.node_io.table_facts import TableRecorder
from lakeproof.versioned.run_tables import RunTables

FIRST = pl.DataFrame({"id": [1, 2], "x": [1.0, 2.0]})
OTHER = pl.DataFrame({"id": [1, 2], "x": [1.0, 3.0]})


def file_of(folder: Path) -> Path:
    (file,) = folder.glob("*.parquet")
    return file


@pytest.fixture
def table(tmp_path) -> DeltaTable:
    """A table whose one data file holds other rows of the same size than its commit says."""
    for name, rows in (("samples", FIRST), ("other", OTHER)):
        DeltaTable(filepath=str(tmp_path / name)).save(rows)
    content = file_of(tmp_path / "other").read_bytes()
    assert len(content) == file_of(tmp_path / "samples").stat().st_size
    file_of(tmp_path / "samples").write_bytes(content)
    return DeltaTable(filepath=str(tmp_path / "samples"), key="id", save_args={"mode": "merge"})


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


def recorded(table: DeltaTable, project: Path):
    """Have a run read a table and record it."""
    run = RunTables()
    table.join(run)
    table.load()
    return TableRecorder(project, None).read(run)[0]


def test_what_was_changed_in_place_is_read_and_said(table, caplog):
    """Once, and with both digests."""
    opened = table.resolve()
    was, now = (digest_table(rows).digest for rows in (FIRST, OTHER))
    content = content_of(opened)
    assert (content.digest, content.source, content.committed) == (now, "rows", was)
    require_rows(table.resolve())
    (said,) = warnings(caplog)
    assert "'samples' does not hold what its commit says at version 0" in said
    assert f"the commit says {was}, its rows are {now}" in said


def test_the_record_holds_what_was_read(table, tmp_path):
    """So that the run can be reproduced from what is there."""
    read = recorded(table, tmp_path)
    assert read.digest == digest_table(OTHER).digest
    assert read.digest_from == "rows"
    assert read.committed_digest == digest_table(FIRST).digest


@pytest.mark.parametrize("version", [0, 1])
def test_a_log_that_was_edited_is_not_believed(tmp_path, caplog, version):
    """Neither the commit itself nor one before it, whatever it says of the content."""
    table = DeltaTable(filepath=str(tmp_path / "samples"), save_args={"mode": "append"})
    table.save(FIRST)
    table.save(OTHER)
    assert other_times(table.resolve()) == ()
    both = digest_table(pl.concat([FIRST, OTHER])).digest
    log = tmp_path / f"samples/_delta_log/{version:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    (info,) = (action["commitInfo"] for action in actions if "commitInfo" in action)
    note = json.loads(info["userMetadata"]) | {"digest": digest_table(FIRST).digest}
    info["userMetadata"] = json.dumps(note)
    log.write_text("\n".join(map(json.dumps, actions)) + "\n")
    time = log.stat().st_mtime + 2
    os.utime(log, (time, time))
    content = content_of(table.resolve())
    assert (content.digest, content.source) == (both, "rows")
    assert len(warnings(caplog)) == version


def test_a_checkpoint_is_as_old_as_what_comes_after_it(tmp_path):
    """One that was made anew tells nothing of the files, which are read."""
    table = DeltaTable(filepath=str(tmp_path / "samples"), save_args={"mode": "append"})
    for _ in range(12):
        table.save(FIRST)
    assert other_times(table.resolve()) == ()
    (checkpoint,) = (tmp_path / "samples/_delta_log").glob("*.checkpoint.parquet")
    time = checkpoint.stat().st_mtime + 100
    os.utime(checkpoint, (time, time))
    assert [name for name, _ in other_times(table.resolve())] == [f"_delta_log/{checkpoint.name}"]


def test_a_copy_is_read_and_nothing_is_said(tmp_path, caplog):
    """Its files have honest other times."""
    DeltaTable(filepath=str(tmp_path / "samples")).save(FIRST)
    shutil.copytree(tmp_path / "samples", tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(file_of(tmp_path / "copy"), (1, 1))
    content = content_of(DeltaTable(filepath=str(tmp_path / "copy")).resolve())
    assert (content.source, content.committed) == ("rows", None)
    assert content.digest == digest_table(FIRST).digest
    assert warnings(caplog) == []


def test_a_copy_into_which_rows_come_is_read_once(tmp_path, monkeypatch):
    """Not before each of twenty deliveries."""
    DeltaTable(filepath=str(tmp_path / "samples")).save(FIRST)
    shutil.copytree(tmp_path / "samples", tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(file_of(tmp_path / "copy"), (1, 1))
    scans = []
    monkeypatch.setattr(
        "lakeproof.delta.read.scan.scan", lambda opened: scans.append(opened) or scan(opened)
    )
    copy = DeltaTable(filepath=str(tmp_path / "copy"), save_args={"mode": "append"})
    for _ in range(3):
        copy.save(OTHER)
    assert len(scans) == 1
    assert content_of(copy.resolve()).digest == compute_digest(copy.resolve())


def test_what_a_commit_wrote_is_not_read_again(tmp_path, engine, make_table):
    """Whichever engine wrote the file: a digest of it costs nothing."""
    make_table().save(FIRST)
    opened = make_table().resolve()
    assert other_times(opened) == ()
    assert content_of(opened).source == "commit"


def test_what_is_merged_into_it_is_reckoned_from_its_rows(table):
    """A commit must not carry on what is not so."""
    table.save(pl.DataFrame({"id": [2, 3], "x": [2.0, 4.0]}))
    opened = table.resolve()
    assert stored_digest(opened) == compute_digest(opened)
    assert facts_of(opened) is not None


def test_what_it_should_hold_is_written_over_it(table, tmp_path):
    """The commit says that the rows are there already; they are not."""
    over = DeltaTable(filepath=str(tmp_path / "samples"))
    over.save(FIRST)
    assert over.resolve().version == 1
    assert compute_digest(over.resolve()) == digest_table(FIRST).digest


def test_a_file_that_is_no_longer_one_is_refused_by_the_name_of_its_table(table, tmp_path):
    """Before any node, as long as its size is right; to write all of it anew is allowed."""
    file = file_of(tmp_path / "samples")
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(TableError, match="rows of table 'samples' cannot be read at version 0"):
        require_rows(table.resolve())
    DeltaTable(filepath=str(tmp_path / "samples")).save(FIRST)
    assert content_of(table.resolve()).source == "commit"


def test_a_run_beneath_which_a_file_is_changed_is_not_recorded(tmp_path):
    """What a node read of it is not known."""
    table = DeltaTable(filepath=str(tmp_path / "samples"))
    table.save(FIRST)
    run = RunTables()
    table.join(run)
    table.load()
    table.resolve().table.create_checkpoint()
    (checkpoint,) = (tmp_path / "samples/_delta_log").glob("*.checkpoint.parquet")
    os.utime(checkpoint, (checkpoint.stat().st_mtime + 100,) * 2)
    assert other_times(table.resolve())
    assert TableRecorder(tmp_path, None).read(run)[0].digest == digest_table(FIRST).digest
    file = file_of(tmp_path / "samples")
    file.write_bytes(file.read_bytes())
    os.utime(file)
    with pytest.raises(TableError, match="of table 'samples' at version 0 were written in place"):
        TableRecorder(tmp_path, None).read(run)
