"""Deliveries in a store: listed once, each content read once, and said as of a local folder."""

import hashlib
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from lakeproof.deliveries import DeliveryError, DeliveryFolder, DeliveryStream, stored_folder
from lakeproof.stores.files import filesystem, put

SCHEMA = {"id": {"type": "string"}, "x": {"type": "double", "nullable": True}}
NOBODY = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY",
    "AWS_ALLOW_HTTP": "true",
    "max_retries": "1",
}


class Bucket:
    """A place of its own in the store, and the catalog entry that reads it."""

    def __init__(self, store, folder: Path) -> None:
        self.options = store.options
        self.uri = f"{store.uri}/{folder.name}/raw"
        self._local = folder

    def put(self, name: str, text: str) -> None:
        file = self._local / "put"
        file.write_text(text)
        put(file, f"{self.uri}/{name}", self.options)

    def remove(self, name: str) -> None:
        filesystem(self.uri, self.options).delete_file(name)

    def entry(self, **more) -> DeliveryFolder:
        given = {"path": self.uri, "key": "id", "schema": SCHEMA, "credentials": self.options}
        folder = DeliveryFolder(**{**given, **more})
        folder.keep_in(self._local / "project")
        return folder


@pytest.fixture
def bucket(store, tmp_path):
    made = Bucket(store, tmp_path)
    made.put("b.csv", "id,x\nb,2\n")
    made.put("a.csv", "id,x\na,1\n")
    return made


@pytest.fixture
def fetched(monkeypatch) -> list[str]:
    """The names of the files that were read, as it happens."""
    names: list[str] = []
    plain = stored_folder.fetch
    monkeypatch.setattr(
        stored_folder,
        "fetch",
        lambda uri, *rest: names.append(uri.rpartition("/")[2]) or plain(uri, *rest),
    )
    return names


def an_hour_later(monkeypatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(
        "lakeproof.deliveries.delivery_folder.time.time_ns", lambda: now + 3600 * 10**9
    )


def test_they_come_as_from_a_local_folder(bucket):
    """In order of name, by their digests and addresses; folders and unfinished files are left."""
    bucket.put("c.csv.part", "x")
    bucket.put("sub/d.csv", "x")
    found = bucket.entry().load()
    assert [one.name for one in found] == ["a.csv", "b.csv"]
    assert [one.uri for one in found] == [f"{bucket.uri}/a.csv", f"{bucket.uri}/b.csv"]
    assert found[0].sha256 == hashlib.sha256(b"id,x\na,1\n").hexdigest()
    assert found[1].rows().collect().rows() == [("b", 2.0)]


def test_each_content_is_read_once(bucket, fetched, monkeypatch):
    """And again when it is another, or when what is kept of it is gone."""
    an_hour_later(monkeypatch)
    first = bucket.entry().load()
    assert sorted(fetched) == ["a.csv", "b.csv"]
    assert [one.sha256 for one in bucket.entry().load()] == [one.sha256 for one in first]
    assert len(fetched) == 2
    bucket.put("a.csv", "id,x\na,10\n")
    first[1].path.unlink()
    again = bucket.entry().load()
    assert sorted(fetched[2:]) == ["a.csv", "b.csv"]
    assert again[0].rows().collect().rows() == [("a", 10.0)]


def test_what_is_young_by_the_clock_of_the_store_is_read_again(bucket, fetched):
    """A file of the same size in the same second looks the same; only the newest may be one."""
    bucket.entry().load()
    bucket.entry().load()
    assert len(fetched) == 4


def test_two_entries_of_one_place_read_each_content_once(bucket, fetched, monkeypatch):
    """What one of them has read is there for the next run, though the other came in between."""
    an_hour_later(monkeypatch)
    for _ in range(2):
        for pattern in ("a*", "b*"):
            bucket.entry(pattern=pattern).load()
    assert sorted(fetched) == ["a.csv", "b.csv"]


def test_what_a_clone_says_of_an_address_is_not_believed(bucket, fetched, monkeypatch):
    """Neither a content that never was there, nor that of another store of the same name."""
    an_hour_later(monkeypatch)
    (one,) = bucket.entry(pattern="a*").load()
    evil = b"id,x\na,9\n"
    sha256 = hashlib.sha256(evil).hexdigest()
    one.path.with_name(sha256).write_bytes(evil)
    cache = one.path.with_name(".deliveries.json")
    cache.write_text(cache.read_text().replace(one.sha256, sha256))
    (again,) = bucket.entry(pattern="a*").load()
    assert again.sha256 == one.sha256
    assert fetched == ["a.csv", "a.csv"]
    stores = (bucket.options, bucket.options | {"AWS_ENDPOINT_URL": "https://other.example"})
    here, there = (stored_folder.StoredFolder(bucket.uri, one)._key("a.csv") for one in stores)
    assert here != there


def test_a_long_file_that_is_torn_within_its_second_is_read_again(bucket, monkeypatch):
    """By size and time it looks like the one that was listed."""
    monkeypatch.setattr(stored_folder, "ONE_PIECE", 4)
    plain = stored_folder.fetch
    torn = iter([True])

    def tearing(uri, options, target):
        plain(uri, options, target)
        if uri.endswith("a.csv") and next(torn, False):
            target.write_bytes(target.read_bytes().replace(b"1", b"7"))

    monkeypatch.setattr(stored_folder, "fetch", tearing)
    assert bucket.entry().load()[0].rows().collect().rows() == [("a", 1.0)]


def test_one_content_under_two_names_are_two_deliveries(bucket):
    """They share what is kept."""
    bucket.put("c.csv", "id,x\na,1\n")
    a, _, c = bucket.entry().load()
    assert a.path == c.path
    assert a.uri != c.uri


@pytest.mark.parametrize("name", ["a b.csv", "a%20b.csv", "ü#1?+.csv", "[z].csv"])
def test_any_name_is_one(bucket, store, name):
    """Of a file, and of a folder: `%20` is no space."""
    place = f"{bucket.uri}/{name}.d"
    key = quote(f"{place}/{name}".removeprefix("s3://lake/"))
    store.ask("PUT", key, b"id,x\nz,1\n")
    (one,) = bucket.entry(path=place).load()
    assert one.name == name
    assert one.rows().collect().rows() == [("z", 1.0)]


def test_a_name_that_no_record_would_hold_is_refused(bucket, monkeypatch):
    """Before a row is taken, not after the last."""
    odd = stored_folder.StoredFile("a\nb.csv", 1, 0)
    monkeypatch.setattr(stored_folder, "listed", lambda *_, **__: [odd])
    with pytest.raises(DeliveryError, match=r"a\\nb\.csv.* cannot be shown"):
        bucket.entry().load()


def test_a_file_that_changes_while_it_is_read_is_read_again_or_refused(bucket, monkeypatch):
    """A long one comes in pieces, of which some would be another's."""
    plain = stored_folder.fetch
    texts = iter(["id,x\na,11\n", "id,x\na,111\n"])

    def changing(uri, options, target):
        plain(uri, options, target)
        if uri.endswith("a.csv") and (text := next(texts, None)) is not None:
            bucket.put("a.csv", text)

    monkeypatch.setattr(stored_folder, "fetch", changing)
    assert bucket.entry().load()[0].rows().collect().rows() == [("a", 111.0)]
    texts = iter([f"id,x\na,{'1' * n}\n" for n in range(4, 9)])
    with pytest.raises(DeliveryError, match=r"'a\.csv' in s3://.* changes while it is read"):
        bucket.entry().load()


def test_a_file_that_goes_while_it_is_read_is_told(bucket, monkeypatch):
    """By its name."""
    plain = stored_folder.fetch

    def going(uri, options, target):
        bucket.remove("a.csv") if uri.endswith("a.csv") else None
        plain(uri, options, target)

    monkeypatch.setattr(stored_folder, "fetch", going)
    with pytest.raises(DeliveryError, match=r"'a\.csv' was in s3://.* is gone now"):
        bucket.entry().load()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"path": "s3://nolake/raw"}, "There is no bucket 'nolake'"),
        ({"path": "s3://lake/nothing"}, r"There is no file '\*\.csv' in s3://lake/nothing"),
        ({"path": "s3://key:secret@lake/raw"}, r"is s3://…, an address that carries cred"),
        ({"path": "abfss://raw:secret@x.dfs.core.windows.net/a"}, r"is abfss://…, an addr"),
        ({"sources": {"a.csv": {"url": "https://x.org/a", "sha256": "0" * 64}}}, "`sources` are"),
        ({"credentials": NOBODY}, r"There is no connection to the store"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(bucket, more, said):
    """And names no key."""
    with pytest.raises(DeliveryError, match=said) as caught:
        bucket.entry(**more).load()
    assert "\n" not in caught.value.message
    assert "AKIA" not in caught.value.message
    assert "secret" not in caught.value.message


def test_a_stream_follows_no_store(bucket):
    """But it may share the entry of a batch that takes them."""
    stream = DeliveryStream(path=bucket.uri, key="id", schema=SCHEMA)
    with pytest.raises(DeliveryError, match="a stream follows a folder on a local disk"):
        stream.load()
