"""Whose receipts are believed: none that a clone brings lets other data stand for a run's."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from lakeproof.attest import envelope, keys
from lakeproof.attest.own_receipts import known_receipts
from lakeproof.commands.erasure import retrain
from lakeproof.erasure.receipts import Receipt, ReceiptError, ReceiptStore, RewrittenFile
from lakeproof.erasure.sealed_receipts import statement_of
from lakeproof.erasure.vouched_receipts import hashed
from lakeproof.errors import LakeproofError
from lakeproof.record.facts import FileFacts
from lakeproof.reproduce.plan import Plan, make_plan

from .builders import RUN, a_record

ID, REAL, SWAPPED = "ab" * 16, "1" * 64, "2" * 64
NOW = "2026-11-29T12:00:00Z"
SWAP = RewrittenFile("data/raw/a.csv", "a.csv", 1, REAL, SWAPPED, 7)
FORGED = Receipt(ID, "done", "x", NOW, NOW, "samples", 1, (), runs=(RUN,), files=(SWAP,))


def bring(project: Path, receipt: Receipt = FORGED) -> Path:
    """Let a receipt lie in a project that nobody wrote there by a command."""
    place = project / f".lakeproof/erasures/{receipt.receipt_id}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"schema": 1, **asdict(receipt)}))
    return place


def plan(project: Path) -> Plan:
    """Plan a run that read the real file, on what erasures have left of it."""
    record = a_record()
    file = FileFacts(dataset="raw", path="data/raw/a.csv", sha256=REAL, size=9)
    record = replace(record, inputs=replace(record.inputs, files=(file,)))
    told = (record, project, lambda _: None, lambda _: False, record.environment)
    return make_plan(*told, is_here=True, without_erased=True)


def test_what_a_clone_brings_is_named_and_stands_for_nothing(tmp_path):
    bring(tmp_path)
    found = plan(tmp_path)
    assert ([one.sha256 for one in found.files], found.erased) == ([REAL], ())
    assert any("abababab was not written by you here" in one for one in found.missing)
    with pytest.raises(LakeproofError, match="abababab was not written by you here"):
        retrain._receipt(tmp_path, "abab")


def test_what_this_user_wrote_is_used_until_it_is_changed(tmp_path):
    bring(tmp_path)
    ReceiptStore(tmp_path).put(FORGED)
    found = plan(tmp_path)
    assert [one.sha256 for one in found.files] == [SWAPPED]
    assert not any("not used" in one for one in found.missing)
    assert retrain._receipt(tmp_path, "abab") == FORGED
    place = tmp_path / f".lakeproof/erasures/{ID}.json"
    place.write_text(place.read_text().replace(SWAPPED, "3" * 64))
    assert known_receipts(tmp_path).own == ()


def test_what_a_listed_key_has_signed_is_used(tmp_path):
    place = bring(tmp_path)
    keys.make(tmp_path / "user")
    key = keys.load(keys.usual(tmp_path / "user"))
    signature = place.with_suffix(".dsse")
    signature.write_bytes(envelope.sign(statement_of(place.read_bytes()), key))
    settings = "[tool.kedro]\n[tool.lakeproof.keys]\n"
    (tmp_path / "pyproject.toml").write_text(settings)
    assert known_receipts(tmp_path).others == (FORGED,)
    public = keys.as_text(key.public_key())
    (tmp_path / "pyproject.toml").write_text(f'{settings}me = "{public}"\n')
    assert known_receipts(tmp_path).own == (FORGED,)
    place.write_text(place.read_text().replace(SWAPPED, "3" * 64))
    assert known_receipts(tmp_path).own == ()


def test_an_erasure_that_a_clone_has_begun_is_not_continued(tmp_path):
    """Though its secret came along, and the keys are the same."""
    store = ReceiptStore(tmp_path)
    own = store.begin("samples", ["W001"], "x", NOW)
    assert store.begun("samples", ["W001"]) == own
    (tmp_path / "clone").mkdir()
    hashes = hashed(["W001"], b"secret")
    begun = replace(FORGED, state="begun", hashes=hashes)
    bring(tmp_path / "clone", begun).with_suffix(".secret").write_bytes(b"secret")
    assert ReceiptStore(tmp_path / "clone").begun("samples", ["W001"]) is None


def test_a_receipt_by_which_nothing_changes_is_refused(tmp_path):
    bring(tmp_path, replace(FORGED, files=(replace(SWAP, sha256_after=REAL),)))
    with pytest.raises(ReceiptError, match="cannot be read"):
        known_receipts(tmp_path)
