"""`kedro erase` and raw files: without the rows afterwards, and taken by no table once more."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lakeproof.checksum import sha256_of
from lakeproof.commands.erasure import rewrite_files
from lakeproof.delta import DeltaTable
from lakeproof.delta.log.transactions import taken_deliveries
from lakeproof.erasure.anew import taken_files
from lakeproof.erasure.receipts import ReceiptStore
from lakeproof.leases import held
from lakeproof.leases.store import LeaseStore

SCHEMA = "key: id, schema: {id: {type: string}, x: {type: long}}"
WHO = ("erase", "samples", "Zaugg", "--why", "request 4711b")


def _raw(project, kind: str = "DeliveryFolder") -> str:
    return f"{{type: lakeproof.deliveries.{kind}, path: {project.path}/data/raw, {SCHEMA}}}"


def _table(project) -> DeltaTable:
    path = project.path / "data/wine/samples"
    return DeltaTable(filepath=str(path), key="id", save_args={"mode": "merge"})


def ingest(project) -> int:
    """Take what is delivered, as the node of a run would."""
    from kedro.io import AbstractDataset

    config = {
        "type": "lakeproof.deliveries.DeliveryFolder",
        "path": str(project.path / "data/raw"),
        "key": "id",
        "schema": {"id": {"type": "string"}, "x": {"type": "long"}},
    }
    table = _table(project)
    table.save(AbstractDataset.from_config("raw", config).load())
    return table.open().version


@pytest.fixture
def delivered(empty):
    """Two deliveries with a person, corrected by a third, and a lease on the second version."""
    entry = f"raw: {_raw(empty)}\nstream: {_raw(empty, 'DeliveryStream')}\n"
    empty.write("conf/base/catalog.yml", f"{empty.read('conf/base/catalog.yml')}\n{entry}")
    empty.write("data/raw/1.csv", "id,x\na,1\nZaugg,4711\nb,2\n")
    empty.write("data/raw/2.csv", "id,x\nc,3\nZaugg,4712\n")
    empty.write("data/raw/3.csv", "id,x\na,9\n")
    assert ingest(empty) == 2
    LeaseStore(empty.path).take(empty.lease(1, "1" * 32), _table(empty).location)
    return empty


def test_files_are_written_anew_and_not_taken_once_more(delivered):
    """What a later delivery corrected stays corrected; both digests are in the receipt."""
    done = delivered.json(*WHO)
    assert (delivered.path / "data/raw/1.csv").read_text() == "id,x\na,1\nb,2\n"
    assert (delivered.path / "data/raw/2.csv").read_text() == "id,x\nc,3\n"
    assert [(one["path"], one["rows"]) for one in done["files"]] == [
        ("data/raw/1.csv", 1),
        ("data/raw/2.csv", 1),
    ]
    assert done["left"] == []
    version = _table(delivered).open().version
    assert ingest(delivered) == version
    rows = _table(delivered).load().collect().sort("id")
    assert rows.rows() == [("a", 9), ("b", 2), ("c", 3)]
    kept = {path.name for path in (delivered.path / ".lakeproof/raw").iterdir()}
    assert kept == {one["sha256_after"] for one in done["files"]}
    (copy,) = (delivered.path / ".lakeproof/held").glob("*/*")
    without = DeltaTable(filepath=str(copy)).open(1)
    assert {sha for sha, _ in taken_deliveries(without).latest.values()} == kept
    (told,) = done["rewritten"]
    assert without.compute_digest() == told["digest_after"]


def test_a_raw_file_that_cannot_be_read_makes_no_receipt_for_a_mistyped_key(delivered):
    """Nobody knows whether it has the key; that is said, and nothing was erased."""
    delivered.write("data/raw/4.csv", "neither,of\nthe,columns\n")
    refused = delivered.run("erase", "samples", "Mistyped", "--why", "request", code=2)
    said = " ".join(refused.stderr.split())
    assert "Nothing was found of 1 key(s), where it could be looked (1 thing(s) could" in said
    assert list(ReceiptStore(delivered.path).all()) == []


@pytest.mark.slow
def test_what_is_not_the_projects_stays_and_is_named(delivered, tmp_path):
    """A file behind a link; one with a second name on the disk is replaced, and that is said."""
    elsewhere = tmp_path / "theirs.csv"
    one, two = (delivered.path / "data/raw" / name for name in ("1.csv", "2.csv"))
    os.replace(one, elsewhere)
    one.symlink_to(elsewhere)
    os.link(two, tmp_path / "second name")
    done = delivered.json(*WHO)
    assert "Zaugg" in elsewhere.read_text()
    assert "Zaugg" not in two.read_text()
    assert any("1.csv: is not this project's, or lies behind a link" in one for one in done["left"])
    assert any("2.csv: had another name on this disk" in one for one in done["left"])


@pytest.mark.slow
def test_a_file_with_a_declared_digest_stays_what_it_is(delivered):
    """Else the next run would refuse it; of the table the rows go all the same."""
    place = delivered.path / "data/raw/1.csv"
    told = f"1.csv: {{url: 'https://localhost/1.csv', sha256: {sha256_of(place)}}}"
    entries = delivered.read("conf/base/catalog.yml")
    path = f"path: {delivered.path}/data/raw"
    declared = entries.replace(path, f"sources: {{{told}}}, {path}")
    delivered.write("conf/base/catalog.yml", declared)
    done = delivered.json(*WHO)
    assert "Zaugg" in place.read_text()
    assert [one["path"] for one in done["files"]] == ["data/raw/2.csv"]
    assert any("1.csv: `sources` in the catalog says its sha256" in one for one in done["left"])
    assert "Zaugg" not in _table(delivered).load().collect()["id"].to_list()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "instant", "when"),
    [
        (rewrite_files.os, "replace", "after"),
        (taken_files, "delivery_transaction", "before"),
        *(
            pytest.param(*one, marks=pytest.mark.long)
            for one in (
                (rewrite_files, "delivery_without", "after"),
                (rewrite_files, "_lease", "before"),
                (rewrite_files.os, "replace", "before"),
                (held, "_take_over", "before"),
            )
        ),
    ],
)
def test_an_interrupted_erasure_goes_on(delivered, monkeypatch, room, instant, when):
    """At the first of the two files, between table and files, and before the copy is in place."""
    once = getattr(room, instant)

    def killed(*args, **kwargs):
        # The cache of digests lies there, too, and is written once files are some time old.
        is_delivery = room is not rewrite_files.os or str(args[1]).endswith(".csv")
        if not is_delivery or when == "after":
            once(*args, **kwargs)
        if is_delivery:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(room, instant, killed)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - as a hand at the keyboard ends it
            delivered.json(*WHO)
    (begun,) = ReceiptStore(delivered.path).all()
    done = delivered.json(*WHO)
    assert (done["receipt_id"], done["state"]) == (begun.receipt_id, "done")
    assert len(done["files"]) == 2
    version = _table(delivered).open().version
    assert ingest(delivered) == version
    assert sorted(_table(delivered).load().collect()["id"]) == ["a", "b", "c"]
    below = (path for path in delivered.path.rglob("*") if path.is_file())
    assert [path for path in below if b"Zaugg" in Path(path).read_bytes()] == []


@pytest.mark.slow
def test_what_git_has_is_named_as_left_by_whatever_name_it_was_committed(delivered):
    """A delivery that was renamed since; and one that only a commit has."""

    def git(*args):
        who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
        subprocess.run(["git", *who, *args], cwd=delivered.path, check=True, capture_output=True)

    git("init", "-q")
    old = delivered.path / "old.csv"
    shutil.copyfile(delivered.path / "data/raw/1.csv", old)
    git("add", "old.csv")
    git("commit", "-qm", "first")
    git("rm", "-q", "old.csv")
    git("commit", "-qm", "second")
    found = delivered.json("erase", "samples", "Zaugg", "--dry-run")
    told = {one["path"]: one["is_in_git"] for one in found["deliveries"]}
    assert (told["data/raw/1.csv"], told["data/raw/2.csv"]) == (True, False)
    done = delivered.json(*WHO)
    assert [one for one in done["left"] if "git's history" in one] == [
        "data/raw/1.csv: is in git's history as it was"
    ]
