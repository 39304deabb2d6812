"""A folder of deliveries in a store: listed once, and each content read once into the project.

Not for which of its files are deliveries (`delivery_folder`), nor for what becomes of them.
"""

import filecmp
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.delivery_errors import DeliveryError, shown
from lakeproof.deliveries.file_digests import RACY_NS, Entry, remember, remembered
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.stores.addresses import as_url, file_url
from lakeproof.stores.files import ONE_PIECE, StoredFile, fetch, info, listed, put
from lakeproof.stores.options import short
from lakeproof.stores.patience import waiting
from lakeproof.stores.troubles import without_secrets

# The settings that decide which store has an address, by their short names.
_DECIDING = ("endpoint", "endpoint_url", "endpoint_url_s3", "account", "account_name")
_PROVIDERS = ("AWS_", "AZURE_", "GOOGLE_")
_CONNECTIONS = 8
_ATTEMPTS = 3
# Stores date a file by their own clock, to the second. It may be another than this machine's by as
# much as S3 puts up with in a signed request: what looks younger is read again.
_OTHER_CLOCK_NS = 15 * 60 * 1_000_000_000


@dataclass(frozen=True)
class StoredFolder:
    """A place in a store.

    Args:
        uri: Its address, without a slash at its end, looked at by `place_of`.
        options: The settings of the store.
    """

    uri: str
    options: Mapping[str, str]

    def __repr__(self) -> str:
        """Leave the credentials out."""
        return f"StoredFolder({self.uri!r})"

    def listed(self) -> dict[str, StoredFile]:
        """Give its files by name, those of folders in it left out: one request per thousand.

        Raises:
            DeliveryError: If the store cannot be asked.
        """
        with self._explained():
            found = listed(as_url(self.uri), self.options, is_recursive=False)
            return {file.path: file for file in found if file.path}

    def files(
        self, wanted: Mapping[str, StoredFile], raw: RawStore, now_ns: int
    ) -> dict[str, tuple[str, Path]]:
        """Give the sha256 of files and where each is on this machine; fetch what is new.

        A file is read again when its size or time is not the remembered one, and as long as its
        time may be that of another content, too.

        Args:
            wanted: As listed.
            raw: Where contents are kept.
            now_ns: The time by this machine's clock.

        Raises:
            DeliveryError: If one is gone or changes meanwhile, or the store cannot be asked.
        """
        if odd := [name for name in wanted if not name.isprintable()]:
            raise DeliveryError(
                f"Delivery {shown(odd[0])} in {self.uri} has a sign in its name that cannot be "
                "shown, and no record would hold its address. Nothing was read. Give it another "
                "name"
            )
        known = remembered(raw.folder)
        newest = max((file.modified_ns for file in wanted.values()), default=0)
        settled = max(newest, now_ns - _OTHER_CLOCK_NS) - RACY_NS

        def one(name: str) -> tuple[Entry, Path]:
            file = wanted[name]
            entry = known.get(self._key(name))
            if entry is not None and entry[:2] == (file.size, file.modified_ns):
                path = raw.find(entry[2])
                if path is not None and path.stat().st_size == file.size:
                    return entry, path
            return self._fetched(name, file, raw, is_settled=file.modified_ns < settled)

        with self._explained(), ThreadPoolExecutor(_CONNECTIONS) as pool:
            found = dict(zip(wanted, pool.map(one, wanted), strict=True))
        ours = {self._key(name): entry for name, (entry, _) in found.items()}
        # Another entry of the catalog may have other files of this place, or of this store.
        kept = {
            key: entry
            for key, entry in known.items()
            if key not in ours and raw.find(entry[2]) is not None
        } | {key: entry for key, entry in ours.items() if entry[1] < settled}
        if kept != known:
            raw.make()
            remember(raw.folder, kept)
        return {name: (entry[2], path) for name, (entry, path) in found.items()}

    def replace(self, name: str, sha256: str, source: Path, raw: RawStore) -> bool:
        """Put a file in the place of one that was read; not where another is there by now.

        A store has no lock: who writes it between the look and this is not seen.

        Args:
            name: Of the file.
            sha256: Of what was read.
            source: What is put there.
            raw: Where it is looked at.

        Raises:
            OSError: If the store cannot be asked, or does not take it.
        """
        url = file_url(self.address(name))
        with raw.partial() as partial:
            fetch(url, self.options, partial)
            if sha256_of(partial) != sha256:
                return False
        put(source, url, self.options)
        return True

    def address(self, name: str) -> str:
        """Give the address of a file."""
        return f"{self.uri}/{name}"

    def _key(self, name: str) -> str:
        """Name a file in the cache: one address may be in two stores, by their settings."""
        around = {key: one for key, one in os.environ.items() if key.startswith(_PROVIDERS)}
        given = {short(key): one for key, one in (*around.items(), *self.options.items())}
        told = [(key, given[key]) for key in _DECIDING if key in given]
        place = hashlib.sha256(repr(told).encode("utf-8", "surrogateescape")).hexdigest()
        return f"{self.address(name)} {place[:16]}"

    def _fetched(
        self, name: str, file: StoredFile, raw: RawStore, *, is_settled: bool
    ) -> tuple[Entry, Path]:
        """Bring a file, whole: a long one comes in pieces, of which some may be another's."""
        url = file_url(self.address(name))
        for _ in range(_ATTEMPTS):
            with raw.partial() as partial:
                try:
                    fetch(url, self.options, partial)
                except FileNotFoundError as error:
                    raise _gone(name, self.uri) from error
                now = info(url, self.options)
                if now is None:
                    raise _gone(name, self.uri)
                is_same = now == replace(file, path=now.path)
                is_same = is_same and partial.stat().st_size == now.size
                if is_same and (is_settled or self._is_whole(url, partial)):
                    sha256, path = raw.take_over(partial)
                    return (now.size, now.modified_ns, sha256), path
            file = now
        raise DeliveryError(
            f"Delivery {shown(name)} in {self.uri} changes while it is read. Nothing was read. Run "
            "again when it is there as a whole: kedro run"
        )

    def _is_whole(self, url: str, partial: Path) -> bool:
        """Read what came in pieces once more: within the second of its time, two look the same."""
        if partial.stat().st_size <= ONE_PIECE:
            return True
        second = partial.with_name(f"{partial.name}.2.part")
        try:
            fetch(url, self.options, second)
            return filecmp.cmp(partial, second, shallow=False)
        finally:
            second.unlink(missing_ok=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with waiting("the deliveries", self.uri):
                yield
        except OSError as error:
            said = without_secrets(str(error), self.options)
            raise DeliveryError(
                f"The deliveries in {self.uri}: {said[:500]} Nothing was read."
            ) from error


def _gone(name: str, uri: str) -> DeliveryError:
    return DeliveryError(
        f"Delivery {shown(name)} was in {uri} when it was listed and is gone now. Nothing was "
        "read. Put it back, or run again without it: kedro run"
    )
