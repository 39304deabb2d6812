"""A folder of versions: what it refuses, what a copy of it shares, and who may write at a time."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from kedro.io import MemoryDataset

from lakeproof.errors import PinError, TableError
from lakeproof.versioned import VersionFolder
from lakeproof.versioned.contract import is_versioned
from lakeproof.versioned.run_tables import RunTables


class Texts(VersionFolder):
    """Each version is a text."""

    suffix = ".txt"

    def read_file(self, path):
        return path.read_text()

    def write_file(self, data, path):
        path.write_text(data)


@pytest.fixture
def texts(tmp_path):
    """A table of two versions."""
    table = Texts(filepath=str(tmp_path / "texts"))
    table.save("one")
    table.save("two")
    return table


def test_only_what_has_everything_is_versioned(texts):
    """Kedro's own notion of a version is another one."""
    from kedro_datasets.json import JSONDataset

    assert is_versioned(texts)
    assert not is_versioned(MemoryDataset())
    assert not is_versioned(JSONDataset(filepath="any.json"))


def test_a_table_that_is_not_there_is_said_with_its_folder(tmp_path):
    """And makes no folder by being asked."""
    with pytest.raises(TableError, match=f"no version in {tmp_path}/none"):
        Texts(filepath=str(tmp_path / "none")).resolve()
    assert not (tmp_path / "none").exists()


def test_what_it_cannot_honour_is_refused(tmp_path):
    """A time, and an address."""
    timed = Texts(filepath=str(tmp_path), load_args={"timestamp": "2026-01-31T00:00:00Z"})
    with pytest.raises(PinError, match="no times that last"):
        timed.check()
    with pytest.raises(TableError, match="is an address"):
        Texts(filepath="s3://bucket/texts").check()


def test_what_is_written_to_a_copy_does_not_reach_the_table(texts, tmp_path):
    """The copy has the versions it was asked for, the table's id, and goes on from there."""
    texts.save("three")
    before = {path.name: path.read_bytes() for path in (tmp_path / "texts").iterdir()}
    table_id = texts.open().table_id
    texts.copy_to(tmp_path / "copy", 1, [], print)
    copy = Texts(filepath=str(tmp_path / "copy"))
    assert (copy.versions(), copy.open().table_id) == ([1], table_id)
    copy.save("another")
    assert (copy.versions(), copy.load()) == ([1, 2], "another")
    assert {path.name: path.read_bytes() for path in (tmp_path / "texts").iterdir()} == before


def test_a_run_reads_what_it_resolved_and_then_what_it_wrote(texts):
    """Whatever others add meanwhile."""
    run = RunTables(nodes={"texts": "write"})
    opened = texts.resolve()
    run.resolved(None, opened)
    texts.join(run)
    Texts(filepath=texts.location.uri).save("somebody else's")
    assert texts.load() == "two"
    texts.save("ours")
    assert texts.load() == "ours"
    assert [(use.kind, use.opened.version) for use in run.uses] == [
        ("read", 1),
        ("written", 3),
        ("read", 3),
    ]
    before = run.before(texts.location.uri)
    assert before is not None
    assert before.version == 2


def test_a_file_that_is_written_in_place_while_it_is_read_is_noticed(texts):
    """What was read of it, nobody can say."""
    opened = texts.open()
    state = opened.state()
    opened.require_state(state)
    opened.path.write_text("two!")
    with pytest.raises(TableError, match=r"00000001\.txt of table 'texts' was written in place"):
        opened.require_state(state)


def test_a_file_that_cannot_be_read_is_named(texts):
    """Not taken for an empty one."""
    opened = texts.open()
    opened.path.write_bytes(b"\xff")
    with pytest.raises(TableError, match=r"cannot be read at version 1: .* Restore 00000001\.txt"):
        opened.content()
    os.unlink(opened.path)
    with pytest.raises(PinError, match=r"00000001\.txt is gone"):
        opened.require_files()


def test_two_writers_take_two_versions(texts):
    """None of what they wrote is lost."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Texts(filepath=texts.location.uri).save, "abcdefgh"))
    assert texts.versions() == list(range(10))
    assert {texts.open(n).path.read_text() for n in texts.versions()} == {"one", "two", *"abcdefgh"}
