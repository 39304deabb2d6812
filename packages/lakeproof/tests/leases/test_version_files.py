"""The files of many versions, from one reading of the log: those that opening each would give."""

from pathlib import Path

import deltalake
import polars as pl
import pytest

from deletion_vectors import give_vectors
from lakeproof.delta.log import opening
from lakeproof.delta.log.opening import open_to_read
from lakeproof.errors import LakeproofError
from lakeproof.leases import version_files
from lakeproof.leases.needed_files import files_of, lying_files
from lakeproof.leases.version_files import files_of_versions


def found(shelf, versions):
    location = shelf.table.location
    return dict(files_of_versions(location, versions, lying_files(location)))


def opened(shelf, versions):
    location = shelf.table.location
    return {version: files_of(open_to_read(location, version)) for version in versions}


@pytest.fixture
def grown(shelf):
    """Appends, a delete, an update, a new column, and a checkpoint in their midst."""
    place = shelf.table.location.uri
    for number in range(3):
        deltalake.write_deltalake(
            place, pl.DataFrame({"id": [f"a{number}"]}).to_arrow(), mode="append"
        )
    deltalake.DeltaTable(place).delete("id = 'a1'")
    deltalake.DeltaTable(place).create_checkpoint()
    more = pl.DataFrame({"id": ["b"], "x": [1]}).to_arrow()
    deltalake.write_deltalake(place, more, mode="append", schema_mode="merge")
    deltalake.DeltaTable(place).update({"x": "2"}, predicate="id = 'b'")
    return shelf


def test_they_are_those_of_the_opened_versions(grown):
    """Whichever are asked for."""
    newest = grown.table.open().version
    assert found(grown, range(newest + 1)) == opened(grown, range(newest + 1))
    for some in ({0}, {newest}, {1, newest - 1}, {2, 5, 6}):
        assert found(grown, some) == opened(grown, some)


def test_what_can_be_followed_is_not_opened(grown, monkeypatch):
    """But the first, and what comes after a change of the table itself."""
    asked = []

    def counted(location, version):
        asked.append(version)
        return opening.open_to_read(location, version)

    monkeypatch.setattr(version_files, "open_to_read", counted)
    newest = grown.table.open().version
    found(grown, range(newest + 1))
    assert asked == [0, newest - 1]


def test_a_commit_that_was_cleaned_away_is_not_followed(grown):
    """The checkpoint after it has the files of the next, and of that before nothing is known."""
    newest = grown.table.open().version
    log = Path(grown.table.location.uri, "_delta_log")
    expected = opened(grown, [0, newest - 2, newest])
    (log / f"{1:020d}.json").unlink()
    told = found(grown, [0, 2, newest - 2, newest])
    assert isinstance(told.pop(2), LakeproofError)
    assert told == expected


def test_a_version_that_is_not_whole_says_what_is_missing(grown):
    """Gone, or cut short."""
    newest = grown.table.open().version
    first, second = sorted(files_of(open_to_read(grown.table.location, 4)))[:2]
    Path(grown.table.location.uri, first).unlink()
    Path(grown.table.location.uri, second).write_bytes(b"PAR1")
    told = found(grown, range(newest + 1))
    damaged = {version for version, one in told.items() if isinstance(one, LakeproofError)}
    both = {
        version
        for version, files in opened(grown, range(newest + 1)).items()
        if {first, second} & files.keys()
    }
    assert damaged == both
    assert "2 data file(s) are missing or damaged" in told[4].message


def test_deletion_vectors_are_followed(shelf):
    """A file that gets one goes and comes again in one commit."""
    place = Path(shelf.table.location.uri)
    give_vectors(place)
    told = found(shelf, range(4))
    assert told == opened(shelf, range(4))
    assert all(any(path.endswith(".bin") for path in files) for files in told.values())
