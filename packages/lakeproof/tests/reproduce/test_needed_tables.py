"""Which versions of a table a re-run needs, and where the table is found today."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.erasure.receipts import ErasedVersion, ReceiptStore
from lakeproof.reproduce.needed_tables import FoundTables, NeededVersion, find_tables

from .builders import a_record, a_table_read, a_table_written


@pytest.fixture
def table_id(tmp_path: Path) -> str:
    """Make `data/samples` with the versions 0, 1 and 2, and give its id."""
    return made(tmp_path / "data" / "samples")


def made(folder: Path) -> str:
    for number in range(3):
        rows = pl.DataFrame({"id": [f"A{number}"]}).to_arrow()
        deltalake.write_deltalake(folder, rows, mode="append")
    return deltalake.DeltaTable(folder).metadata().id


def found(project: Path, reads: Any = (), writes: Any = (), today: Any = None) -> FoundTables:
    record = a_record()
    record = replace(
        record,
        inputs=replace(record.inputs, tables=tuple(reads)),
        outputs=replace(record.outputs, tables=tuple(writes)),
    )
    return find_tables(record, project, lambda name: today)


def test_a_table_that_is_read_needs_the_versions_from_before_the_run(tmp_path: Path, table_id: str):
    """What the run wrote itself is derived anew, and is none of them."""
    before = a_table_read("samples", table_id=table_id, version=1, digest="rs1:a")
    own = a_table_read("samples", table_id=table_id, version=2, is_own=True)

    ((table,), missing, factors, _) = vars(found(tmp_path, [before, own])).values()

    (needed,) = table.versions
    assert (needed.version, needed.digest, table.start, table.is_written) == (
        1,
        "rs1:a",
        None,
        False,
    )
    assert needed.size > 0
    assert (missing, factors) == ((), ())


def test_a_merge_needs_the_version_that_it_started_from_with_its_content(
    tmp_path: Path, table_id: str
):
    write = a_table_written(
        "samples", table_id=table_id, mode="merge", started_at=1, started_digest="rs1:b"
    )
    (table,) = found(tmp_path, (), [write]).tables
    assert [(one.version, one.digest) for one in table.versions] == [(1, "rs1:b")]
    assert (table.is_written, table.start) == (True, 1)


def test_of_what_is_overwritten_as_a_whole_the_content_decides_nothing(
    tmp_path: Path, table_id: str
):
    write = a_table_written("samples", table_id=table_id, started_at=2, started_digest="rs1:c")
    (table,) = found(tmp_path, (), [write]).tables
    assert [(one.version, one.digest) for one in table.versions] == [(2, None)]


def test_what_is_overwritten_may_be_gone(tmp_path: Path, table_id: str):
    """Nobody read it: the re-run starts without a table, and nothing is missing."""
    shutil.rmtree(tmp_path / "data")
    write = a_table_written("samples", table_id=table_id, started_at=2)
    here = found(tmp_path, (), [write])
    assert here.missing == ()
    assert (here.tables[0].versions, here.tables[0].start) == ((), None)


@pytest.mark.parametrize("mode", ["overwrite", "merge"])
def test_what_was_read_before_it_was_written_must_be_there(
    tmp_path: Path, table_id: str, mode: str
):
    shutil.rmtree(tmp_path / "data")
    read = a_table_read("samples", table_id=table_id, version=1)
    write = a_table_written("samples", table_id=table_id, mode=mode, started_at=1)
    here = found(tmp_path, [read], [write])
    assert "does not exist" in here.missing[0]
    assert here.tables[0].versions[0] == NeededVersion(1, read.digest, None)


def test_a_version_whose_files_are_gone_is_missing(tmp_path: Path, table_id: str):
    for file in (tmp_path / "data" / "samples").glob("*.parquet"):
        file.unlink()
    read = a_table_read("samples", table_id=table_id, version=1)
    assert "data file(s) are missing" in found(tmp_path, [read]).missing[0]


def test_today_s_catalog_may_have_moved_the_table(tmp_path: Path, table_id: str):
    """The place with the recorded id wins, whichever of the two names it."""
    (tmp_path / "data" / "samples").rename(tmp_path / "elsewhere")
    read = a_table_read("samples", table_id=table_id, version=1)
    moved = DeltaTable(filepath=str(tmp_path / "elsewhere"))
    assert found(tmp_path, [read], today=moved).tables[0].table.location.uri == moved.location.uri

    other = DeltaTable(filepath=str(tmp_path / "other"))
    made(Path(other.location.uri))
    (tmp_path / "elsewhere").rename(tmp_path / "data" / "samples")
    uri = found(tmp_path, [read], today=other).tables[0].table.location.uri
    assert uri == str(tmp_path / "data" / "samples")


def test_a_table_of_another_id_is_a_factor_until_its_content_is_read(tmp_path: Path, table_id: str):
    read = a_table_read("samples", table_id="another", version=1)
    (factor,) = found(tmp_path, [read]).factors
    assert (factor.factor, factor.expected, factor.actual, factor.is_setup) == (
        "table id:samples",
        "another",
        table_id,
        True,
    )


def test_a_version_of_which_rows_were_erased_is_called_that(tmp_path: Path, table_id: str):
    """With the receipt, and before the sentence on what is missing; a whole version is none."""
    store = ReceiptStore(tmp_path)
    begun = store.begin("samples", ["A1"], "request", "2026-11-29T12:00:00Z")
    erased = ErasedVersion("samples", table_id, 1, 1)
    store.put(replace(begun, state="done", done_at="2026-11-30T12:00:00Z", versions=(erased,)))
    read = a_table_read("samples", table_id=table_id, version=1)
    assert found(tmp_path, [read]).missing == ()
    for path in (tmp_path / "data/samples").glob("*.parquet"):
        path.unlink()
    first, second = found(tmp_path, [read]).missing
    assert first == (
        f"1 row(s) of samples@1 were erased on 2026-11-30 (receipt {begun.short}): what the run "
        "was made of is not to be restored."
    )
    assert "cannot be read at version 1" in second
