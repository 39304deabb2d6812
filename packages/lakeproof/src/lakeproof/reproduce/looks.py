"""What was seen of tables, for whoever looks at many runs: each version is opened once."""

from lakeproof.errors import LakeproofError
from lakeproof.versioned.contract import VersionedDataset
from lakeproof.versioned.table_version import TableVersion


class Looks:
    """The versions that were opened, and what was said of those that could not be."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int | None, bool], TableVersion | LakeproofError] = {}

    def at(
        self, table: VersionedDataset, version: int | None = None, *, is_whole: bool = False
    ) -> TableVersion:
        """Open a version, the newest where none is given.

        Args:
            table: The table.
            version: The version.
            is_whole: Whether all of its files must be there.

        Raises:
            LakeproofError: If it cannot be opened, or is not whole.
        """
        place = table.location.uri, version, is_whole
        if place not in self._seen:
            try:
                opened = table.open(version)
                if is_whole:
                    opened.require_files()
                self._seen[place] = opened
            except LakeproofError as error:
                self._seen[place] = error
        found = self._seen[place]
        if isinstance(found, LakeproofError):
            raise found
        return found
