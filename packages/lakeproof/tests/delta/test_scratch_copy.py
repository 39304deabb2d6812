"""A table that a re-run writes starts in scratch as it was, and the source never notices."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.protocol_support import PROPERTIES
from lakeproof.delta.log.transactions import delivery_transaction, taken_deliveries
from lakeproof.delta.write.scratch_copy import start_table
from lakeproof.errors import LakeproofError
from lakeproof.versioned.location import Location

OLD = 1_600_000_000


class Lakehouse:
    """A source table and a place in scratch."""

    def __init__(self, tmp_path: Path) -> None:
        self.source = tmp_path / "user" / "samples"
        self.target = tmp_path / "scratch" / "samples"
        self.said: list[str] = []

    @property
    def location(self) -> Location:
        return Location("samples", str(self.source))

    def commit(self, rows: pl.DataFrame, mode: str = "append", **arguments: object) -> None:
        self.source.parent.mkdir(exist_ok=True)
        deltalake.write_deltalake(str(self.source), rows.to_arrow(), mode=mode, **arguments)

    def grow(self, versions: int, **arguments: object) -> None:
        """Make versions 0 to `versions`, each a row more."""
        self.commit(rows(0), "error", configuration=dict(PROPERTIES), **arguments)
        for number in range(1, versions + 1):
            self.commit(rows(number), commit_properties=taking(number))

    def start(self, version: int | None, **arguments: object) -> None:
        start_table(self.location, version, self.target, self.said.append, **arguments)

    def digests(self) -> dict[str, tuple[str, int]]:
        return {
            str(file.relative_to(self.source)): (
                hashlib.sha256(file.read_bytes()).hexdigest(),
                file.stat().st_mtime_ns,
            )
            for file in sorted(self.source.rglob("*"))
            if file.is_file()
        }


def rows(*keys: int, value: str = "x") -> pl.DataFrame:
    return pl.DataFrame({"key": list(keys), "value": [value] * len(keys)})


def taking(number: int) -> deltalake.CommitProperties:
    """Take a delivery in the commit, as the dataset does."""
    app_id, count = delivery_transaction(f"{number}.csv", "0" * 64, 1)
    return deltalake.CommitProperties(app_transactions=[deltalake.Transaction(app_id, count)])


def keys(path: Path, version: int | None = None) -> list[int]:
    return sorted(pl.read_delta(str(path), version=version)["key"].to_list())


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(tmp_path)


@pytest.mark.parametrize("version", [0, 3, 9, 10, 23])
def test_a_table_starts_at_the_version_it_had(lakehouse, version):
    """Before, at and after a checkpoint: version, id, rows, deliveries; its next is the next."""
    lakehouse.grow(23)
    there = open_table(lakehouse.location, version)
    lakehouse.start(version)
    started = open_table(Location("samples", str(lakehouse.target)))
    assert (started.version, started.table_id) == (version, there.table_id)
    assert keys(lakehouse.target) == list(range(version + 1))
    assert taken_deliveries(started) == taken_deliveries(there)
    assert len(taken_deliveries(started).latest) == version
    deltalake.write_deltalake(str(lakehouse.target), rows(99).to_arrow(), mode="append")
    assert deltalake.DeltaTable(str(lakehouse.target)).version() == version + 1


def test_a_table_that_was_not_there_is_not_made(lakehouse):
    """The re-run creates it, as the run did."""
    lakehouse.grow(1)
    lakehouse.start(None)
    assert not lakehouse.target.exists()


@pytest.mark.slow
@pytest.mark.parametrize("save_args", [{"mode": "append"}, {"mode": "overwrite"}])
@pytest.mark.parametrize("version", [4, 12])
def test_a_write_in_scratch_never_reaches_the_source(lakehouse, save_args, version):
    """Through the catalog's own dataset, over the next checkpoint."""
    lakehouse.grow(14)
    before = lakehouse.digests()
    lakehouse.start(version)
    table = DeltaTable(filepath=str(lakehouse.target), key="key", save_args=save_args)
    for number in range(12):
        table.save(rows(100 + number, value="y"))
    assert (lakehouse.target / f"_delta_log/{10 + version // 10 * 10:020d}.json").exists()
    assert lakehouse.digests() == before


@pytest.mark.parametrize("mode", ["merge", "delete"])
def test_rows_that_are_changed_in_scratch_stay_in_the_source(lakehouse, mode):
    """Both engines rewrite files and never touch one."""
    lakehouse.grow(4)
    before = lakehouse.digests()
    lakehouse.start(4)
    DeltaTable(filepath=str(lakehouse.target), key="key", save_args={"mode": mode}).save(
        rows(1, 2, value="y")
    )
    deltalake.DeltaTable(str(lakehouse.target)).optimize.compact()
    assert len(keys(lakehouse.target)) == (5 if mode == "merge" else 3)
    assert lakehouse.digests() == before
    assert keys(lakehouse.source) == [0, 1, 2, 3, 4]


def test_files_are_linked_and_the_checkpoint_pointer_is_a_copy(lakehouse):
    """The one file that writers replace; a link of it could be written through."""
    lakehouse.grow(12)
    lakehouse.start(12)
    for file in lakehouse.target.rglob("*"):
        if file.is_file():
            origin = lakehouse.source / file.relative_to(lakehouse.target)
            assert file.samefile(origin) == (file.name != "_last_checkpoint")
    assert lakehouse.said == []


def test_a_pointer_to_a_later_checkpoint_is_left_out(lakehouse):
    """It would lead to a version that scratch does not have."""
    lakehouse.grow(23)
    pointer = json.loads((lakehouse.source / "_delta_log/_last_checkpoint").read_text())
    lakehouse.start(13)
    assert pointer["version"] > 13
    assert not (lakehouse.target / "_delta_log/_last_checkpoint").exists()
    assert keys(lakehouse.target) == list(range(14))


def test_an_older_version_that_the_run_reads_comes_along(lakehouse):
    """Its log and the files that only it has."""
    lakehouse.grow(12)
    lakehouse.commit(rows(50), "overwrite")
    lakehouse.start(13, also=[2])
    assert keys(lakehouse.target) == [50]
    assert keys(lakehouse.target, version=2) == [0, 1, 2]


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a file system of its own."""
    if not Path("/dev/shm").is_dir():
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_a_file_that_cannot_be_linked_is_copied_with_its_times_and_the_size_is_said(
    lakehouse, memory
):
    """To another file system: Spark dates versions by the times of the log."""
    lakehouse.grow(2)
    for file in lakehouse.source.rglob("*.json"):
        os.utime(file, (OLD, OLD))
    before = lakehouse.digests()
    lakehouse.target = memory / "samples"
    lakehouse.start(2)
    assert keys(lakehouse.target) == [0, 1, 2]
    times = {file.stat().st_mtime for file in (lakehouse.target / "_delta_log").iterdir()}
    assert times == {OLD}
    assert lakehouse.said == ["Copying table 'samples' at version 2 to scratch: 0.0 MiB"]
    assert lakehouse.digests() == before


def partitioned(lakehouse: Lakehouse) -> pl.DataFrame:
    values = ["a b", "ü%20x", "a/b=c", "%", "plain"]
    frame = pl.DataFrame({"key": range(5), "value": values})
    lakehouse.commit(frame, "error", partition_by=["value"])
    lakehouse.commit(rows(9, value="ü%20x"))
    return frame


def test_partitions_with_odd_names_are_found(lakehouse):
    """The log holds paths encoded once more than the folder's name."""
    frame = partitioned(lakehouse)
    lakehouse.start(0)
    assert pl.read_delta(str(lakehouse.target)).sort("key").equals(frame)


def test_a_table_in_a_store_is_copied(lakehouse):
    """Through the same door as an object store: odd names, sizes said, times kept."""
    frame = partitioned(lakehouse)
    for file in lakehouse.source.rglob("*.json"):
        os.utime(file, (OLD, OLD))
    before = lakehouse.digests()
    location = Location("samples", lakehouse.source.as_uri())
    start_table(location, 0, lakehouse.target, lakehouse.said.append)
    assert pl.read_delta(str(lakehouse.target)).sort("key").equals(frame)
    assert (lakehouse.target / f"_delta_log/{0:020d}.json").stat().st_mtime == OLD
    assert len(lakehouse.said) == 1
    deltalake.write_deltalake(str(lakehouse.target), frame.to_arrow(), mode="overwrite")
    assert lakehouse.digests() == before


@pytest.mark.parametrize("is_local", [True, False])
def test_a_missing_data_file_is_named(lakehouse, is_local):
    """Before anything is run; an older version that is whole can still be read."""
    lakehouse.grow(2)
    lost = open_table(lakehouse.location, 2).table.file_uris()[0]
    Path(lost).unlink()
    location = lakehouse.location if is_local else Location("samples", lakehouse.source.as_uri())
    with pytest.raises(LakeproofError, match=f"at version 2: 1 file.*{Path(lost).name}"):
        start_table(location, 2, lakehouse.target, lakehouse.said.append)
    start_table(location, 1, lakehouse.target.with_name("older"), lakehouse.said.append)


def test_a_data_file_of_another_size_is_named(lakehouse):
    """Cut short, it would be read as far as it goes, or not at all."""
    lakehouse.grow(1)
    damaged = Path(open_table(lakehouse.location, 1).table.file_uris()[0])
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(LakeproofError, match=r"bytes instead of"):
        lakehouse.start(1)


def test_a_version_whose_log_was_cleaned_is_refused(lakehouse):
    """With the versions that there are."""
    lakehouse.grow(12)
    for version in range(9):
        (lakehouse.source / f"_delta_log/{version:020d}.json").unlink()
    with pytest.raises(LakeproofError, match=r"no version 3: its log was cleaned"):
        lakehouse.start(3)
    lakehouse.start(12)
    assert keys(lakehouse.target) == list(range(13))


def test_a_shallow_clone_is_refused(lakehouse):
    """Its files are another table's."""
    lakehouse.grow(0)
    log = lakehouse.source / f"_delta_log/{0:020d}.json"
    path = Path(open_table(lakehouse.location, 0).table.file_uris()[0])
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            action["add"]["path"] = path.as_uri()
    log.write_text("".join(json.dumps(action) + "\n" for action in actions))
    with pytest.raises(LakeproofError, match="shallow clone"):
        lakehouse.start(0)


def test_what_is_at_the_place_already_is_not_overwritten(lakehouse):
    """A table of a re-run never takes the place of another."""
    lakehouse.grow(0)
    lakehouse.target.mkdir(parents=True)
    with pytest.raises(LakeproofError, match="already, where a table should start"):
        lakehouse.start(0)
