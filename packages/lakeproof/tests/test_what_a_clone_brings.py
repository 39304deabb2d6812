"""Files of Lakeproof's own that come with a clone choose no path; links among them lead nowhere.

Whoever made the repository has written them: none of the user's files may be deleted, written over
or sent because of what stands in them.
"""

import json
import os
from pathlib import Path

import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.embedded import staging
from lakeproof.delta.read.kept_facts import forget_facts
from lakeproof.erasure.receipts import Receipt, ReceiptError, ReceiptStore
from lakeproof.errors import LakeproofError
from lakeproof.explain.mixes.choice import Choice
from lakeproof.explain.mixes.kept_mixes import KeptMix, KeptMixes
from lakeproof.inside import OutsideError
from lakeproof.leases.held import finish
from lakeproof.record.chain import head
from lakeproof.record.documents import kept_records
from lakeproof.record.mlflow_store import unsent
from lakeproof.state_folder import hide_from_git

ID = "0a" * 16
THEIRS = "the user's own"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project's folder; the user has files beside it."""
    (tmp_path / "home").mkdir()
    for name in ("vault.secret", "vault.json", "facts.json", "notes"):
        (tmp_path / "home" / name).write_text(THEIRS)
    (tmp_path / "clone/.lakeproof").mkdir(parents=True)
    return tmp_path / "clone"


def untouched(clone: Path) -> bool:
    """Tell whether the user's files are as they were, and no more than those."""
    home = clone.parent / "home"
    told = {path.name: path.read_text() for path in home.iterdir()}
    names = ("vault.secret", "vault.json", "facts.json", "notes")
    return told == dict.fromkeys(names, THEIRS)


def receipt(clone: Path, file: str, **given: object) -> ReceiptStore:
    """Bring a receipt along."""
    told = {
        "receipt_id": ID,
        "state": "done",
        "why": "x",
        "begun_at": "2026-01-01T00:00:00Z",
        "done_at": None,
        "table": "samples",
        "keys": 1,
        "hashes": ["0"],
    }
    folder = clone / ".lakeproof/erasures"
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps({"schema": 1, **told, **given}))
    return ReceiptStore(clone)


@pytest.mark.parametrize("state", ["done", "begun", "gone"])
@pytest.mark.parametrize("at", ["/vault", "../../../home/vault", ID, "0A" * 16, ID + "\n", 1])
def test_the_id_of_a_receipt_is_the_name_of_its_file(clone, at, state):
    """Else it would delete any `.secret` as soon as somebody erases, and write any `.json`."""
    at = f"{clone.parent}/home/vault" if at == "/vault" else at
    file = "a.json" if at == ID else f"{ID}.json"
    store = receipt(clone, file, receipt_id=at, state=state)
    with pytest.raises(ReceiptError, match="cannot be read"):
        store.begun("samples", ["W001"])
    assert untouched(clone)


def test_no_receipt_is_put_where_its_id_leads(clone):
    given = Receipt(f"{clone.parent}/home/vault", "done", "x", "", None, "samples", 1, ())
    with pytest.raises(ReceiptError, match="is no id of a receipt"):
        ReceiptStore(clone).put(given)
    assert untouched(clone)


def test_receipts_behind_a_link_are_another_projects(clone):
    """Theirs are neither ended nor added to."""
    theirs = clone.parent / "theirs"
    theirs.mkdir()
    (theirs / f"{ID}.secret").write_text(THEIRS)
    (clone / ".lakeproof/erasures").symlink_to(theirs)
    with pytest.raises(OutsideError):
        ReceiptStore(clone).begin("samples", ["W001"], "x", "2026-01-01T00:00:00Z")
    assert [path.name for path in theirs.iterdir()] == [f"{ID}.secret"]


@pytest.mark.parametrize("name", ["../../../../home/notes", "/etc/hosts", "notes.parquet"])
def test_an_explanation_names_tables_of_its_own(clone, name):
    """What is kept names the file that its predictions are in."""
    mixes = KeptMixes(clone, (ID, ID), (None, None))
    own = mixes.new_table().name
    mixes.add(KeptMix(Choice(), "whole", ID, ID, 1.0, own))
    assert len(KeptMixes(clone, (ID, ID), (None, None)).mixes) == 1
    place = mixes.folder / "mixes.json"
    place.write_text(place.read_text().replace(own, name))
    assert KeptMixes(clone, (ID, ID), (None, None)).mixes == []


def test_a_folder_of_explanations_is_no_link(clone):
    (clone / ".lakeproof/explain").symlink_to(clone.parent / "home")
    with pytest.raises(OutsideError):
        KeptMixes(clone, (ID, ID), (None, None))


def write_head(clone: Path) -> None:
    head._write_file(clone, head.Head(f"sha256:{'0' * 64}", ID, None))


def write_mixes(clone: Path) -> None:
    KeptMixes(clone, (ID, ID), (None, None))._write()


def write_record(clone: Path) -> None:
    kept_records.keep(clone, b"{}", kept_records.digest_of(b"{}"))


def write_rows(clone: Path) -> None:
    DeltaTable(filepath=str(clone / "data/t")).save(pl.DataFrame({"x": [1, 2]}).lazy())


NAMED = {
    ".lakeproof/head.partial": write_head,
    f".lakeproof/explain/{ID[:16]}-{ID[:16]}/mixes.partial": write_mixes,
    f".lakeproof/records/.{kept_records.digest_of(b'{}')[7:]}.{os.getpid()}": write_record,
    "data/.t.staged.arrow": write_rows,
}


@pytest.mark.parametrize("link", NAMED, ids=("head", "mixes", "record", "rows"))
def test_what_is_on_its_way_is_not_written_through_a_link(clone, link, monkeypatch):
    """A name that is known before may be a link to a file of the user's."""
    monkeypatch.setattr(staging, "_IN_MEMORY_BYTES", 0)
    place = clone / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(clone.parent / "home/notes")
    NAMED[link](clone)
    assert untouched(clone)


def test_a_link_to_nothing_makes_no_file_elsewhere(clone):
    (clone / ".lakeproof/.gitignore").symlink_to(clone.parent / "home/new")
    hide_from_git(clone / ".lakeproof")
    assert untouched(clone)


def test_sums_behind_a_link_are_another_tables(clone):
    table = DeltaTable(filepath=str(clone / "data/t"))
    table.save(pl.DataFrame({"x": [1]}))
    place = clone / "data/t/_lakeproof"
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    place.symlink_to(clone.parent / "home")
    table.save(pl.DataFrame({"x": [2]}))
    with pytest.raises(OutsideError):
        forget_facts(table.location)
    assert untouched(clone)


@pytest.mark.parametrize("name", ["....next", "..next", ".notes.next"])
def test_a_copy_that_is_on_its_way_has_the_name_of_versions(clone, name):
    """`..` is none."""
    place = clone / ".lakeproof/held/0b1f0cf6-97a2-4c1c-8f3a-0a8b0f1c2d3e" / name
    place.mkdir(parents=True)
    finish(clone)
    assert place.is_dir()


def parcel(clone: Path, run_id: str) -> Path:
    """Bring a record along that has not arrived."""
    told = unsent.Parcel(run_id, "sqlite:///here", {}, "x", None, "FINISHED", 1)
    return unsent.pack(clone, told, {"record.json": b"{}"})


def test_nothing_of_the_users_is_sent(clone, caplog):
    """Neither what a link leads to, nor onto another run than the folder is of."""
    (parcel(clone, ID) / "files/notes").symlink_to(clone.parent / "home/notes")
    other = "0b" * 16
    os.rename(parcel(clone, "0c" * 16), clone / ".lakeproof/unsent" / other)
    assert list(unsent._waiting(clone, "sqlite:///here")) == []
    assert "it has a link" in caplog.text
    assert "it is that of another run" in caplog.text
    with pytest.raises(LakeproofError):
        unsent.send(None, clone / ".lakeproof/unsent" / ID)
    right = parcel(clone, "0d" * 16)
    assert list(unsent._waiting(clone, "sqlite:///here")) == [right]
