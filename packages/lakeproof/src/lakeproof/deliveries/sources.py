"""Fetch the files that are published instead of delivered, and check what is there against them.

Not for anything private: an address with credentials in it would end up in logs and records.
"""

import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from lakeproof.deliveries.declared import EDIT_THE_CATALOG, declared
from lakeproof.deliveries.delivery_errors import DeliveryError, shown

if TYPE_CHECKING:
    from requests import Response

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
        DeliveryError: It cannot be fetched, or it is not the declared one.
    """
    # It costs 0.3 s to import, and most runs fetch nothing.
    from pooch import HTTPDownloader, get_logger, retrieve

    get_logger().setLevel(logging.WARNING)  # it writes the whole address, query and all
    path = folder / source.name
    downloader = HTTPDownloader(
        progressbar=_Reports(source),
        chunk_size=_BLOCK_SIZE,
        timeout=_TIMEOUT_SECONDS,
        hooks={"response": _refuse_redirect},
        # Without one, a password of ~/.netrc would be sent.
        auth=lambda request: request,
        headers={"Accept-Encoding": "identity"},
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        retrieve(source.url, f"sha256:{source.sha256}", source.name, folder, downloader=downloader)
        # Pooch leaves it readable for its owner alone.
        path.chmod(folder.stat().st_mode & 0o666)
    except OSError as error:
        query = urlsplit(source.url).query
        reason = str(error).replace(query, "…") if query else str(error)
        raise DeliveryError(
            f"{shown(source.name)} could not be fetched from {_without_secrets(source.url)} "
            f"({reason[:200]}). Nothing was read. Try again, or put the file by hand at {path} "
            f"(sha256 {source.sha256})"
        ) from error
    except ValueError as error:
        raise DeliveryError(
            f"What {_without_secrets(source.url)} sends is not what the catalog declares for "
            f"{shown(source.name)}: {str(error)[:300]} It may have been published anew, or a proxy "
            f"may have sent a page of its own. Put the right file at {path}, or declare the new "
            "sha256"
        ) from error


def _refuse_redirect(response: "Response", **_: Any) -> None:
    """Look at each answer before it is followed."""
    target = urljoin(response.url, response.headers.get("location", ""))
    if response.is_redirect and not is_allowed(target):
        response.close()
        raise OSError(f"it redirects to {_without_secrets(target)}, which is not https")


class _Reports:
    """What pooch takes for a progress bar: a line of the log now and then."""

    def __init__(self, source: Source) -> None:
        self.total = 0
        self._name = source.name
        self._done = 0
        self._reported = time.monotonic()
        _log.info("Fetching %s from %s", source.name, _without_secrets(source.url))

    def update(self, size: int) -> None:
        """Take note of a block."""
        self._done += size
        if time.monotonic() - self._reported > _SECONDS_BETWEEN_REPORTS:
            self._reported = time.monotonic()
            _log.info(
                "Fetching %s: %s of %s bytes", self._name, f"{self._done:,}", f"{self.total:,}"
            )

    def reset(self) -> None:
        """Begin anew: pooch says the whole size at the end."""
        self._done = 0

    def close(self) -> None:
        """Take note of the end."""
        _log.info("Fetched %s: %s bytes", self._name, f"{self.total:,}")


def _without_secrets(url: str) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return "(no address)"
