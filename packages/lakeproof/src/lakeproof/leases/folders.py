"""Folders of leases: in a project, and beside a table; on a disk and in an object store.

A lease is one small file, written whole or not at all. Its name has the run's id, so that nobody
else writes it: in a store a plain put is enough.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lakeproof import state_folder
from lakeproof.delta.log.location import filesystem_of
from lakeproof.inside import by_no_link, is_by_no_link
from lakeproof.leases.facts import LeaseError
from lakeproof.stores.files import put_text
from lakeproof.versioned.location import Location
from lakeproof.whole_file import replace_text

if TYPE_CHECKING:
    import pyarrow.fs

IN_PROJECT = Path(".lakeproof", "leases")
BESIDE = "_lakeproof/leases"


class LeaseFolder(Protocol):
    """Where the leases of tables stand, by table id."""

    @property
    def name(self) -> str:
        """Where it is, for messages."""
        ...

    def read(self, table_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield each file of a table's folder, by name; what is on its way is none."""
        ...

    def put(self, table_id: str, file: str, content: str) -> None:
        """Write a file, in place of one of that name."""
        ...

    def remove(self, table_id: str, file: str) -> None:
        """Remove a file, if it is there."""
        ...


@dataclass(frozen=True)
class LocalFolder:
    """One on this disk.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """Where it is, for messages."""
        return str(self.path)

    def read(self, table_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield each file of a table's folder, by name; what is on its way is none.

        Raises:
            LeaseError: If one cannot be read: what it keeps is not known then.
        """
        folder = self.path / table_id
        try:
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            return
        except OSError as error:
            raise _not_read(folder, error) from error
        for file in names:
            if not file.startswith("."):
                try:
                    content = (folder / file).read_bytes()
                except FileNotFoundError:  # given back meanwhile
                    continue
                except OSError as error:
                    raise _not_read(folder / file, error) from error
                yield file, content

    def put(self, table_id: str, file: str, content: str) -> None:
        """Write a file, in place of one of that name."""
        folder = self.path / table_id
        folder.mkdir(parents=True, exist_ok=True)
        # Whoever shares the table reads it.
        replace_text(folder / file, content, 0o644)

    def remove(self, table_id: str, file: str) -> None:
        """Remove a file, if it is there.

        Raises:
            OutsideError: If it is behind a link: then it is a lease of another project.
        """
        self.place_of(table_id, file).unlink(missing_ok=True)

    def sweep(self, before: float) -> None:
        """Remove what commands that were killed have left on its way, in all folders.

        Args:
            before: Only what was written before that, in seconds since 1970: another may be at it.
        """
        root = self.path.parent.parent
        for path in self.path.glob("*/.*"):
            with suppress(OSError):
                is_ours = is_by_no_link(root, path.relative_to(root)) and path.is_file()
                if is_ours and path.stat().st_mtime < before:
                    path.unlink()

    def place_of(self, table_id: str, file: str) -> Path:
        """Say where a file is, or would be.

        Raises:
            OutsideError: If a link leads there.
        """
        root = self.path.parent.parent
        return by_no_link(root, self.path.relative_to(root) / table_id / file)


@dataclass(frozen=True)
class StoreFolder:
    """One beside a table in an object store.

    Args:
        location: The table.
    """

    location: Location

    @property
    def name(self) -> str:
        """Where it is, for messages."""
        return f"{self.location.uri}/{BESIDE}"

    @cached_property
    def _filesystem(self) -> "pyarrow.fs.FileSystem":
        return filesystem_of(self.location)

    def read(self, table_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield each file of a table's folder, by name; what is on its way is none."""
        import pyarrow.fs as pafs

        selector = pafs.FileSelector(f"{BESIDE}/{table_id}", allow_not_found=True)
        for info in self._filesystem.get_file_info(selector):
            with self._filesystem.open_input_file(info.path) as file:
                yield info.base_name, bytes(file.read())

    def put(self, table_id: str, file: str, content: str) -> None:
        """Write a file, in place of one of that name."""
        path, options = f"{BESIDE}/{table_id}/{file}", self.location.storage_options
        put_text(content, self.location.uri, path, options)

    def remove(self, table_id: str, file: str) -> None:
        """Remove a file, if it is there."""
        try:
            self._filesystem.delete_file(f"{BESIDE}/{table_id}/{file}")
        except FileNotFoundError:
            return


def _not_read(place: Path, error: OSError) -> LeaseError:
    return LeaseError(
        f"{place} cannot be read ({error.strerror}), so what is leased is not known. Nothing was "
        "deleted. If it is not yours, remove it."
    )


def beside(location: Location) -> LeaseFolder:
    """Give the folder of leases beside a table, whether it is there or not."""
    if location.is_local:
        return LocalFolder(Path(location.absolute_uri, *BESIDE.split("/")))
    return StoreFolder(location)


def in_project(project_path: Path) -> LocalFolder:
    """Give the folder of a project's own leases, hidden from git."""
    return LocalFolder(project_path / IN_PROJECT)


def of_projects_around(location: Location) -> Iterator[LocalFolder]:
    """Yield the leases of projects in whose folder a table lies.

    Such a project keeps its leases to itself, and whoever shares its table must see them.
    """
    if location.is_local:
        for parent in Path(os.path.realpath(location.uri)).parents:
            if (parent / IN_PROJECT).is_dir():
                yield in_project(parent)


def is_shared(location: Location, project_path: Path) -> bool:
    """Tell whether a table lies outside of a project's folder, where others may look after it."""
    if not location.is_local:
        return True
    return not Path(os.path.realpath(location.uri)).is_relative_to(project_path.resolve())


def hide_from_git(project_path: Path) -> None:
    """Make the folder in which a project's state lies one that git passes over."""
    state = project_path / ".lakeproof"
    try:
        state_folder.hide_from_git(state)
    except OSError as error:
        raise LeaseError(
            f"{state} cannot be written: {error.strerror}. No lease was taken."
        ) from error
