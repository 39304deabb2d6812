"""One version of a Delta table, as runs, records and re-runs know it."""

from dataclasses import dataclass
from typing import ClassVar

from lakeproof.delta.log.data_files import data_files, is_of_log, other_times, require_files
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.read.versions import compute_digest, content_of, stored_digest
from lakeproof.delta.retention.lifetime import warn
from lakeproof.errors import TableError
from lakeproof.versioned.pins import Pin
from lakeproof.versioned.table_version import Content

# The files that were written at another time than the log says, with the time.
Times = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class DeltaVersion(OpenedTable):
    """An opened table that answers for itself: its digest, its files, how long it lives."""

    format: ClassVar[str] = "delta"

    @classmethod
    def of(cls, opened: OpenedTable) -> "DeltaVersion":
        """Make one of what was opened or written."""
        return cls(opened.location, opened.version, opened.table)

    def content(self) -> Content:
        """Give the digest of the rows: the commit's, where the files are the ones it wrote."""
        return content_of(self)

    def stored_digest(self) -> str | None:
        """Give the digest that the commit says."""
        return stored_digest(self)

    def compute_digest(self) -> str:
        """Read every row and digest them."""
        return compute_digest(self)

    def require_files(self) -> None:
        """Refuse a version whose data files are gone or cut short."""
        require_files(self)

    def size(self) -> int:
        """Add up the data files, as the log says."""
        return sum(file.size for file in data_files(self))

    def state(self) -> Times:
        """List the files that have another time than the log says."""
        return other_times(self)

    def require_state(self, state: Times) -> None:
        """Refuse to say what a node read of files that were written meanwhile.

        Raises:
            TableError: Naming the table.
        """
        # Files that are gone were removed after they had been read; a checkpoint may be made any
        # time.
        now = {(path, time) for path, time in other_times(self) if time}
        changed = sorted(path for path, _ in now.difference(state) if not is_of_log(path))
        if changed:
            raise TableError(
                f"Data files of table '{self.location.name}' at version {self.version} were "
                f"written in place while the run read it, the first is {changed[0]}. What was read "
                "of it is not known, so the run cannot be reproduced. Restore the files from a "
                "backup and run again."
            )

    def warn(self, pin: Pin | None, env: str | None = None) -> None:
        """Warn of a table that does not promise to keep the version that is read."""
        warn(self, pin, env)
