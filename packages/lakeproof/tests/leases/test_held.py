"""Copies that outlive their table: a Delta table of its own, which nobody's maintenance reaches."""

import json
import shutil
import uuid
from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError
from lakeproof.inside import OutsideError
from lakeproof.leases import held


def rows(place: Path, version: int | None = None) -> list[str]:
    pin = {} if version is None else {"load_args": {"version": version}}
    found = DeltaTable(filepath=str(place), **pin).load().collect()
    return sorted(found["id"].to_list())


def test_a_copy_outlives_vacuum_clean_up_restore_and_the_table(shelf):
    """It takes no room while the table has the files."""
    place = held.hold(shelf.path, shelf.table_id, [0, 1], shelf.table, print)
    (leased,) = [shelf.take(1)]
    file = next(iter(shelf.bill().versions[0].files))
    assert (place / file).stat().st_ino == Path(shelf.table.location.uri, file).stat().st_ino
    table = deltalake.DeltaTable(shelf.table.location.uri)
    table.restore(2)
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
    table.create_checkpoint()
    table.cleanup_metadata()
    assert not Path(shelf.table.location.uri, file).exists()
    assert (rows(place), rows(place, 0)) == (["v1", "x"], ["v0", "x"])
    assert shelf.bill().troubled != []
    shutil.rmtree(shelf.table.location.uri)
    assert (rows(place), rows(place, 0)) == (["v1", "x"], ["v0", "x"])
    assert DeltaTable(filepath=str(place)).open().table_id == leased.table_id


def test_a_copy_is_made_whole_or_not_at_all(shelf):
    """And is where its table's id says, which a record chooses."""
    Path(shelf.table.location.uri, next(iter(shelf.bill().live))).unlink()
    with pytest.raises(LakeproofError):
        held.hold(shelf.path, shelf.table_id, [3], shelf.table, print)
    assert held.copy_of(shelf.path, shelf.table_id, [3]) is None
    assert held.copy_of(shelf.path, "../../data", [3]) is None
    with pytest.raises(LakeproofError):
        held.hold(shelf.path, "../../outside", [1], shelf.table, print)
    assert not (shelf.path.parent / "outside").exists()


def test_a_copy_goes_with_the_last_lease_that_asks_for_it(shelf):
    """And not before."""
    place = held.hold(shelf.path, shelf.table_id, [1], shelf.table, print)
    lease = shelf.lease(1, is_held=True)
    held.sweep(shelf.path, [lease])
    assert rows(place) == ["v1", "x"]
    held.sweep(shelf.path, [shelf.lease(1, is_held=False)])
    assert not place.exists()


@pytest.mark.parametrize("link", ["", "held", "held/{id}", "held/{id}/7"])
def test_what_lies_behind_a_link_is_nobodys_copy_to_delete(tmp_path, link):
    """A clone brings links along, to whatever folder; nothing is written there, either."""
    table_id, project, victim = str(uuid.uuid4()), tmp_path / "project", tmp_path / "victim"
    place = project / ".lakeproof" / link.format(id=table_id)
    file = victim / Path("held", table_id, "7/a.txt").relative_to(link.format(id=table_id))
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    place.parent.mkdir(parents=True)
    place.symlink_to(victim)
    held.sweep(project, [])
    assert list(held.every_copy(project)) == []
    assert file.read_text() == "mine"
    if not link.endswith("7"):
        with pytest.raises(OutsideError):
            held.hold(project, table_id, [8], None, print)


def test_a_lost_version_that_is_held_stops_no_vacuum(shelf):
    """The copy serves whoever leases it."""
    from lakeproof.leases.bill import make_bill

    held.hold(shelf.path, shelf.table_id, [1], shelf.table, print)
    shelf.take(1, is_held=True)
    location = shelf.table.location
    Path(location.uri, next(iter(shelf.bill().versions[0].files))).unlink()

    def reckon():
        return make_bill(
            location,
            lambda table_id: shelf.store.of_table(table_id, location),
            lambda one: held.copy_of(shelf.path, shelf.table_id, [one.lease.version]) is not None,
        )

    (version,) = reckon().versions
    assert (version.strength, version.trouble) == ("held", None)
    shelf.vacuum(reckon=reckon)
    assert len(shelf.files) == 1


# So long that no size, time or id of a log has one of them by chance.
PAID = (193_100_193_001, 197_000_197_001, 200_400_200_401)


@pytest.mark.parametrize("has_checkpoint", [False, True])
def test_the_log_of_a_copy_gives_no_row_away(tmp_path, has_checkpoint):
    """Of a table made elsewhere, whose bounds would outlive what is erased there."""
    source = tmp_path / "data/t"
    people = pl.DataFrame({"id": ["Aebi", "Meier", "Zaugg"], "paid": PAID})
    deltalake.write_deltalake(str(source), people.to_arrow())
    note = json.dumps({"content": {"columns": [["paid", "long", 0, str(sum(PAID))]]}, "rows": 3})
    deltalake.write_deltalake(
        str(source),
        people.to_arrow(),
        mode="append",
        commit_properties=deltalake.CommitProperties(custom_metadata={"userMetadata": note}),
    )
    table = deltalake.DeltaTable(str(source))
    table.delete("id = 'Meier'")
    if has_checkpoint:
        deltalake.DeltaTable(str(source)).create_checkpoint()
        for number in range(2):
            (source / f"_delta_log/{number:020d}.json").unlink()
    dataset = DeltaTable(filepath=str(source))
    times = {path.name: path.stat().st_mtime_ns for path in (source / "_delta_log").iterdir()}
    place = held.hold(tmp_path, table.metadata().id, [2], dataset, print)
    log = place / "_delta_log"
    known = {path.name: path.stat().st_mtime_ns for path in log.iterdir() if path.name in times}
    assert {name: times[name] for name in known if name != "_last_checkpoint"} == {
        name: one for name, one in known.items() if name != "_last_checkpoint"
    }
    written = b"".join(path.read_bytes() for path in log.iterdir())
    for value in ("Aebi", "Meier", "Zaugg", PAID[0], PAID[-1], sum(PAID)):
        assert str(value).encode() not in written, value
    assert b"Meier" in b"".join(path.read_bytes() for path in (source / "_delta_log").iterdir())
    assert rows(place) == ["Aebi", "Aebi", "Zaugg", "Zaugg"]
    assert DeltaTable(filepath=str(place)).open().rows() == 4
    assert deltalake.DeltaTable(str(place)).to_pyarrow_table().num_rows == 4


@pytest.mark.parametrize("trouble", ["empty", "another table", "a file is gone"])
def test_what_is_no_copy_but_for_its_name_is_none_and_made_anew(shelf, tmp_path, trouble):
    """Whoever brought it along; a whole copy with more versions serves in its place."""
    more = held.hold(shelf.path, shelf.table_id, [1, 2], shelf.table, print)
    place = more.with_name("1")
    place.mkdir()
    if trouble == "another table":
        DeltaTable(filepath=str(place)).save(pl.DataFrame({"id": ["forged"]}))
        DeltaTable(filepath=str(place)).save(pl.DataFrame({"id": ["forged", "too"]}))
    elif trouble == "a file is gone":
        shutil.copytree(more, place, dirs_exist_ok=True)
        next(iter(place.glob("*.parquet"))).unlink()
        next(iter(place.glob("*.parquet"))).unlink()
    assert held.copy_of(shelf.path, shelf.table_id, [1]) == more
    held.sweep(shelf.path, [shelf.lease(1, is_held=True)])
    assert (more.is_dir(), place.exists()) == (True, False)
    place.mkdir()
    shutil.rmtree(more)
    assert held.copy_of(shelf.path, shelf.table_id, [1]) is None
    assert held.hold(shelf.path, shelf.table_id, [1], shelf.table, print) == place
    assert rows(place, 1) == ["v1", "x"]


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("how", ["from a clone", "of another version", "changed since"])
def test_what_lies_in_wait_for_a_copys_place_takes_it_only_if_it_is_proven(
    shelf, caplog, monkeypatch, how, is_there
):
    """By the word of this user who put it together, and by its rows as they are read now."""
    place = held.hold(shelf.path, shelf.table_id, [1], shelf.table, print)
    coming = place.with_name(".1.next")
    digest = shelf.table.open(1).compute_digest()
    with monkeypatch.context() as patch:
        patch.setattr(held, "_take_over", lambda *_: None)
        room = held.room_for(shelf.path, shelf.table_id)
        held.build(room, [1], shelf.table, print)
        told = {1: digest} if how != "of another version" else {1: "rs1:" + "0" * 32}
        held.put_in_place(shelf.path, shelf.table_id, told, room)
    if how == "from a clone":
        (coming / "_lakeproof/copy.json").unlink()
    elif how == "changed since":
        file = next(iter(coming.glob("*.parquet")))
        content = bytearray(file.read_bytes())
        file.unlink()
        content[4:40] = bytes(36)
        file.write_bytes(content)
    if not is_there:
        shutil.rmtree(place)
    held.finish(shelf.path)
    assert (place.is_dir(), coming.is_dir()) == (is_there, True)
    assert ".1.next was passed over" in caplog.text
    held.sweep(shelf.path, [shelf.lease(1, is_held=True)])
    # Where it may be all that is left of the version, it waits for who can tell.
    assert (place.is_dir(), coming.is_dir()) == (is_there, not is_there)


def test_what_was_put_together_here_takes_the_place_of_a_copy(shelf, monkeypatch):
    """After a kill between the two."""
    with monkeypatch.context() as patch:
        patch.setattr(held, "_take_over", lambda *_: None)
        room = held.room_for(shelf.path, shelf.table_id)
        held.build(room, [1], shelf.table, print)
        told = {1: shelf.table.open(1).compute_digest()}
        place = held.put_in_place(shelf.path, shelf.table_id, told, room)
    assert not place.exists()
    held.finish(shelf.path)
    assert rows(place, 1) == ["v1", "x"]
