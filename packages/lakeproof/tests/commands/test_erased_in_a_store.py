"""`kedro erase` and deliveries of a store: what a table there keeps beside itself."""

import json

import pytest
from kedro.io import AbstractDataset

from lakeproof.deliveries.raw_store import RawStore
from lakeproof.delta.kept_deliveries import BESIDE, kept_at
from lakeproof.stores.files import fetch, listed, put_text

KINDS = ("lakeproof.deliveries.DeliveryFolder", "lakeproof.delta.DeltaTable")
SCHEMA = {"id": {"type": "string"}, "x": {"type": "long"}}
WHO = ("erase", "samples", "Zaugg", "--why", "request")


@pytest.fixture
def place(store, empty, request) -> str:
    """A table in a bucket that took two deliveries of it, one of which was corrected since."""
    uri = f"{store.uri}/{request.node.name}"
    raw = {"path": f"{uri}/raw", "key": "id", "schema": SCHEMA, "credentials": "lake"}
    samples = {"filepath": f"{uri}/samples", "key": "id", "credentials": "lake"}
    samples["save_args"] = {"mode": "merge"}
    entries = {"raw": {"type": KINDS[0], **raw}, "samples": {"type": KINDS[1], **samples}}
    empty.write("conf/base/catalog.yml", json.dumps(entries))
    empty.write("conf/local/credentials.yml", json.dumps({"lake": store.options}))
    given = {**entries["raw"], "credentials": store.options}
    for text in ("id,x\nZaugg,4711\nb,2\n", "id,x\nb,3\n"):
        put_text(text, f"{uri}/raw", "1.csv", store.options)
        put_text("id,x\nc,4\nZaugg,1\n", f"{uri}/raw", "2.csv", store.options)
        folder = AbstractDataset.from_config("raw", given)
        folder.keep_in(empty.path)
        given_table = {**entries["samples"], "credentials": store.options}
        AbstractDataset.from_config("samples", given_table).save(folder.load())
    return uri


def _kept(store, uri: str, folder) -> dict[str, bytes]:
    told = {}
    for one in listed(f"{uri}/samples", store.options, BESIDE):
        name = one.path.rpartition("/")[2]
        fetch(kept_at(f"{uri}/samples", name), store.options, folder / name)
        told[name] = (folder / name).read_bytes()
    return told


def test_what_a_table_in_a_store_keeps_of_deliveries_is_written_anew(store, empty, place, tmp_path):
    """Also of one that was corrected since; what lies at an address is named by it, and stays."""
    before = _kept(store, place, tmp_path)
    assert sorted(b"Zaugg" in one for one in before.values()) == [False, True, True]
    for sha256 in before:  # as on a colleague's clone
        RawStore(empty.path).remove(sha256)
    found = empty.json(*WHO[:3], "--dry-run")
    named = {one["path"] for one in found["deliveries"]}
    holding = {sha256 for sha256, one in before.items() if b"Zaugg" in one}
    assert named == {f"{place}/raw/2.csv"} | {
        kept_at(f"{place}/samples", sha256) for sha256 in holding
    }
    done = empty.json(*WHO)
    after = _kept(store, place, tmp_path)
    assert set(after.values()) == {b"id,x\nb,2\n", b"id,x\nb,3\n", b"id,x\nc,4\n"}
    assert any(one.startswith(f"{place}/raw/2.csv: ") for one in done["left"])
    assert BESIDE not in str(done["left"])
    raw = RawStore(empty.path).folder
    assert not any(b"Zaugg" in path.read_bytes() for path in raw.iterdir() if path.is_file())
    again = empty.json("erase", "samples", "b", "--dry-run")
    assert (again["not_searched"], len(again["deliveries"])) == ({}, 3)
