"""Fetch the files that are published instead of delivered, and check what is there against them.

Not for anything private: an address with credentials in it would end up in logs and records.
"""

import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.declared import EDIT_THE_CATALOG, declared
from lakeproof.deliveries.delivery_errors import DeliveryError, shown

if TYPE_CHECKING:
    from http.client import HTTPResponse

_SHA256 = re.compile("[0-9a-f]{64}")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TIMEOUT_SECONDS = 30
_BLOCK_SIZE = 256 * 1024
_SECONDS_BETWEEN_REPORTS = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Declared:
    """What a catalog entry says of a file."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file is published, and what its bytes must be.

    Args:
        name: The name it has in the folder.
        url: An https address.
        sha256: The digest of its bytes, in hexadecimal.
    """

    name: str
    url: str
    sha256: str

    @classmethod
    def from_config(cls, name: str, config: Any) -> "Source":
        """Read one item of the catalog entry's `sources`.

        Raises:
            DeliveryError: An unknown key, a name that is a path, an address that is not https, or
                no sha256.
        """
        where = f"`sources: {name}`"
        said = declared(_Declared, config, where)
        url, sha256 = said.url, said.sha256.lower()
        if Path(name).name != name:
            raise DeliveryError(f"{where} must be the name of a file. {EDIT_THE_CATALOG}")
        if not is_allowed(url):
            raise DeliveryError(
                f"{where} has the url {shown(_without_secrets(url))}: it must be an https address "
                f"without credentials. {EDIT_THE_CATALOG}"
            )
        if not _SHA256.fullmatch(sha256):
            raise DeliveryError(
                f"{where} has the sha256 {shown(sha256)}: it must be 64 hexadecimal digits, or "
                f"nobody can tell what was fetched. {EDIT_THE_CATALOG}"
            )
        return cls(name, url, sha256)


def is_allowed(url: str) -> bool:
    """Tell whether an address may be fetched from: https, or http on this very machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_private = parts.username is not None or parts.password is not None
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return bool(parts.hostname) and not is_private and (parts.scheme == "https" or is_local)


def refuse_other_bytes(source: Source, sha256: str, path: Path) -> None:
    """Hold the digest of a file that is there against the declared one.

    Raises:
        DeliveryError: It is another file.
    """
    if sha256 != source.sha256:
        raise DeliveryError(
            f"{path} has the sha256 {sha256}, and the catalog declares {source.sha256} for it. "
            "Nothing was read. It may have been edited, or saved anew by a spreadsheet, or "
            "published anew. Delete it to have it fetched again, or declare the new sha256 in "
            "catalog.yml"
        )


def fetch(source: Source, folder: Path) -> None:
    """Bring a file into the folder, complete and with the declared bytes, or not at all.

    Raises:
        DeliveryError: It cannot be had, or it is not the declared one.
    """
    # Two runs that fetch at the same time must not write to one file.
    part = folder / f"{source.name}.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            _download(source, file)
        sha256 = sha256_of(part)
        if sha256 != source.sha256:
            raise DeliveryError(
                f"What {_without_secrets(source.url)} sends has the sha256 {sha256}, and the "
                f"catalog declares {source.sha256} for {shown(source.name)}. It was thrown away. "
                "It may have been published anew, or a proxy may have sent a page of its own. "
                f"Put the right file at {folder / source.name}, or declare the new sha256"
            )
        part.replace(folder / source.name)
    except OSError as error:
        raise DeliveryError(
            f"{shown(source.name)} could not be fetched from {_without_secrets(source.url)} "
            f"({str(error)[:200]}). Nothing was read. Try again, or put the file by hand at "
            f"{folder / source.name} (sha256 {source.sha256})"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _download(source: Source, file: IO[bytes]) -> None:
    # It costs 30 ms to import, and most runs fetch nothing.
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class OnlyAllowed(HTTPRedirectHandler):
        def redirect_request(
            self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str
        ) -> Request | None:
            if not is_allowed(newurl):
                fp.close()
                raise OSError(f"it redirects to {_without_secrets(newurl)}, which is not https")
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    try:
        with build_opener(OnlyAllowed).open(source.url, timeout=_TIMEOUT_SECONDS) as response:
            _copy(source, response, file)
    except HTTPError as error:
        # It is the response as well, with its socket.
        error.close()
        raise
    except HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


def _copy(source: Source, response: "HTTPResponse", file: IO[bytes]) -> None:
    total = response.headers.get("Content-Length", "")
    of_total = f" of {int(total):,}" if total.isdigit() else ""
    _log.info("Fetching %s from %s", source.name, _without_secrets(source.url))
    reported = time.monotonic()
    done = 0
    while block := response.read(_BLOCK_SIZE):
        file.write(block)
        done += len(block)
        if time.monotonic() - reported > _SECONDS_BETWEEN_REPORTS:
            reported = time.monotonic()
            _log.info("Fetching %s: %s%s bytes", source.name, f"{done:,}", of_total)
    if total.isdigit() and done != int(total):
        raise OSError(f"it ended after {done:,}{of_total} bytes")
    _log.info("Fetched %s: %s bytes", source.name, f"{done:,}")


def _without_secrets(url: str) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return "(no address)"
