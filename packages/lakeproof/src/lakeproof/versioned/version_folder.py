"""A table with versions out of any format of one file: a folder in which each version is a file.

A format brings how one file is read and written. This class brings the rest of what
`VersionedDataset` asks for: versions, pins, digests, the copy that a re-run writes to. Not for
formats that keep versions of their own, which bring it themselves, as Delta tables do.
"""

import os
import re
import tempfile
import uuid
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from kedro.io import AbstractDataset
from kedro.io.core import Version

from lakeproof.errors import PinError, TableError
from lakeproof.spelling import typed
from lakeproof.stores.addresses import is_remote, misleading, place_of
from lakeproof.versioned.contract import Say
from lakeproof.versioned.location import Location, describe_versions
from lakeproof.versioned.pins import Pin, choose_pin
from lakeproof.versioned.run_tables import RunTables
from lakeproof.versioned.table_version import TableVersion, VersionFacts
from lakeproof.versioned.version_file import ID, VersionFile, copy_file

_DIGITS = 8


class VersionFolder(AbstractDataset[Any, Any]):
    """Read a folder at one version, and write each new content into a file of its own.

    A subclass has three things: `suffix`, `read_file` and `write_file`. A content that is the
    newest version's already makes no new one. The folder is one of this machine.

    Args:
        filepath: The folder.
        load_args: `version: N`; `--load-versions` wins.
        version: Kedro's, from `--load-versions`.
        metadata: For other tools.
    """

    # Kedro then hands `--load-versions` on to this class.
    versioned: ClassVar[bool] = True
    suffix: ClassVar[str]

    def __init__(
        self,
        *,
        filepath: str,
        load_args: Mapping[str, Any] | None = None,
        version: Version | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._uri = place_of(str(filepath), "The filepath of a folder", TableError).rstrip("/")
        self._name = PurePosixPath(self._uri).name
        self._load_args = dict(load_args or {})
        self._flag = version.load if version else None
        self._run: RunTables | None = None
        self.metadata = metadata

    @abstractmethod
    def read_file(self, path: Path) -> Any:
        """Read what one file holds, the same at any place."""

    @abstractmethod
    def write_file(self, data: Any, path: Path) -> None:
        """Write it into a new file."""

    def digest_of(self, data: Any) -> str:
        """Digest what a file holds; that of a frame is by its cells, in their order."""
        from lakeproof.digest import digest_frame, digest_model, is_frame

        return digest_frame(data).digest if is_frame(data) else digest_model(data)

    @property
    def location(self) -> Location:
        """Where the folder is, and what the catalog calls it."""
        return Location(self._name, self._uri)

    @property
    def pin(self) -> Pin | None:
        """The version asked for, by the flag or the catalog."""
        return choose_pin(self._name, self._flag, self._load_args)

    def name_as(self, name: str) -> None:
        """Tell the dataset its catalog name, for messages."""
        self._name = name

    def check(self) -> None:
        """Refuse an entry that could not be used.

        Raises:
            LakeproofError: If the folder is an address, or the pin a time: the files' times are
                those of their copies.
        """
        if is_remote(self._uri) or misleading(self._uri, is_folder=True):
            raise TableError(
                f"The filepath of table '{self._name}', {self._uri}, is an address. A "
                f"{type(self).__name__} is a folder of this machine. Nothing was run."
            )
        if (pin := self.pin) is not None and pin.timestamp is not None:
            raise PinError(
                f"Table '{self._name}' is pinned to {pin}, but a {type(self).__name__} has no "
                "times that last. Nothing was run. Pin a version: load_args: {version: 0}"
            )

    def join(self, run: RunTables | None) -> None:
        """Make the dataset part of a run: it reads what the run resolved and notes who writes."""
        self._run = run

    def is_there(self) -> bool:
        """Tell whether there is a version."""
        return bool(self.versions())

    def versions(self) -> list[int]:
        """List the versions that are there, oldest first."""
        name = re.compile(rf"(\d{{{_DIGITS}}}){re.escape(self.suffix)}")
        with suppress(FileNotFoundError, NotADirectoryError):
            found = map(name.fullmatch, os.listdir(self._uri))
            return sorted(int(one[1]) for one in found if one is not None)
        return []

    def open(self, version: int | None = None) -> VersionFile:
        """Open one version, the newest where none is given."""
        there = self.versions()
        if not there:
            raise TableError(
                f"Table '{self._name}' does not exist: there is no version in {self._uri}. Run the "
                "pipeline that writes it first, or correct filepath in the catalog."
            )
        wanted = there[-1] if version is None else version
        if wanted not in there:
            raise PinError(
                f"Table '{self._name}' has no version {wanted}: there are "
                f"{describe_versions(there)}. Nothing was run. List its versions: "
                f"{typed('kedro history', self._name)}"
            )
        return VersionFile(self, wanted, self._file(wanted))

    def resolve(self) -> VersionFile:
        """Open the version that a load would read now."""
        self.check()
        pin = self.pin
        return self.open(None if pin is None else pin.version)

    def require_readable(self, opened: TableVersion, *, believes_commits: bool) -> None:
        """Take what is there for readable; who reads it says if it is not."""

    def move_to(self, uri: str) -> None:
        """Be another copy of the table: a re-run writes to one of its own."""
        self._uri = uri

    def copy_to(self, target: Path, version: int | None, also: Collection[int], say: Say) -> None:
        """Link, or copy, the files of the versions that are needed."""
        if version is None:
            return
        wanted = [self.open(number).path for number in sorted({version, *also})]
        target.mkdir(parents=True)
        for path in wanted:
            copy_file(path, target / path.name, say)
        with suppress(FileNotFoundError):
            copy_file(Path(self._uri, ID), target / ID, say)

    def history(self, limit: int | None = None) -> Iterator[VersionFacts]:
        """Yield when each version was written, as its file says, newest first."""
        for version in self.versions()[::-1][:limit]:
            yield self.open(version).facts()

    def load(self) -> Any:
        """Give what the version holds that the run has resolved, or the pin or the newest."""
        run, pin = self._run, self.pin
        opened = run.to_read(self._uri, pin) if run else None
        opened = self.resolve() if opened is None else opened
        if run:
            run.has_read(self._name, opened, pin)
        return self.read_file(self._file(opened.version))

    def save(self, data: Any) -> None:
        """Write a new version, if the newest one does not hold that already."""
        run = self._run or RunTables()
        newest = self.open() if self.is_there() else None
        run.has_found(self._uri, partial(self.open, newest.version) if newest else None)
        folder = Path(self._uri)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as place:
            made = Path(place, f"new{self.suffix}")
            self.write_file(data, made)
            # What is read of it is what the version holds, not what was handed over.
            holds = self.read_file(made)
            digest = self.digest_of(holds)
            is_new = newest is None or newest.compute_digest() != digest
            if newest is None or is_new:
                newest = self._take(made, 0 if newest is None else newest.version + 1)
        run.has_written(self._name, newest, is_committed=is_new, rows=len(holds), digest=digest)

    def _take(self, made: Path, version: int) -> VersionFile:
        """Let a file be the next version; a link is made by one writer alone."""
        with suppress(FileExistsError), Path(self._uri, ID).open("x", encoding="utf-8") as file:
            file.write(uuid.uuid4().hex)
        while True:
            try:
                os.link(made, self._file(version))
            except FileExistsError:
                version += 1
            else:
                return VersionFile(self, version, self._file(version))

    def _file(self, version: int) -> Path:
        return Path(self._uri, f"{version:0{_DIGITS}d}{self.suffix}")

    def _exists(self) -> bool:
        return self.is_there()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._uri, "load_args": self._load_args, "load_version": self._flag}
