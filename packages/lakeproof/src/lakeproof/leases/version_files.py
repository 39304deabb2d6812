"""The files of many versions of a table: its log is read once, from the oldest of them on.

To open each version by itself would read the commits between two checkpoints again and again. What
cannot be followed from one commit to the next is opened.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lakeproof.delta.log.data_files import data_files, decoded, require_files
from lakeproof.delta.log.deletion_vectors import described
from lakeproof.delta.log.location import filesystem_of
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.log.opening import open_to_read
from lakeproof.errors import LakeproofError
from lakeproof.leases.needed_files import LyingFile, path_below, root_of
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import pyarrow.fs

# Further than that a version is opened: a checkpoint is nearer.
_MOST_COMMITS = 100
# After these, only a table that is opened tells whether it can be read.
_OPENED_ANEW = ("protocol", "metaData")


def files_of_versions(
    location: Location, versions: Collection[int], lying: Mapping[str, LyingFile]
) -> Iterator[tuple[int, dict[str, int] | LakeproofError]]:
    """Yield the files of versions, oldest first.

    Args:
        location: The table.
        versions: Those that are asked for.
        lying: What lies in the table's folder.

    Yields:
        A version, with its files and their sizes, by path below the table's folder; or why it
        cannot be read.
    """
    log = _Log(location, filesystem_of(location))
    for version in sorted(versions):
        try:
            state = log.at(version)
            if state is None or not state.is_whole(lying):
                opened = open_to_read(location, version)
                require_files(opened)
                state = log.begin(opened)
            yield version, state.needed
        except LakeproofError as error:
            yield version, error


@dataclass(frozen=True)
class _State:
    """A version.

    Args:
        version: Its number.
        files: Its data files with their sizes, by path below the table's folder.
        vectors: The file of each one's deletion vector, with the least size that it has.
    """

    version: int
    files: dict[str, int]
    vectors: dict[str, tuple[str, int]]

    @property
    def needed(self) -> dict[str, int]:
        """Both, as `files_of` gives them."""
        found = dict(self.files)
        for path, least in self.vectors.values():
            found[path] = max(found.get(path, 0), least)
        return found

    def is_whole(self, lying: Mapping[str, LyingFile]) -> bool:
        """Tell whether all of it lies there, in the sizes that the log says."""
        there = {path: one.size for path, one in lying.items()}
        return all(there.get(path) == size for path, size in self.files.items()) and all(
            there.get(path, -1) >= least for path, least in self.vectors.values()
        )


@dataclass
class _Log:
    location: Location
    filesystem: "pyarrow.fs.FileSystem"
    _state: _State | None = field(default=None, init=False)

    def at(self, version: int) -> _State | None:
        """Follow the log to a version; `None` where that is to be opened."""
        state = self._state
        if state is None or version - state.version > _MOST_COMMITS:
            return None
        for number in range(state.version + 1, version + 1):
            if not self._follow(state, number):
                self._state = None
                return None
        self._state = _State(version, state.files, state.vectors)
        return self._state

    def begin(self, opened: OpenedTable) -> _State:
        """Begin with a version that was opened."""
        root = root_of(self.location)
        files = {
            path: file.size
            for file in data_files(opened)
            if (path := path_below(root, file.path)) is not None
        }
        vectors = {}
        for name, vector in opened.deletion_vectors.items():
            path = path_below(root, decoded(name))
            file = None if vector.file is None else path_below(root, vector.file)
            if path is not None and file is not None:
                vectors[path] = file, vector.offset + vector.size + 8
        self._state = _State(opened.version, files, vectors)
        return self._state

    def _follow(self, state: _State, version: int) -> bool:
        """Apply a commit; tell whether that could be done."""
        try:
            with self.filesystem.open_input_file(f"_delta_log/{version:020d}.json") as file:
                actions = list(map(json.loads, file.read().splitlines()))
        except (FileNotFoundError, ValueError):
            return False
        if any(kind in action for action in actions for kind in _OPENED_ANEW):
            return False
        # An action may give a file that is there a deletion vector: it goes, and comes again.
        removed = (action["remove"] for action in actions if "remove" in action)
        added = (action["add"] for action in actions if "add" in action)
        return all(self._remove(state, one) for one in removed) and all(
            self._add(state, one) for one in added
        )

    def _remove(self, state: _State, action: Mapping[str, Any]) -> bool:
        path = path_below(root_of(self.location), decoded(action["path"]))
        if path is None:
            return False
        state.files.pop(path, None)
        state.vectors.pop(path, None)
        return True

    def _add(self, state: _State, action: Mapping[str, Any]) -> bool:
        root = root_of(self.location)
        path = path_below(root, decoded(action["path"]))
        if path is None:
            return False
        state.files[path] = int(action["size"])
        state.vectors.pop(path, None)
        if descriptor := action.get("deletionVector"):
            vector = described(descriptor)
            if vector.file is not None:
                file = path_below(root, vector.file)
                if file is None:
                    return False
                state.vectors[path] = file, vector.offset + vector.size + 8
        return True
