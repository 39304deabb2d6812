"""Published files: fetched when missing, never taken for another, never half there."""

import hashlib
import logging
import stat
from http.server import BaseHTTPRequestHandler
from typing import Any

import pooch
import pytest

from http_server import serving
from lakeproof.deliveries import DeliveryError, DeliveryFolder

WINE = b"sample_id,alcohol\nA1,14.2\n"
SHA256 = hashlib.sha256(WINE).hexdigest()
SCHEMA = {"sample_id": {"type": "string"}, "alcohol": {"type": "double"}}


class Publisher(BaseHTTPRequestHandler):
    """A server on this machine that has one good file and some bad habits."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.passwords.append(self.headers["Authorization"])
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://example.invalid/red.csv")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path in ("/moved", "/twice"):
            self.send_response(302)
            self.send_header("Location", "/red.csv" if self.path == "/moved" else "/away")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/missing"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(WINE)))
        self.end_headers()
        self.wfile.write(WINE[:-5] if self.path == "/cut" else WINE)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def publisher():
    with serving(Publisher) as server:
        server.asked, server.passwords = [], []
        yield server


@pytest.fixture
def folder(publisher, tmp_path, monkeypatch):
    """A folder whose one file is published."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    publisher.asked.clear()

    def make(path: str = "/red.csv", sha256: str = SHA256) -> DeliveryFolder:
        url = f"http://127.0.0.1:{publisher.server_address[1]}{path}"
        return DeliveryFolder(
            path=str(tmp_path / "raw"),
            key="sample_id",
            schema=SCHEMA,
            sources={"red.csv": {"url": url, "sha256": sha256}},
        )

    return make


@pytest.mark.parametrize("path", ["/red.csv", "/moved"])
def test_a_missing_file_is_fetched_once(folder, publisher, tmp_path, caplog, path):
    """The folder is made, the bytes are checked, and the second load asks nobody."""
    caplog.set_level("INFO")
    first = folder(path).load()
    assert [delivery.name for delivery in first] == ["red.csv"]
    assert (tmp_path / "raw" / "red.csv").read_bytes() == WINE
    assert "Fetched red.csv: 26 bytes" in caplog.text
    publisher.asked.clear()
    assert folder(path).load() == first
    assert publisher.asked == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/missing", "404 Client Error"),
        ("/cut", "21 bytes read, 5 more expected"),
        ("/away", "redirects to http://example.invalid/red.csv, which is not https"),
        ("/twice", "redirects to http://example.invalid/red.csv, which is not https"),
        ("/missing?token=5", "404 Client Error"),
    ],
)
def test_what_cannot_be_fetched_can_be_put_by_hand(folder, tmp_path, path, said):
    """The error names the address, the place and the digest; nothing half is left behind."""
    with pytest.raises(DeliveryError) as caught:
        folder(path).load()
    message = str(caught.value)
    assert said in message
    assert f"put the file by hand at {tmp_path / 'raw' / 'red.csv'} (sha256 {SHA256})" in message
    assert "token" not in message
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_fetched_file_is_for_whoever_may_read_the_folder(folder, tmp_path, caplog, monkeypatch):
    """And the log does not name the whole address, which may hold a token."""
    caplog.set_level("INFO")
    monkeypatch.setattr(pooch.get_logger(), "level", logging.INFO)
    monkeypatch.setattr(pooch.get_logger(), "handlers", [caplog.handler])
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw").chmod(0o750)
    folder("/red.csv?token=5").load()
    assert stat.S_IMODE((tmp_path / "raw" / "red.csv").stat().st_mode) == 0o640
    assert "token" not in caplog.text


def test_no_password_is_sent(folder, publisher, tmp_path, monkeypatch):
    """`.netrc` is for other programs: a published file is public."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    publisher.passwords.clear()
    folder().load()
    assert publisher.passwords == [None]


def test_without_a_network(tmp_path):
    """A port where nobody listens, as good as no network at all."""
    away = DeliveryFolder(
        path=str(tmp_path),
        key="sample_id",
        schema=SCHEMA,
        sources={"red.csv": {"url": "http://127.0.0.1:9/red.csv?token=5", "sha256": SHA256}},
    )
    with pytest.raises(DeliveryError, match=r"red\.csv .*put the file by hand") as caught:
        away.load()
    assert "token" not in str(caught.value)


def test_other_bytes_than_declared_are_thrown_away(folder, tmp_path):
    """What was sent is not what was declared: both digests, and no file."""
    with pytest.raises(DeliveryError) as caught:
        folder(sha256="0" * 64).load()
    assert SHA256 in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_present_file_is_checked_too(folder, publisher, tmp_path):
    """A file put by hand counts when it is the declared one, and is refused when it is not."""
    path = tmp_path / "raw" / "red.csv"
    path.parent.mkdir()
    path.write_bytes(WINE)
    assert folder().load()[0].sha256 == SHA256
    path.write_bytes(WINE + b"\n")
    with pytest.raises(DeliveryError) as caught:
        folder().load()
    assert publisher.asked == []
    message = str(caught.value)
    assert SHA256 in message
    assert hashlib.sha256(WINE + b"\n").hexdigest() in message
    assert "saved anew by a spreadsheet" in message
    assert path.read_bytes() == WINE + b"\n"


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("a.csv", {"url": "http://example.org/a.csv", "sha256": SHA256}, "must be an https"),
        ("a.csv", {"url": "ftp://127.0.0.1/a.csv", "sha256": SHA256}, "must be an https"),
        ("a.csv", {"url": "file:///etc/passwd", "sha256": SHA256}, "must be an https"),
        ("a.csv", {"sha256": SHA256}, "lacks the key 'url'"),
        ("a.csv", {"url": "https://example.org/a.csv"}, "lacks the key 'sha256'"),
        ("a.csv", {"url": "https://x.org/a", "sha256": "00"}, "64 hexadecimal digits"),
        ("a.csv", {"url": "https://x.org/a", "sha256": 12}, "sha256: 12, which must be text"),
        ("a.csv", "https://x.org/a", "must be a mapping of url, sha256"),
        ("a.csv", {"url": "https://x.org/a", "sha256": SHA256, "md5": ""}, "Unknown key 'md5' in"),
        ("../a.csv", {"url": "https://x.org/a", "sha256": SHA256}, "the name of a file"),
        ("a.txt", {"url": "https://x.org/a", "sha256": SHA256}, "fetched and never read"),
        (".a.csv", {"url": "https://x.org/a", "sha256": SHA256}, "fetched and never read"),
    ],
)
def test_a_wrong_source_is_refused_when_the_catalog_opens(tmp_path, name, source, said):
    """Only https, only with a digest, only into this folder."""
    with pytest.raises(DeliveryError) as caught:
        DeliveryFolder(path=str(tmp_path), key="sample_id", schema=SCHEMA, sources={name: source})
    assert said in str(caught.value)


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path):
    """The catalog is committed: no secret belongs there, or into an error."""
    source = {"url": "https://me:hunter2@example.org/a.csv?key=abc", "sha256": SHA256}
    with pytest.raises(DeliveryError, match="without credentials") as caught:
        DeliveryFolder(
            path=str(tmp_path), key="sample_id", schema=SCHEMA, sources={"a.csv": source}
        )
    assert "hunter2" not in str(caught.value)
    assert "abc" not in str(caught.value)
