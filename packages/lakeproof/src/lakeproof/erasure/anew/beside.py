"""A content that a table in a store keeps beside itself of a delivery that it took."""

from dataclasses import dataclass
from pathlib import Path

from lakeproof.delta.kept_deliveries import BESIDE, kept_at
from lakeproof.delta.log.location import filesystem_of
from lakeproof.stores.files import put
from lakeproof.versioned.location import Location


@dataclass(frozen=True)
class Beside:
    """What is kept of a content beside a table in a store.

    Args:
        location: The table.
        sha256: Of the content.
    """

    location: Location
    sha256: str

    @property
    def address(self) -> str:
        """Say where it is."""
        return kept_at(self.location.uri, self.sha256)

    def replace(self, sha256: str, source: Path) -> None:
        """Keep another content there in its place.

        Raises:
            OSError: If the store cannot be asked; the old one may be there, too, then.
        """
        put(source, kept_at(self.location.uri, sha256), self.location.storage_options)
        filesystem_of(self.location).delete_file(f"{BESIDE}/{self.sha256}")
