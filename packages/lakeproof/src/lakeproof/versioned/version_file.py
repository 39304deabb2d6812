"""One version of a table that is a folder: a file that nobody writes to any more."""

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

from lakeproof.errors import PinError, TableError
from lakeproof.spelling import typed
from lakeproof.versioned.contract import Say
from lakeproof.versioned.location import Location
from lakeproof.versioned.pins import Pin
from lakeproof.versioned.table_version import Content, VersionFacts

# The file of a folder that tells it from another one made later at the same place.
ID = "table-id"
_NO_ID = "unnamed"


class Format(Protocol):
    """What reads a file and digests what it holds."""

    @property
    def location(self) -> Location:
        """Where the table is."""
        ...

    def read_file(self, path: Path) -> Any:
        """Read a file."""
        ...

    def digest_of(self, data: Any) -> str:
        """Digest what it holds."""
        ...


class VersionFile:
    """One version.

    Args:
        table: Reads it; where it is now is remembered, for a table may move.
        version: Which one.
        path: Its file.
    """

    format: ClassVar[str] = "folder"

    def __init__(self, table: Format, version: int, path: Path) -> None:
        self._table = table
        self._version = version
        self._location = table.location
        self.path = path

    @property
    def location(self) -> Location:
        """Where the table is, and what the catalog calls it."""
        return self._location

    @property
    def version(self) -> int:
        """Its number."""
        return self._version

    @cached_property
    def table_id(self) -> str:
        """The id that the first writer gave the folder; none where files were put there by hand."""
        try:
            return self.path.with_name(ID).read_text(encoding="utf-8")
        except FileNotFoundError:
            return _NO_ID

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Type by name, of a frame."""
        data = self._read()
        names, types = getattr(data, "columns", ()), getattr(data, "dtypes", ())
        return {str(name): str(kind) for name, kind in zip(names, types, strict=True)}

    def rows(self) -> int:
        """Count what is in it."""
        return len(self._read())

    def content(self) -> Content:
        """Read it and digest that: no writer's word is kept.

        Raises:
            TableError: If it cannot be read.
        """
        try:
            return Content(self.compute_digest(), "rows")
        except Exception as error:  # each format has its own
            raise TableError(
                f"Table '{self.location.name}' cannot be read at version {self.version}: "
                f"{str(error)[:300]} Restore {self.path.name} from a backup."
            ) from error

    def stored_digest(self) -> str | None:
        """Give none: what no reader has digested is not known."""
        return None

    def compute_digest(self) -> str:
        """Read it and digest what it holds."""
        return self._table.digest_of(self._read())

    def require_files(self) -> None:
        """Refuse a version whose file is gone.

        Raises:
            PinError: Naming it.
        """
        if not self.path.is_file():
            name = self.location.name
            raise PinError(
                f"Table '{name}' cannot be read at version {self.version}: {self.path.name} is "
                f"gone. Nothing was run. List its versions: {typed('kedro history', name)}"
            )

    def size(self) -> int:
        """Give the file's."""
        return os.stat(self.path).st_size

    def state(self) -> tuple[int, int]:
        """Give size and time of the file."""
        found = os.stat(self.path)
        return found.st_size, found.st_mtime_ns

    def require_state(self, state: tuple[int, int]) -> None:
        """Refuse to say what was read of a file that was written meanwhile.

        Raises:
            TableError: Naming it.
        """
        # What is gone was removed after it had been read; then it cannot be digested either.
        if self.path.is_file() and self.state() != state:
            raise TableError(
                f"{self.path.name} of table '{self.location.name}' was written in place while the "
                "run read it. What was read of it is not known, so the run is not reproducible. "
                "Restore the file from a backup and run again."
            )

    def warn(self, pin: Pin | None, env: str | None = None) -> None:
        """Warn of nothing: no file is removed but by hand."""

    def facts(self) -> VersionFacts:
        """Say of it what a folder knows."""
        moment = datetime.fromtimestamp(os.stat(self.path).st_mtime, UTC)
        timestamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return VersionFacts(self.version, timestamp, "WRITE")

    def _read(self) -> Any:
        return self._table.read_file(self.path)


def copy_file(source: Path, target: Path, say: Say) -> None:
    """Link a file; copy it where the file system does not, and say its size."""
    try:
        os.link(os.path.realpath(source), target)
    except FileNotFoundError:
        raise
    except OSError:
        say(f"Copying {source.name} to scratch: {source.stat().st_size / 1024**2:,.1f} MiB")
        shutil.copy2(source, target)
