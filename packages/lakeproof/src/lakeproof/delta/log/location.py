"""Where a table is, and the names in its log: what can be told without opening it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow.fs

COMMIT_FILE = re.compile(r"(\d{20})\.json$")
CHECKPOINT_FILE = re.compile(r"(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$")


@dataclass(frozen=True)
class Location:
    """Where a table is and what it is called: all that is needed to open it.

    Args:
        name: The catalog name.
        uri: A local path or an object-store URI.
        storage_options: Credentials and settings of the store; never shown.
    """

    name: str
    uri: str
    storage_options: Mapping[str, str] | None = None

    @property
    def is_local(self) -> bool:
        """Tell whether the table is a folder of this machine."""
        return "://" not in self.uri

    @property
    def absolute_uri(self) -> str:
        """Where it is for a program that runs in another folder."""
        return os.path.abspath(self.uri) if self.is_local else self.uri

    def without_secrets(self, text: str) -> str:
        """Take the settings of the store out of a text that is shown."""
        for value in (self.storage_options or {}).values():
            if len(value) > 3:  # a shorter value ("us", "1") is a setting that would tear the text
                text = text.replace(value, "***")
        return text

    def __repr__(self) -> str:
        """Leave the credentials out."""
        return f"Location(name={self.name!r}, uri={self.uri!r})"


def log_files(location: Location) -> "tuple[pyarrow.fs.FileSystem, list[str]]":
    """List the names in `_delta_log`, with the file system to read them from."""
    import pyarrow.fs as pafs

    if location.is_local:
        filesystem = pafs.SubTreeFileSystem(location.uri, pafs.LocalFileSystem())
    else:
        from deltalake.fs import DeltaStorageHandler

        handler = DeltaStorageHandler(location.uri, dict(location.storage_options or {}))
        filesystem = pafs.PyFileSystem(handler)
    selector = pafs.FileSelector("_delta_log", allow_not_found=True)
    return filesystem, sorted(info.base_name for info in filesystem.get_file_info(selector))


def available_versions(location: Location) -> list[int]:
    """List the versions that the log can still rebuild, oldest first."""
    _, names = log_files(location)
    commits, checkpoints = set(), set()
    for name in names:
        if match := COMMIT_FILE.search(name):
            commits.add(int(match[1]))
        elif match := CHECKPOINT_FILE.search(name):
            checkpoints.add(int(match[1]))
    versions: list[int] = []
    is_reached = False
    for version in sorted(commits | checkpoints):
        follows = is_reached and version - 1 in versions[-1:] and version in commits
        is_reached = version == 0 or version in checkpoints or follows
        if is_reached:
            versions.append(version)
    return versions


def describe_versions(versions: list[int]) -> str:
    """Write a list of versions the way a person would."""
    if not versions:
        return "none"
    if versions == list(range(versions[0], versions[-1] + 1)) and len(versions) > 1:
        return f"versions {versions[0]} to {versions[-1]}"
    return "versions " + ", ".join(map(str, versions))
