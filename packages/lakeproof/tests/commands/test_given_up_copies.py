"""Copies that hold rows which go: what else they hold is promised, and stays."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from lakeproof.commands.erasure import give_up
from lakeproof.delta import DeltaTable
from lakeproof.erasure.anew import rewrite_versions
from lakeproof.erasure.receipts import ReceiptStore
from lakeproof.errors import UnsupportedError
from lakeproof.leases import held
from lakeproof.leases.store import LeaseStore

pytestmark = pytest.mark.slow

MINE, OTHERS = "1" * 32, "2" * 32
ERASE = ("erase", "samples", "Zaugg", "--why", "request")


def rows(place: Path, version: int) -> list[str]:
    pinned = DeltaTable(filepath=str(place), load_args={"version": version})
    return sorted(pinned.load().collect()["id"])


@dataclass
class Shelved:
    """A table whose version 4 alone has the rows, held in one folder with version 3."""

    house: object
    table_id: str

    @property
    def copies(self) -> Path:
        return self.house.path / ".lakeproof/held" / self.table_id

    @property
    def names(self) -> list[str]:
        return sorted(one.name for one in self.copies.iterdir())

    @property
    def leased(self) -> list[tuple[int, str, bool]]:
        own = LeaseStore(self.house.path).own()
        return sorted((one.version, one.run_id, one.is_held) for one in own)

    def lease(self, version: int, run: str = MINE) -> None:
        lease = self.house.lease(version, run, is_held=True)
        LeaseStore(self.house.path).take(lease, self.house.table("samples").location)


@pytest.fixture
def shelved(lakehouse):
    table = lakehouse.table("samples")
    for ids in (["w0", "w1"], ["w0", "Zaugg"], ["w0"]):
        table.save(pl.DataFrame({"id": ids}))
    found = Shelved(lakehouse, table.open().table_id)
    held.hold(lakehouse.path, found.table_id, [3, 4], table, print)
    found.lease(3)
    found.lease(4)
    return found


def test_of_a_copy_of_several_versions_those_without_the_rows_stay(shelved):
    """As a copy of their own, which the table's end does not touch."""
    done = shelved.house.json(*ERASE, "--release")
    assert (done["state"], shelved.leased) == ("done", [(3, MINE, True)])
    shelved.house.run("vacuum")
    shutil.rmtree(shelved.house.table("samples").location.uri)
    assert shelved.names == ["3"]
    assert rows(shelved.copies / "3", 3) == ["w0", "w1"]
    assert held.copy_of(shelved.house.path, shelved.table_id, [3]) == shelved.copies / "3"
    files = [one for one in shelved.house.path.rglob("*.parquet") if ".lakeproof" in one.parts]
    assert b"Zaugg" not in b"".join(one.read_bytes() for one in files)


def test_the_same_is_so_where_one_version_cannot_be_written_anew(shelved, monkeypatch):
    """Without anybody asking to give it up."""

    def refused(*_):
        raise UnsupportedError("a feature that nobody knows.")

    monkeypatch.setattr(rewrite_versions, "_write", refused)
    done = shelved.house.json(*ERASE)
    assert any("is given up" in one for one in done["left"])
    assert (shelved.leased, shelved.names) == ([(3, MINE, True)], ["3"])
    assert rows(shelved.copies / "3", 3) == ["w0", "w1"]


def test_rows_in_a_file_that_no_version_names_go_and_the_copy_stays(shelved):
    """Under its name."""
    LeaseStore(shelved.house.path).give_back(shelved.house.lease(4, MINE), None)
    held.hold(shelved.house.path, shelved.table_id, [3], shelved.house.table("samples"), print)
    held.sweep(shelved.house.path, LeaseStore(shelved.house.path).own())
    stray = shelved.copies / "3/stray.parquet"
    pl.DataFrame({"id": ["Zaugg"]}).write_parquet(stray)
    shelved.house.json(*ERASE, "--release")
    assert (shelved.names, shelved.leased) == (["3"], [(3, MINE, True)])
    assert rows(shelved.copies / "3", 3) == ["w0", "w1"]
    assert not stray.exists()


@pytest.mark.parametrize("trouble", ["gone", "cannot be moved"])
def test_nothing_ends_before_what_stays_is_safe(shelved, monkeypatch, trouble):
    """Said with the way on; then the same command goes on."""
    shelved.lease(3, OTHERS)
    with monkeypatch.context() as patch:
        if trouble == "gone":
            (file,) = DeltaTable(filepath=str(shelved.copies / "3+4")).open(3).rows_by_path()
            kept = (shelved.copies / "3+4" / file).read_bytes()
            (shelved.copies / "3+4" / file).unlink()
        else:
            once = os.replace

            def refusing(source, target):
                if Path(source).name == "3+4":
                    raise PermissionError(13, "Permission denied")
                once(source, target)

            patch.setattr(give_up.os, "replace", refusing)
        refused = shelved.house.run(*ERASE, "--release", code=2)
    told = " ".join(refused.stderr.split())
    assert [one.state for one in ReceiptStore(shelved.house.path).all()] == ["begun"]
    assert len(shelved.leased) == 3
    assert "3+4" in shelved.names
    said = {"gone": "version(s) 3, which runs have leased", "cannot be moved": "moved away: Perm"}
    assert said[trouble] in told
    if trouble == "gone":
        assert "kedro release RUN" in told
        (shelved.copies / "3+4" / file).write_bytes(kept)
    assert shelved.house.json(*ERASE, "--release")["state"] == "done"
    assert [one[0] for one in shelved.leased] == [3, 3]
    assert shelved.names == ["3"]


def forge(place: Path, table_id: str) -> None:
    """A table of the same id and version, with other rows and those of the person."""
    shutil.rmtree(place)
    forged = DeltaTable(filepath=str(place), save_args={"skip_unchanged": False})
    for _ in range(5):
        forged.save(pl.DataFrame({"id": ["forged", "Zaugg"]}))
    for file in (place / "_delta_log").glob("*.json"):
        file.write_text(file.read_text().replace(forged.open().table_id, table_id))


def test_a_copy_that_was_forged_becomes_no_version_without_the_rows(shelved):
    """Where nothing says what the run had, the table counts as long as it has the version."""
    forge(shelved.copies / "3+4", shelved.table_id)
    done = shelved.house.json(*ERASE)
    assert [one["version"] for one in done["rewritten"]] == [4]
    assert [rows(shelved.copies / "3+4", one) for one in (3, 4)] == [["w0", "w1"], ["w0"]]


def test_a_copy_that_is_not_what_an_erasure_left_is_not_taken_for_it(shelved):
    """Nor is the table, which has the rows of then: what the run had is given up, and named."""
    first = shelved.house.json(*ERASE)
    forge(shelved.copies / "3+4", shelved.table_id)
    done = shelved.house.json(*ERASE)
    assert first["rewritten"] != []
    assert done["rewritten"] == []
    (left,) = (one for one in done["left"] if "is given up" in one)
    assert "holds other rows than the run had" in left


def test_a_held_file_that_is_cut_off_is_named(shelved):
    """With the run that needs it, and the command that goes on; no word of Polars' own."""
    table = DeltaTable(filepath=str(shelved.copies / "3+4"))
    (file,) = table.open(4).rows_by_path()
    place = shelved.copies / "3+4" / file
    content = place.read_bytes()
    place.unlink()
    place.write_bytes(content[:200])
    shutil.rmtree(shelved.house.table("samples").location.uri)
    shelved.house.table("samples").save(pl.DataFrame({"id": ["Zaugg"]}))
    done = shelved.house.json(*ERASE)
    assert any("not known of versions 4" in one for one in done["left"])
    assert done["state"] == "done"
