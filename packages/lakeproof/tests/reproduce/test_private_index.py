"""Packages of an index of one's own, of a repository, and of an archive."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY
from http_server import serving
from lakeproof.record.facts import EnvironmentFacts
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.rebuild import rebuild

from .environments import keep, with_version
from .wheels import wheel_of

SECRET = "swordfish"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and asks for the password as private indexes do."""

    def do_GET(self) -> None:
        """Answer whoever has it."""
        if "Authorization" not in self.headers:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The address of an index with one package, with the password in it."""
    wheel_of(tmp_path / "index")
    (tmp_path / "index/small").mkdir()
    name = "small-1.0-py3-none-any.whl"
    (tmp_path / "index" / name).rename(tmp_path / "index/small" / name)
    (tmp_path / "index/small/index.html").write_text(f'<a href="{name}">{name}</a>\n')
    handler = partial(Quiet, directory=str(tmp_path / "index"))
    with serving(handler) as server:
        yield f"http://someone:{SECRET}@127.0.0.1:{server.server_port}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, index: str, tmp_path: Path) -> str:
    """That index instead of the public one, and nothing of it in uv's cache."""
    for name in ("UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return index


def of_small(here: EnvironmentFacts, version: str, origin: str | None = None) -> EnvironmentFacts:
    return with_version(replace(keep(here), locks={}), "small", version, origin)


def test_a_package_of_a_private_index_is_had_from_it(here, asked, tmp_path):
    """By the address that uv is given when it is asked for; the record has none."""
    python = rebuild(of_small(here, "1.0"), None, tmp_path / "cache", lambda _: None)
    assert list(python.parents[1].glob("lib/*/site-packages/small.py"))
    for file in (tmp_path / "cache").rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


def test_what_a_private_index_lacks_is_named_without_its_password(here, asked, tmp_path):
    """In whatever words uv has for it."""
    with pytest.raises(EnvironmentMissingError, match=re.escape("small==2.0")) as caught:
        rebuild(of_small(here, "2.0"), None, tmp_path / "cache", lambda _: None)
    assert SECRET not in caught.value.message
    assert "UV_INDEX=ADDRESS" in caught.value.message


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        (
            f"https://example.org/small.git@{COMMIT}",
            f"uv pip install 'small @ git+https://example.org/small.git@{COMMIT}'",
        ),
        (
            f"https://example.org/small-1.0.tar.gz#sha256={'0' * 64}",
            f"uv pip install 'small @ https://example.org/small-1.0.tar.gz#sha256={'0' * 64}'",
        ),
        (f"file:small-1.0.tar.gz#sha256={'0' * 64}", "uv pip install ./small-1.0.tar.gz"),
        ("file:small-1.0-py3-none-any.whl", "Put the wheel into a folder that UV_FIND_LINKS names"),
    ],
)
def test_what_no_index_has_is_named_with_what_to_type(here, tmp_path, origin, told):
    """A commit of a repository, an archive at an address, a file; nothing is built to find out."""
    with pytest.raises(EnvironmentMissingError, match=re.escape(told)) as caught:
        rebuild(of_small(here, "1.0", origin), REPOSITORY, tmp_path / "cache", lambda _: None)
    assert "Nothing was run" in caught.value.message
    assert not (tmp_path / "cache").exists()
