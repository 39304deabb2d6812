"""Versions held in the store of their table: copied, found, gone on with, removed again."""

import json

import pytest

from lakeproof.delta import DeltaTable
from lakeproof.leases import stored_copies
from lakeproof.leases.facts import LeaseError
from lakeproof.leases.presence import broken_lease
from lakeproof.leases.stored_copies import held_at, hold_in_store, sweep_stored
from lakeproof.reproduce.looks import Looks
from lakeproof.stores import files as stores
from lakeproof.versioned.location import Location
from leases.conftest import Shelf, make_far_shelf

pytestmark = pytest.mark.slow


@pytest.fixture
def far(store, tmp_path) -> Shelf:
    """A table of versions 0 to 2 in a store, each of one file."""
    return make_far_shelf(store, tmp_path, 3)


def hold(far: Shelf, *versions: int, say=lambda _: None, **more) -> str:
    return hold_in_store(far.path, far.table_id, versions, far.table.location, say, **more).uri


def lying(far: Shelf, uri: str | None = None) -> list[str]:
    """What lies in the store, below a copy or beside the table."""
    place = uri or far.table.location.uri.rpartition("/")[0]
    found = stores.listed(place, far.table.location.storage_options)
    return sorted(one.path for one in found if uri or one.path.startswith("_lakeproof_held"))


def sweep(far: Shelf, *leases) -> None:
    sweep_stored(far.path, leases, lambda _: far.table.location.storage_options, print)


def rows(far: Shelf, uri: str, version: int) -> list[str]:
    options = far.table.location.storage_options
    table = DeltaTable(filepath=uri, credentials=options, load_args={"version": version})
    return sorted(table.load().collect()["id"].to_list())


def test_a_copy_in_a_store_outlives_its_table(far):
    """Its size is said first, its log tells no value, and no byte of rows comes here."""
    said: list[str] = []
    location, table_id = far.table.location, far.table_id
    lease = far.lease(0, is_held=True)
    uri = hold(far, 0, 2, say=said.append)
    assert len(said) == 1
    assert " B, which the store copies itself" in said[0]
    paths = [one.path for one in stores.listed(location.uri, location.storage_options)]
    stores.delete(location.uri, location.storage_options, paths)
    assert [rows(far, uri, version) for version in (0, 2)] == [["v0", "x"], ["v2", "x"]]
    assert held_at(far.path, table_id, [0]) == held_at(far.path, table_id, [2, 0]) == uri
    assert held_at(far.path, table_id, [1]) is None
    assert [path.suffix for path in far.path.rglob("*") if path.is_file()] == ["", ".json"]
    log = [name for name in lying(far, uri) if name.endswith(".json")]
    told = stores.filesystem(uri, location.storage_options)
    assert not any(b"minValues" in told.open_input_file(name).read() for name in log)
    sweep(far, lease, *(type(lease)(**{**vars(lease), "version": 2}),))
    assert held_at(far.path, table_id, [0]) == uri


def test_more_than_what_is_said_is_not_copied(far):
    """Nor is a file that the store does not copy in one request; both say what to type."""
    with pytest.raises(LeaseError, match=r"would be copied in its store, more than .*--up-to 1"):
        hold(far, 0, most=10)
    assert lying(far) == []
    assert list(stored_copies.stored_copies(far.path)) == []


def test_a_file_that_is_too_long_for_one_request_is_said(far, monkeypatch):
    """S3 copies no longer one, and Azure does."""
    if not far.table.location.uri.startswith("s3"):
        pytest.skip("of S3 alone")
    monkeypatch.setattr(stored_copies, "_MOST_OF_S3", 10)
    with pytest.raises(LeaseError, match=r"in one request.*--here"):
        hold(far, 0)
    assert lying(far) == []


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_copy_that_was_interrupted_is_gone_on_with_or_removed(far, monkeypatch, goes_on):
    """What has been copied is not copied again, and until all of it is there nothing is held."""
    put = stores.put

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stores, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        hold(far, 0, 1)
    monkeypatch.setattr(stores, "put", put)
    assert len(lying(far)) == 2
    assert held_at(far.path, far.table_id, [0]) is None
    if goes_on:
        monkeypatch.setattr(stores, "copy", lambda _, __, pairs: pairs)
        uri = hold(far, 1, 0)
        assert rows(far, uri, 1) == ["v1", "x"]
        assert hold(far, 0, 1) == uri
    else:
        sweep(far, far.lease(0, is_held=True), far.lease(1, is_held=True))
        assert lying(far) == []
        assert list(far.path.rglob("held/*/*.json")) == []


def test_a_copy_goes_with_its_lease_and_one_that_lacks_a_file_is_made_again(far):
    """A run that needs one version of it alone is served by it, too."""
    uri = hold(far, 0, 1)
    (data, *_) = [one for one in lying(far, uri) if one.endswith(".parquet")]
    stores.delete(uri, far.table.location.storage_options, [data])
    assert hold(far, 0, 1) == uri
    assert rows(far, uri, 0) == ["v0", "x"]
    sweep(far, far.lease(0, is_held=True))
    assert held_at(far.path, far.table_id, [0]) == uri
    sweep(far, far.lease(0))
    assert lying(far) == []


def test_a_copy_that_lacks_a_file_is_an_error_of_check(far):
    """Its table may be whole; the promise was another."""
    uri, lease = hold(far, 0), far.lease(0, is_held=True)
    assert broken_lease(lease, far.table, far.path, Looks()) is None
    data = next(one for one in lying(far, uri) if one.endswith(".parquet"))
    stores.delete(uri, far.table.location.storage_options, [data])
    told = broken_lease(lease, far.table, far.path, Looks())
    assert f"is held for this run at {uri}, and that copy is not whole" in told
    assert "kedro keep 00000000 --held --why 'a test'" in told


def test_what_a_clone_brings_leads_to_no_copy(far, tmp_path):
    """Whatever it names is neither read nor deleted: be it what somebody else holds."""
    uri = hold(far, 0)
    others = hold(Shelf(tmp_path / "other", far.table), 0)
    (marker,) = far.path.rglob("held/*/*.json")
    told = json.loads(marker.read_text())
    told["copy"] = told["copy"].replace(uri, others)
    marker.write_text(json.dumps(told))
    sweep(far)
    assert held_at(far.path, far.table_id, [0]) is None
    assert rows(far, others, 0) == ["v0", "x"]


def test_a_store_that_is_silent_keeps_its_copy_for_the_next_sweep(far, monkeypatch):
    """It is said, and no other command fails for it."""
    hold(far, 0)
    said: list[str] = []

    def silent(*_):
        raise OSError("Generic S3 error: Error performing GET")

    monkeypatch.setattr(stores, "delete", silent)
    sweep_stored(far.path, [], lambda _: far.table.location.storage_options, said.append)
    assert "the next kedro vacuum removes it" in said[0]
    monkeypatch.undo()
    sweep(far)
    assert lying(far) == []


@pytest.mark.parametrize(
    ("uri", "is_one"),
    [("s3://lake", False), ("s3://lake/samples", True), ("data/samples", False)],
)
def test_copies_have_a_place_beside_a_table_and_none_beside_a_bucket(uri, is_one):
    """Nor on a disk, where copies are links."""
    assert stored_copies.can_hold(Location("samples", uri)) is is_one
    assert not stored_copies.can_hold(Location("samples", uri, catalog_name="a.b.c"))


def test_a_copy_in_another_bucket_is_not_gone_on_with_in_this_one(tmp_path, monkeypatch):
    """The table has moved since: its address would name a place of another's in this bucket."""
    uri = f"s3://earlier/x/_lakeproof_held/{'0' * 36}/{'0' * 32}"
    known = stored_copies.StoredCopy("0" * 36, (1,), "t", uri, 1, is_whole=False)
    monkeypatch.setattr(stored_copies, "_read", lambda _: known)
    with pytest.raises(LeaseError, match="held in another bucket, at s3://earlier/x"):
        hold_in_store(tmp_path, "0" * 36, [1], Location("t", "s3://now/x/t", {}), print)
