"""A vacuum of a table in an object store: no lock is there, and its leases stand beside it."""

from datetime import datetime, timedelta

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError
from lakeproof.leases import vacuum as vacuum_module
from lakeproof.leases.facts import LeaseError
from lakeproof.leases.needed_files import lying_files
from lakeproof.leases.store import LeaseStore
from leases.conftest import Shelf, make_far_shelf

pytestmark = pytest.mark.slow


class InForty(datetime):
    """A clock on which what a store has is forty days old: the store's own cannot be set."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(days=40)


@pytest.fixture
def far(store, tmp_path, monkeypatch) -> Shelf:
    """A table of versions 0 to 3 in a store, each of one file."""
    shelf = make_far_shelf(store, tmp_path, 4)
    monkeypatch.setattr(vacuum_module, "datetime", InForty)
    return shelf


def rows(far: Shelf, version: int) -> list[str]:
    location = far.table.location
    table = DeltaTable(
        filepath=location.uri,
        credentials=location.storage_options,
        load_args={"version": version},
    )
    return sorted(table.load().collect()["id"].to_list())


def test_what_is_leased_stays_and_all_else_goes(far, tmp_path):
    """Also what another project leases, which has said so beside the table."""
    far.take(1)
    LeaseStore(tmp_path / "other").take(far.lease(0, run=2), far.table.location)
    dry = far.vacuum(is_dry=True)
    assert len(lying_files(far.table.location)) == 4
    assert far.vacuum().going == dry.going
    assert len(dry.going) == 1
    assert dry.bytes_going > 0
    assert [rows(far, version) for version in (0, 1, 3)] == [[f"v{n}", "x"] for n in (0, 1, 3)]
    with pytest.raises(LakeproofError, match="missing or damaged"):
        rows(far, 2)


def test_the_files_of_a_table_within_its_prefix_are_that_tables(far):
    """As on a disk."""
    location = far.table.location
    inner = DeltaTable(filepath=f"{location.uri}/inner", credentials=location.storage_options)
    inner.save(pl.DataFrame({"id": ["a"]}))
    assert len(far.vacuum().going) == 3
    assert inner.load().collect()["id"].to_list() == ["a"]


def test_what_is_younger_than_a_day_stays_whatever_is_asked(far, monkeypatch):
    """A writer may be about to commit it, and nothing keeps him from it meanwhile."""
    monkeypatch.setattr(vacuum_module, "datetime", datetime)
    with pytest.raises(LeaseError, match=r"what is younger than a day stays\. Nothing was deleted"):
        far.vacuum(min_age=0)
    assert far.vacuum(min_age=1).going == {}
    assert len(lying_files(far.table.location)) == 4


def test_a_lease_whose_files_are_gone_stops_it(far):
    """As on a disk."""
    far.take(1)
    (path,) = far.bill().versions[0].files
    from lakeproof.delta.log.location import filesystem_of

    filesystem_of(far.table.location).delete_file(path)
    with pytest.raises(LeaseError, match="version 1 is leased and cannot be read"):
        far.vacuum()
    assert len(lying_files(far.table.location)) == 3


def test_a_merge_of_a_new_column_ends_no_lease(far):
    """It gives the table another id, and in a store that cannot be mended."""
    far.take(1)
    before, location = far.table_id, far.table.location
    how = {"mode": "merge", "schema_mode": "merge"}
    merging = DeltaTable(
        filepath=location.uri, key="id", credentials=location.storage_options, save_args=how
    )
    merging.save(pl.DataFrame({"id": ["x"], "z": [1]}))
    assert far.table_id != before
    far.vacuum()
    assert rows(far, 1) == ["v1", "x"]
    opened = deltalake.DeltaTable(location.uri, storage_options=location.delta_options)
    assert opened.version() == 4
