"""What a vacuum deletes, and above all what it spares."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import deltalake
import polars as pl
import pytest

from aging import age
from deletion_vectors import give_vectors
from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError
from lakeproof.leases.facts import LeaseError, moment
from leases.conftest import AGE, make_shelf


def test_what_is_leased_and_what_is_newest_stay_and_all_else_goes(shelf):
    """The bytes are said, and of the lease those that stay for it alone."""
    lying = {one: os.stat(Path(shelf.table.location.uri, one)).st_size for one in shelf.files}
    shelf.take(1)
    plan = shelf.vacuum()
    assert shelf.rows(1) == ["v1", "x"]
    assert shelf.rows(3) == ["v3", "x"]
    assert len(shelf.files) == 2
    assert plan.bytes_going == sum(lying[one] for one in lying.keys() - shelf.files)
    (leased,) = plan.bill.versions
    assert leased.bytes_freed == sum(leased.files.values()) == lying[next(iter(leased.files))]
    for gone in (0, 2):
        with pytest.raises(LakeproofError, match="missing or damaged"):
            shelf.rows(gone)


def test_no_version_is_added_and_no_file_of_the_log_is_touched(shelf):
    """Those that have gone can still be listed."""
    log = Path(shelf.table.location.uri, "_delta_log")
    before = {path.name: path.read_bytes() for path in log.iterdir()}
    shelf.vacuum()
    assert {path.name: path.read_bytes() for path in log.iterdir()} == before
    assert [facts.version for facts in shelf.table.history()] == [3, 2, 1, 0]


def test_a_dry_run_says_the_same_and_deletes_nothing(shelf):
    """Then it is done."""
    shelf.take(0)
    before = shelf.files
    would = shelf.vacuum(is_dry=True)
    assert shelf.files == before
    assert shelf.vacuum().going == would.going
    assert before - shelf.files == set(would.going)


def test_two_holders_of_a_version_free_nothing_alone(shelf):
    """And the last one to let go frees all of it."""
    first, second = shelf.take(0, run=1), shelf.take(0, run=2)
    (leased,) = shelf.bill().versions
    assert [leased.freed_by(one) for one in leased.holders] == [0, 0]
    shelf.store.give_back(first, shelf.table.location)
    shelf.vacuum()
    assert shelf.rows(0) == ["v0", "x"]
    (leased,) = shelf.bill().versions
    assert [leased.freed_by(one) for one in leased.holders] == [leased.bytes_freed] != [0]
    shelf.store.give_back(second, shelf.table.location)
    assert len(shelf.vacuum().going) == 1


def test_what_was_needed_a_day_ago_is_young_however_old_the_file_is(shelf):
    """Its age begins when a version no longer needs it; that of what no version has with it."""
    shelf.table.save(pl.DataFrame({"id": ["v4", "x"]}))
    uncommitted = Path(shelf.table.location.uri, "part-of-somebody.parquet")
    uncommitted.write_bytes(b"PAR1")
    shelf.vacuum(min_age=1)
    assert shelf.rows(3) == ["v3", "x"]
    assert uncommitted.exists()
    assert len(shelf.files) == 3
    shelf.vacuum(min_age=0)
    assert len(shelf.files) == 1


def test_a_pin_is_needed_without_a_lease(shelf):
    """The next run reads it."""
    shelf.vacuum(pins=(2,))
    assert shelf.rows(2) == ["v2", "x"]
    assert len(shelf.files) == 2


def test_maintenance_looks_beyond_the_newest_version(shelf, tmp_path):
    """Others deleted what a tag alone named, and the tag (iceberg-go 1829, seaweedfs 10774)."""
    from lakeproof.leases.store import LeaseStore

    LeaseStore(tmp_path / "other").take(shelf.lease(0, run=2), shelf.table.location)
    shelf.take(2)
    shelf.vacuum()
    assert [shelf.rows(version) for version in (0, 2, 3)] == [[f"v{n}", "x"] for n in (0, 2, 3)]
    assert [one.version for one in shelf.bill().versions] == [0, 2]


def test_files_that_a_second_lease_names_stay(tmp_path):
    """Others expired what several references had in common (iceberg 13568)."""
    shelf = make_shelf(tmp_path, versions=1)
    for number in (1, 2):
        shelf.table._save_config["mode"] = "append"
        shelf.table = type(shelf.table)(
            filepath=shelf.table.location.uri, save_args={"mode": "append"}
        )
        shelf.table.save(pl.DataFrame({"id": [f"more{number}"]}))
    shelf.table = type(shelf.table)(
        filepath=shelf.table.location.uri, save_args={"mode": "overwrite"}
    )
    shelf.table.save(pl.DataFrame({"id": ["all new"]}))
    age(Path(shelf.table.location.uri), AGE)
    one, _ = shelf.take(1, run=1), shelf.take(2, run=2)
    assert [version.bytes_freed > 0 for version in shelf.bill().versions] == [False, True]
    shelf.store.give_back(one, shelf.table.location)
    assert shelf.vacuum().going == {}
    assert shelf.rows(2) == ["more1", "more2", "v0", "x"]


def test_a_lease_that_ends_brings_nothing_back_and_leaves_nothing_behind(shelf):
    """Others' rows came to life again (HUDI-7779), or were orphans for ever (lance 8705).

    The tombstones had gone before the tag did.
    """
    lease = shelf.take(0)
    shelf.vacuum()
    # The log forgets what was removed: a checkpoint without tombstones, and no commit before it.
    place = Path(shelf.table.location.uri)
    deltalake.DeltaTable(str(place)).alter.set_table_properties(
        {"delta.deletedFileRetentionDuration": "interval 0 days"}
    )
    deltalake.DeltaTable(str(place)).create_checkpoint()
    rows = shelf.rows(3)
    shelf.store.give_back(lease, shelf.table.location)
    shelf.vacuum(min_age=1)
    assert len(shelf.files) == 1
    assert shelf.table.load().collect()["id"].sort().to_list() == rows == ["v3", "x"]


def test_a_lease_whose_files_are_gone_stops_a_vacuum_and_stands(shelf):
    """No lease is dropped because its target is missing; the message says how to end it."""
    lease = shelf.take(1)
    gone = Path(shelf.table.location.uri, next(iter(shelf.bill().versions[0].files)))
    gone.unlink()
    before = shelf.files
    with pytest.raises(LeaseError, match=r"version 1 is leased.*kedro release 00000000"):
        shelf.vacuum()
    assert shelf.files == before
    assert shelf.store.of_run(lease.run_id) == [lease]


def test_a_leased_version_that_the_log_no_longer_has_stops_a_vacuum(shelf):
    """Which files it had is not known."""
    shelf.take(0)
    Path(shelf.table.location.uri, "_delta_log", f"{0:020d}.json").rename(shelf.path / "away")
    with pytest.raises(LakeproofError):
        shelf.vacuum()
    assert len(shelf.files) == 4


def test_a_newest_version_that_is_damaged_stops_a_vacuum(shelf):
    """A vacuum that does not find what must be there does not know what it looks at."""
    Path(shelf.table.location.uri, next(iter(shelf.bill().live))).unlink()
    with pytest.raises(LeaseError, match="is damaged"):
        shelf.vacuum()
    assert len(shelf.files) == 3


def test_a_lease_that_is_taken_while_a_vacuum_looks_is_honoured(shelf):
    """They are read again before anything is deleted."""
    asked = []

    def reckon():
        bill = shelf.bill()
        if not asked:
            shelf.take(0)
        asked.append(bill)
        return bill

    shelf.vacuum(reckon=reckon)
    assert len(asked) >= 2
    assert shelf.rows(0) == ["v0", "x"]
    assert len(shelf.files) == 2


def test_nothing_beside_data_is_touched(shelf):
    """Somebody's notes, Delta's change data, hidden folders, and what a link leads to."""
    place = Path(shelf.table.location.uri)
    outside = shelf.path / "outside"
    outside.mkdir()
    kept = [place / "notes.txt", place / "_change_data/cdc.parquet", place / ".hidden/x.parquet"]
    kept.append(outside / "y.parquet")
    for file in kept:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
        os.utime(file, (0, 0))
    (place / "link").symlink_to(outside)
    shelf.vacuum()
    assert all(file.exists() for file in kept)


def test_the_files_of_a_table_within_its_folder_are_that_tables(shelf):
    """It is not in this one's log, and its own maintenance knows what it needs."""
    root = Path(shelf.table.location.uri)
    inner = DeltaTable(filepath=str(root / "by" / "inner"))
    inner.save(pl.DataFrame({"id": ["a"]}))
    age(root / "by" / "inner", 40)
    going = shelf.vacuum().going
    assert len(going) == 3
    assert not [path for path in going if path.startswith("by/")]
    assert inner.load().collect()["id"].to_list() == ["a"]


def test_an_expired_lease_is_none_only_where_its_project_says_so(shelf, tmp_path):
    """Another project's may be that of a model in service, which only it can ask about."""
    from lakeproof.leases.store import LeaseStore

    over = moment(datetime.now(UTC) - timedelta(days=1))
    LeaseStore(tmp_path / "other").take(shelf.lease(0, run=2, until=over), shelf.table.location)
    assert shelf.lease(0, until=over).is_over(datetime.now(UTC))
    shelf.vacuum()
    assert shelf.rows(0) == ["v0", "x"]


def test_deletion_vectors_are_files_of_their_versions(shelf):
    """Those of a leased and of the newest version stay, and one that nobody names goes."""
    place = Path(shelf.table.location.uri)
    before = shelf.files
    give_vectors(place)
    age(place, AGE)
    assert len(shelf.files - before) == 4
    shelf.take(1)
    shelf.vacuum()
    assert shelf.rows(1) == ["v1"]
    assert shelf.rows(3) == ["v3"]
    assert len([one for one in shelf.files if one.endswith(".bin")]) == 2
    assert len(shelf.files) == 4


def test_sums_of_a_version_before_somebody_elses_delete_go_with_its_rows(shelf):
    """By them, and by what is left, the row could be reckoned; those of the newest stay."""
    kept = Path(shelf.table.location.uri, "_lakeproof/facts.json")
    shelf.vacuum()
    assert kept.exists()
    deltalake.DeltaTable(shelf.table.location.uri).delete("id = 'x'")
    shelf.vacuum(is_dry=True)
    assert kept.exists()
    shelf.vacuum()
    assert not kept.exists()


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_merge_of_a_new_column_ends_no_lease(tmp_path, is_ours):
    """delta-rs gives the table another id with it; we do not, and whoever does ends none either."""
    shelf = make_shelf(tmp_path, versions=2)
    shelf.take(0)
    before, more = shelf.table_id, pl.DataFrame({"id": ["x", "y"], "z": [1, 2]})
    place = shelf.table.location.uri
    if is_ours:
        how = {"mode": "merge", "schema_mode": "merge"}
        type(shelf.table)(filepath=place, key="id", save_args=how).save(more)
    else:
        merger = deltalake.DeltaTable(place).merge(
            more.to_arrow(), "s.id = t.id", source_alias="s", target_alias="t", merge_schema=True
        )
        merger.when_matched_update_all().when_not_matched_insert_all().execute()
    assert (shelf.table_id == before) is is_ours
    age(Path(place), AGE)
    assert len(shelf.vacuum().going) == 1
    assert shelf.rows(0) == ["v0", "x"]
