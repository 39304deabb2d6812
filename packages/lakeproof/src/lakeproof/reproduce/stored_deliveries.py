"""Deliveries from a store as a run read them: kept beside a table, or still where they came from.

What is found is brought into the project's own store of raw files, held against its digest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.delta.kept_deliveries import kept_at
from lakeproof.record.facts import FileFacts, Record
from lakeproof.stores.addresses import file_url, is_remote
from lakeproof.stores.files import fetch, info


@dataclass(frozen=True)
class StoredDeliveries:
    """Where deliveries from stores may be.

    Args:
        records: Of the project's runs, whose tables took them.
        options_of: Gives the settings of the store at an address.
        raw: Where they are brought.
    """

    records: Iterable[Record]
    options_of: Callable[[str], Mapping[str, str] | None]
    raw: RawStore

    def has(self, file: FileFacts) -> bool:
        """Tell whether there is one of the recorded size."""
        for address in self._places(file):
            # What cannot be asked has nothing.
            with suppress(OSError):
                found = info(address, self.options_of(address))
                if found is not None and found.size == file.size:
                    return True
        return False

    def find(self, file: FileFacts) -> Path | None:
        """Bring one with the recorded bytes; `None` where there is none."""
        for address in self._places(file):
            with suppress(OSError), self.raw.partial() as partial:
                fetch(address, self.options_of(address), partial)
                if sha256_of(partial) == file.sha256:
                    return self.raw.take_over(partial)[1]
        return None

    def _places(self, file: FileFacts) -> Iterator[str]:
        if not is_remote(file.path):
            return
        beside = (
            kept_at(table.uri, file.sha256)
            for record in self.records
            if any(one.sha256 == file.sha256 for one in record.inputs.files)
            for table in record.outputs.tables
            if is_remote(table.uri)
        )
        yield from dict.fromkeys(beside)
        yield file_url(file.path)
