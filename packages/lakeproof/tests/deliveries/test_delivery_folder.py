"""The catalog's dataset: what it lists, what it remembers, what it leaves alone."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from kedro.io import DataCatalog, DatasetError

from lakeproof.deliveries import DeliveryError, DeliveryFolder, DeliveryStream, file_digests

SCHEMA = {"sample_id": {"type": "string"}, "alcohol": {"type": "double"}}


@pytest.fixture
def folder(tmp_path) -> DeliveryFolder:
    """A folder of three deliveries, an hour old."""
    for name in ("b.csv", "a.csv", "ü.csv"):
        put(tmp_path / name, f"sample_id,alcohol\n{name},1\n")
    return DeliveryFolder(path=str(tmp_path), key="sample_id", schema=SCHEMA)


@pytest.fixture
def digested(monkeypatch) -> list[str]:
    """The names of the files that were digested, as it happens."""
    names: list[str] = []
    plain = file_digests.sha256_of
    monkeypatch.setattr(
        file_digests, "sha256_of", lambda path: names.append(path.name) or plain(path)
    )
    return names


def put(path: Path, text: str, age: float = 3600.0) -> None:
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)


def test_deliveries_come_in_order_of_name_with_their_digests(folder, tmp_path):
    """Order is by code point, on every machine alike; the digest is of the bytes."""
    put(tmp_path / "B.csv", "x")
    put(tmp_path / "a-10.csv", "x")
    put(tmp_path / "a-2.csv", "x")
    found = folder.load()
    names = ["B.csv", "a-10.csv", "a-2.csv", "a.csv", "b.csv", "ü.csv"]
    assert [delivery.name for delivery in found] == names
    for delivery in found:
        assert delivery.sha256 == hashlib.sha256(delivery.path.read_bytes()).hexdigest()


def test_listing_parses_nothing(folder, tmp_path):
    """A file that is no CSV at all is listed like any other, and fails when it is read."""
    (tmp_path / "c.csv").write_bytes(b"\xff\x00")
    broken = folder.load()[2]
    assert broken.name == "c.csv"
    with pytest.raises(DeliveryError, match=r"'c\.csv', line 1"):
        broken.rows()


def test_a_taken_delivery_is_never_opened(folder, tmp_path):
    """Once listed, a file may go: only its own rows cannot be read."""
    found = folder.load()
    (tmp_path / "a.csv").unlink()
    assert found[1].rows().collect()["sample_id"].to_list() == ["b.csv"]
    with pytest.raises(DeliveryError, match=r"'a\.csv'.*is gone now"):
        found[0].rows()


def test_what_is_not_a_delivery_is_left_alone(folder, tmp_path):
    """Hidden files, folders, unfinished files and other endings."""
    for name in (".hidden.csv", "d.csv.part", "e.csv.tmp", "notes.txt", "f.CSV"):
        put(tmp_path / name, "x")
    (tmp_path / "folder.csv").mkdir()
    assert [delivery.name for delivery in folder.load()] == ["a.csv", "b.csv", "f.CSV", "ü.csv"]
    every = DeliveryFolder(path=str(tmp_path), key="sample_id", schema=SCHEMA, pattern="*")
    names = [delivery.name for delivery in every.load()]
    assert names == ["a.csv", "b.csv", "f.CSV", "notes.txt", "ü.csv"]


def test_a_thousand_taken_files_are_not_digested_again(tmp_path, digested):
    """The second listing digests nothing; a changed, a new and a touched file are seen."""
    for number in range(1_000):
        put(tmp_path / f"{number:04d}.csv", f"{number}")
    folder = DeliveryFolder(path=str(tmp_path), key="sample_id", schema=SCHEMA)
    first = folder.load()
    assert len(digested) == 1_000
    digested.clear()
    assert folder.load() == first
    assert digested == []
    put(tmp_path / "0007.csv", "8", age=1800)
    put(tmp_path / "new.csv", "new")
    os.utime(tmp_path / "0009.csv", (1, 1))
    again = folder.load()
    assert digested == ["0007.csv", "0009.csv", "new.csv"]
    assert again[7].sha256 == hashlib.sha256(b"8").hexdigest()
    assert again[9] == first[9]


def test_a_file_of_this_moment_is_always_digested(folder, tmp_path, digested):
    """Within the resolution of a file's time, a second change would not be seen."""
    put(tmp_path / "a.csv", "one", age=0)
    folder.load()
    put(tmp_path / "a.csv", "two", age=0)
    os.utime(tmp_path / "a.csv", ns=((tmp_path / "a.csv").stat().st_mtime_ns,) * 2)
    digested.clear()
    assert folder.load()[0].sha256 == hashlib.sha256(b"two").hexdigest()
    assert digested == ["a.csv"]
    remembered = json.loads((tmp_path / file_digests.CACHE_NAME).read_text())["files"]
    assert sorted(remembered) == ["b.csv", "ü.csv"]


def test_digests_that_another_user_wrote_are_not_believed(folder, tmp_path):
    """They may come with a clone, and say of a file that it was taken already."""
    first = folder.load()
    cache = tmp_path / file_digests.CACHE_NAME
    assert first[0].sha256 in cache.read_text()
    cache.write_text(cache.read_text().replace(first[0].sha256, "0" * 64))
    assert folder.load() == first


@pytest.mark.parametrize(
    "damage",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"schema": 3, "files": {}}',
        b'{"schema": 2, "code": "", "files": []}',
        b'{"schema": 2, "code": "", "files": {"a.csv": {"size": 1}}}',
        b'{"schema": 2, "code": "", "files": {"a.csv": {"size": 1, "mtime_ns": 1, "sha256": 5}}}',
    ],
)
def test_a_cache_that_is_gone_or_damaged_costs_time_only(folder, tmp_path, digested, damage):
    """Every file is digested again, and the cache is whole afterwards."""
    first = folder.load()
    cache = tmp_path / file_digests.CACHE_NAME
    whole = cache.read_bytes()
    cache.unlink() if damage is None else cache.write_bytes(damage)
    digested.clear()
    assert folder.load() == first
    assert digested == ["a.csv", "b.csv", "ü.csv"]
    assert cache.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == [
        file_digests.CACHE_NAME
    ]


def test_a_folder_that_cannot_hold_a_cache_goes_without(folder, tmp_path, monkeypatch):
    """A read-only folder is digested each time, without an error and without litter."""

    def refuse(*_):
        raise PermissionError("read only")

    monkeypatch.setattr(os, "replace", refuse)
    assert len(folder.load()) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "ü.csv"]


def test_a_missing_folder_and_an_empty_one(tmp_path):
    """Both say which folder and which pattern; Kedro hands the sentence on as it is."""
    missing = DeliveryFolder(path=str(tmp_path / "no"), key="sample_id", schema=SCHEMA)
    with pytest.raises(DatasetError, match=r"^There is no folder .*/no to take .*'\*\.csv'"):
        missing.load()
    empty = DeliveryFolder(path=str(tmp_path), key="sample_id", schema=SCHEMA, pattern="wine-*.csv")
    with pytest.raises(DatasetError, match=r"^There is no file 'wine-\*\.csv' in ") as caught:
        empty.load()
    assert str(tmp_path) in str(caught.value)
    assert not missing.exists()
    assert not empty.exists()


def test_a_folder_is_read_only(folder, tmp_path):
    """Saving is refused and nothing is written."""
    with pytest.raises(DatasetError, match="read only: nothing was written"):
        folder.save([])
    assert len(list(tmp_path.iterdir())) == 3
    assert folder.exists()


def test_a_catalog_entry_opens_without_looking_at_the_disk(tmp_path):
    """From YAML's plain values, with metadata kept and no folder there."""
    entry = {
        "type": "lakeproof.deliveries.DeliveryFolder",
        "path": str(tmp_path / "later"),
        "key": "sample_id",
        "schema": SCHEMA,
        "csv": {"separator": ";"},
        "metadata": {"kedro-viz": {"layer": "raw"}},
    }
    opened = DataCatalog.from_config({"deliveries": entry})["deliveries"]
    assert opened.metadata == {"kedro-viz": {"layer": "raw"}}
    assert not (tmp_path / "later").exists()
    assert "pattern='*.csv'" in repr(opened)
    put_later = tmp_path / "later"
    put_later.mkdir()
    put(put_later / "a.csv", "sample_id;alcohol\nA1;1.5\n")
    assert opened.load()[0].rows().collect().rows() == [("A1", 1.5)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"path": "s3:/bucket/wine"}, "looks like an address with a slash"),
        (
            {"csv": {"delimiter": ";"}},
            "Unknown key 'delimiter' in `csv`. The keys are: sep",
        ),
        ({"key": "id"}, "`schema` has no such column"),
        ({"schema": {"sample_id": {"typ": "string"}}}, "Did you mean 'type'?"),
    ],
)
def test_a_wrong_entry_is_refused_when_the_catalog_opens(tmp_path, change, said):
    """What is declared wrongly is said before anything runs."""
    entry = {
        "type": "lakeproof.deliveries.DeliveryFolder",
        "path": str(tmp_path),
        "key": "sample_id",
        "schema": SCHEMA,
    }
    with pytest.raises(DatasetError) as caught:
        DataCatalog.from_config({"deliveries": entry | change})["deliveries"]
    assert said in str(caught.value)


def test_nothing_is_delivered_into_a_table_that_was_made_elsewhere(tmp_path):
    """Whatever else is declared, and whether it comes as a batch or as a stream."""
    for kind in (DeliveryFolder, DeliveryStream):
        told = kind(path=str(tmp_path), key="price", schema=SCHEMA, table="/warehouse/houses")
        with pytest.raises(DeliveryError, match="`table` names '/warehouse/houses', which was"):
            told.load()


def test_a_file_that_is_nearly_a_delivery_is_mentioned(folder, tmp_path, caplog):
    """Once, and where there is no other, in the refusal; what is of no known format is not."""
    for name in ("c.csv.gz", "d.parquet", "README.md", "e.csv.part", "f.csv.txt"):
        put(tmp_path / name, "x")
    for _ in range(2):
        folder.load()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "'c.csv.gz', 'd.parquet', 'f.csv.txt' in" in said[0]
    assert "is no delivery, for `pattern` is *.csv" in said[0]
    other = DeliveryFolder(path=str(tmp_path), key="sample_id", schema=SCHEMA, pattern="*.xlsx")
    with pytest.raises(DeliveryError, match=r"It has 'a\.csv', 'b\.csv', 'c\.csv\.gz'"):
        other.load()


def test_several_patterns(folder, tmp_path):
    """A folder may hold files of several formats."""
    put(tmp_path / "d.jsonl", '{"sample_id": "d", "alcohol": 1}')
    every = DeliveryFolder(
        path=str(tmp_path), key="sample_id", schema=SCHEMA, pattern=["*.csv", "*.jsonl"]
    )
    assert [delivery.name for delivery in every.load()][:3] == ["a.csv", "b.csv", "d.jsonl"]


def test_two_files_of_one_stem(tmp_path):
    """Where the name makes a column, one would pass for the other's correction."""
    for name in ("a.csv", "a.CSV"):
        put(tmp_path / name, "x")
    schema = {"no": {"type": "string", "from": "row"}, "x": {"type": "long"}}
    with pytest.raises(DeliveryError, match=r"'a\.CSV' and 'a\.csv' differ in their ending alone"):
        DeliveryFolder(path=str(tmp_path), key="no", schema=schema).load()
