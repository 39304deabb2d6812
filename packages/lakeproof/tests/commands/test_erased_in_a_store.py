"""`kedro erase` where tables and deliveries lie in a store: no byte of a row is left there."""

import json
import re
from datetime import UTC, datetime
from functools import partial

import pytest
from kedro.io import AbstractDataset

from lakeproof.deliveries import stored_folder
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.deliveries.stored_folder import StoredFolder
from lakeproof.delta import DeltaTable
from lakeproof.delta.kept_deliveries import BESIDE, kept_at
from lakeproof.erasure.anew.beside import Beside
from lakeproof.erasure.receipts import ReceiptStore
from lakeproof.leases.facts import Lease, moment
from lakeproof.leases.store import LeaseStore
from lakeproof.leases.stored_copies import held_at, hold_in_store
from lakeproof.stores import files
from lakeproof.stores.addresses import bucket_of
from lakeproof.stores.files import fetch, listed, put_text

pytestmark = pytest.mark.slow

KINDS = ("lakeproof.deliveries.DeliveryFolder", "lakeproof.delta.DeltaTable")
SCHEMA = {"id": {"type": "string"}, "x": {"type": "long"}}
WHO = ("erase", "samples", "Zaugg", "--why", "request")


@pytest.fixture
def place(store, empty, request) -> str:
    """A table in a bucket that took two deliveries of it, one of which was corrected since."""
    uri = store.uri + "/" + re.sub(r"\W", "-", request.node.name)
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


@pytest.fixture
def held(store, empty, place) -> str:
    """The first version of the table is leased and held in the store; gives where."""
    table = DeltaTable(filepath=f"{place}/samples", credentials=store.options)
    told = {"until": None, "why": "audit", "env": "local", "taken_at": moment(datetime.now(UTC))}
    table_id, uri = table.open(0).table_id, table.location.uri
    lease = Lease(table_id, 0, "1" * 32, table="samples", uri=uri, is_held=True, **told)
    LeaseStore(empty.path).take(lease, table.location)
    return hold_in_store(empty.path, table_id, [0], table.location, print).uri


def _require_held_without_the_rows(store, empty, place, held, done) -> None:
    (rewritten,) = done["rewritten"]
    assert (rewritten["version"], rewritten["rows"]) == (0, 1)
    here = held_at(empty.path, rewritten["table_id"], [0])
    assert DeltaTable(filepath=here).open(0).compute_digest() == rewritten["digest_after"]
    assert list(listed(held, store.options)) == []
    assert store.holding(place, "Zaugg") == []
    (lease,) = LeaseStore(empty.path).own()
    assert lease.is_held


def test_a_version_that_is_held_in_a_store_becomes_one_without_the_rows(store, empty, place, held):
    """Here: the copy in the store is found, searched, and goes when there is another."""
    (copy,) = empty.json(*WHO[:3], "--dry-run")["copies"]
    assert (copy["uri"], [one["version"] for one in copy["versions"]]) == (held, [0])
    _require_held_without_the_rows(store, empty, place, held, empty.json(*WHO))


@pytest.mark.beyond_ci
@pytest.mark.parametrize(
    "number",
    [1, *(pytest.param(one, marks=pytest.mark.long) for one in (0, 2))],
)
def test_an_erasure_in_a_store_that_is_interrupted_goes_on(
    store, empty, place, held, monkeypatch, number
):
    """After each deletion and replacement: until all are made, it says that it has not ended."""
    steps = iter(range(number))

    def killed(step, *of):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(*of)

    with monkeypatch.context() as patch:
        patch.setattr(files, "delete", partial(killed, files.delete))
        patch.setattr(stored_folder, "put", partial(killed, stored_folder.put))
        empty.run(*WHO, code=130)
    (begun,) = ReceiptStore(empty.path).all()
    assert begun.state == "begun"
    assert store.holding(place, "Zaugg")
    _require_held_without_the_rows(store, empty, place, held, empty.json(*WHO))


def test_what_cannot_be_replaced_in_a_store_is_named_with_what_to_put_there(
    store, empty, place, monkeypatch
):
    """Somebody else has written it since it was read, or it may not be written."""
    monkeypatch.setattr(stored_folder, "put", _refused)
    done = empty.json(*WHO)
    first, *_ = done["left"]
    assert first.startswith(f"{place}/raw/2.csv: cannot be replaced in its store: ")
    assert "Put " in first
    assert store.holding(place, "Zaugg") == ["raw/2.csv"]


def test_what_a_store_says_of_a_kept_delivery_is_told_without_its_secrets(
    store, empty, place, monkeypatch
):
    """As it is of one that lies where it was delivered."""
    names = ("AWS_SECRET_ACCESS_KEY", "azure_storage_account_key")
    (secret,) = (store.options[name] for name in names if name in store.options)

    def refused(*_):
        raise OSError(f"denied to {secret}")

    monkeypatch.setattr(Beside, "replace", refused)
    left = "\n".join(empty.json(*WHO)["left"])
    assert "cannot be replaced in its store: denied to " in left
    assert secret not in left


def test_a_delivery_that_has_changed_since_it_was_read_is_not_replaced(store, tmp_path):
    """What has come meanwhile is somebody's."""
    uri = f"{store.uri}/{tmp_path.name}"
    put_text("id\nb\n", uri, "1.csv", store.options)
    folder, new = StoredFolder(uri, store.options), tmp_path / "new"
    new.write_text("id\n")
    assert not folder.replace("1.csv", "0" * 64, new, RawStore(tmp_path))
    assert store.contents(uri) == {"1.csv": b"id\nb\n"}


def _refused(*_):
    raise OSError("AccessDenied")


def test_what_a_table_in_a_store_keeps_of_deliveries_is_written_anew(store, empty, place, tmp_path):
    """Also of one that was corrected since; and so is what lies where it was delivered.

    No object of the bucket has the key any more, a file of a version before as little as one that
    no version names.
    """
    assert len(store.holding(place, "Zaugg")) > 3
    before = _kept(store, place, tmp_path)
    assert sorted(b"Zaugg" in one for one in before.values()) == [False, True, True]
    for sha256 in before:  # as on a colleague's clone
        RawStore(empty.path).remove(sha256)
    found = empty.json(*WHO[:3], "--dry-run")
    named = {one["path"] for one in found["deliveries"]}
    holding = {sha256 for sha256, one in before.items() if b"Zaugg" in one}
    assert found["tables"][0]["files"]
    assert named == {f"{place}/raw/2.csv"} | {
        kept_at(f"{place}/samples", sha256) for sha256 in holding
    }
    done = empty.json(*WHO)
    after = _kept(store, place, tmp_path)
    assert set(after.values()) == {b"id,x\nb,2\n", b"id,x\nb,3\n", b"id,x\nc,4\n"}
    assert store.contents(place)["raw/2.csv"] == b"id,x\nc,4\n"
    (told,) = done["left"]
    assert told.startswith(f"{bucket_of(store.uri)}: where this bucket keeps old states of objects")
    assert store.holding(place, "Zaugg") == []
    table = DeltaTable(filepath=f"{place}/samples", credentials=store.options)
    assert sorted(table.load().collect()["id"]) == ["b", "c"]
    raw = RawStore(empty.path).folder
    assert not any(b"Zaugg" in path.read_bytes() for path in raw.iterdir() if path.is_file())
    again = empty.json("erase", "samples", "b", "--dry-run")
    assert (again["not_searched"], len(again["deliveries"])) == ({}, 3)
