"""Leases as files: written, found by whoever shares a table, and given back."""

import json
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lakeproof.delta import DeltaTable
from lakeproof.leases.facts import Lease, LeaseError
from lakeproof.leases.store import LeaseStore
from lakeproof.versioned.location import Location
from leases.conftest import Shelf, make_shelf, run_id


def files_of(path: Path) -> list[str]:
    return sorted(str(one.relative_to(path)) for one in path.rglob("*.json"))


def test_a_lease_on_a_table_of_the_project_stands_in_the_project_alone(shelf):
    """A file per holder, which git passes over."""
    lease = shelf.take(1)
    own = shelf.path / ".lakeproof"
    assert files_of(own) == [f"leases/{shelf.table_id}/1.{run_id(1)}.json"]
    assert (own / ".gitignore").read_text() == "*\n"
    assert not Path(shelf.table.location.uri, "_lakeproof/leases").exists()
    assert shelf.store.of_run(run_id(1)) == [lease]


def test_of_two_projects_each_sees_the_leases_of_the_other(shelf, tmp_path):
    """Beside a table that is shared; and what the one in whose folder it lies keeps to itself."""
    theirs = LeaseStore(tmp_path / "other")
    theirs.take(shelf.lease(0, run=2), shelf.table.location)
    shelf.take(1)
    seen = [
        [(one.lease.version, one.is_ours) for one in store.of_table(shelf.table_id, location)]
        for store, location in [(shelf.store, shelf.table.location), (theirs, shelf.table.location)]
    ]
    assert seen == [[(0, False), (1, True)], [(0, True), (1, False)]]
    theirs.give_back(theirs.of_run(run_id(2))[0], shelf.table.location)
    assert files_of(Path(shelf.table.location.uri, "_lakeproof/leases")) == []
    assert [
        one.lease.version for one in shelf.store.of_table(shelf.table_id, shelf.table.location)
    ] == [1]


def test_a_store_is_written_and_read_as_a_disk_is(shelf, tmp_path):
    """A table that is not a folder of this machine is shared."""
    place = Location("samples", f"file://{shelf.table.location.uri}")
    theirs = LeaseStore(tmp_path / "other")
    theirs.take(shelf.lease(0, run=2), place)
    shutil.rmtree(tmp_path / "other")
    found = theirs.of_table(shelf.table_id, place)
    assert [(one.lease.version, one.is_ours) for one in found] == [(0, False)]
    assert shelf.vacuum().bill.versions[0].version == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("table_id", "../../x"), ("table_id", "a" * 36), ("run_id", "../x"), ("run_id", "1" * 31)],
)
def test_an_id_chooses_no_path(shelf, name, value):
    """Those of a crafted record are refused, and nothing is written."""
    lease = Lease(**{**vars(shelf.lease(0)), name: value})
    with pytest.raises(LeaseError, match="is no id"):
        shelf.store.take(lease, shelf.table.location)
    assert not (shelf.path / ".lakeproof").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": "1"},
        {"until": "tomorrow"},
        {"until": "2026-01-01T00:00:00"},
        {"schema": 2},
        {"is_held": "no"},
        {"why": None},
        {"more": 1},
    ],
)
def test_a_damaged_lease_is_no_lease_and_not_passed_over(shelf, change):
    """What it keeps is not known, and nothing is deleted."""
    shelf.take(1)
    file = shelf.path / f".lakeproof/leases/{shelf.table_id}/1.{run_id(1)}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    before = shelf.files
    with pytest.raises(LeaseError, match="cannot be read"):
        shelf.vacuum()
    assert shelf.files == before


def test_an_unknown_file_among_leases_stops_a_vacuum(shelf):
    """But for what is on its way, which begins with a dot."""
    shelf.take(1)
    folder = shelf.path / ".lakeproof/leases" / shelf.table_id
    (folder / ".tmp123").write_text("{")
    shelf.bill()
    (folder / "1.backup.json").write_text("{}")
    with pytest.raises(LeaseError, match="is no lease"):
        shelf.bill()


def test_a_table_made_anew_has_no_leases_of_the_one_before(tmp_path):
    """They go by the table's id, not by its place."""
    shelf = make_shelf(tmp_path, versions=1)
    shelf.take(0)
    shutil.rmtree(shelf.table.location.uri)
    again: Shelf = make_shelf(tmp_path, versions=1)
    assert again.bill().versions == ()
    assert len(list(shelf.store.own())) == 1


def test_a_run_is_asked_once(shelf):
    """By a mark, which stays when its leases are given back."""
    shelf.store.decide(run_id(1))
    assert shelf.store.undecided([run_id(1), run_id(2)]) == [run_id(2)]
    assert list(shelf.store.own()) == []
    assert isinstance(shelf.table, DeltaTable)


def test_what_a_killed_command_has_left_of_a_lease_goes_after_a_day(shelf, tmp_path):
    """Nobody is at it then; leases stay, and what a link leads to."""
    shelf.take(1)
    beside = Path(shelf.table.location.uri, "_lakeproof/leases", shelf.table_id)
    beside.mkdir(parents=True)
    own = shelf.path / ".lakeproof/leases" / shelf.table_id
    victim = tmp_path / "victim"
    victim.mkdir()
    (own.parent / "linked").symlink_to(victim)
    for folder in (own, beside, victim):
        for name, age in ((".old", 2), (".new", 0)):
            (folder / name).write_text("{")
            then = time.time() - age * 86_400
            os.utime(folder / name, (then, then))
    day_ago = datetime.now(UTC) - timedelta(days=1)
    shelf.store.sweep([shelf.table.location], day_ago)
    assert {one.name for one in own.iterdir()} == {".new", f"1.{run_id(1)}.json"}
    assert [one.name for one in beside.iterdir()] == [".new"]
    assert {one.name for one in victim.iterdir()} == {".old", ".new"}


@pytest.mark.parametrize("what", ["a folder", "a file for a folder", "a link to itself", "deep"])
def test_what_cannot_be_read_among_leases_stops_a_vacuum_in_a_sentence(shelf, what):
    """A clone may bring it along: it is named, and nothing goes."""
    lease = shelf.take(1)
    folder = shelf.path / ".lakeproof/leases" / lease.table_id
    (folder / lease.file).unlink()
    if what == "a folder":
        (folder / lease.file).mkdir()
    elif what == "a file for a folder":
        folder.rmdir()
        folder.write_text("x")
    elif what == "a link to itself":
        (folder / lease.file).symlink_to(folder / lease.file)
    else:
        (folder / lease.file).write_text("[" * 100_000)
    files = shelf.files
    with pytest.raises(LeaseError, match="cannot be read"):
        shelf.vacuum()
    assert shelf.files == files


@pytest.mark.parametrize("version", [10**12, 9_999_999_999_999_999_999])
def test_a_lease_on_a_version_that_no_table_has_ends_no_command(shelf, version):
    """Nobody counts up to it."""
    shelf.take(version)
    (one,) = shelf.bill().versions
    assert f"has no version {version}: the newest is 3" in one.trouble
