"""Open an old version of a local table without looking at all of its log.

To open version 5,004 of 10,000, delta-rs lists the whole log and asks the size of each file. It
needs ten of them: the checkpoint before that version and the commits after the checkpoint. They are
linked into a folder of their own, and delta-rs reads that as it reads any log. Not for writing, and
nothing here reads an action itself.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import deltalake

from lakeproof.delta.log.checkpoints import SIDECARS, newest_whole
from lakeproof.delta.log.handle import Handle
from lakeproof.startup.plain import is_plain
from lakeproof.versioned.location import Location

# As many commits as delta-rs writes between two checkpoints where a table does not say.
_MOST_COMMITS = 100


# What delta-rs's own object answers from memory. Anything else would look for data files, or write,
# where the view was.
_ANSWERS = frozenset(
    {
        "file_uris",
        "get_add_actions",
        "get_add_file_sizes",
        "get_latest_version",
        "metadata",
        "protocol_versions",
        "schema",
        "transaction_version",
        "version",
    }
)


class _Answers:
    """Let through what is known of the version, and nothing that moves rows."""

    def __init__(self, table: Any) -> None:
        self._known = table

    def __getattr__(self, name: str) -> Any:
        if name not in _ANSWERS:
            raise AttributeError(f"a version opened to be read does not {name}")
        return getattr(self._known, name)


class PinnedTable(Handle):
    """One version of a table, to be read: its log is a view, its data files are the table's own.

    Args:
        folder: Where the view of the log is; it is not needed once this is made.
        root: The table's folder.
        version: The version.
    """

    def __init__(self, folder: str, root: str, version: int) -> None:
        super().__init__(folder, version=version)
        self._folder = folder
        self._root = root
        self._table: Any = _Answers(self._table)

    @property
    def table_uri(self) -> str:
        """Name the table's folder as delta-rs does."""
        return f"{Path(self._root).as_uri()}/"

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:
        """List the data files where they are."""
        known, length = f"{self._folder}/", len(self._folder)
        return [
            # A table may name files that lie elsewhere.
            self._root + uri[length:] if uri.startswith(known) else uri
            for uri in super().file_uris(*args, **kwargs)
        ]


def open_view(location: Location, version: int) -> PinnedTable | None:
    """Open one version of a local table by the part of its log that makes it.

    Returns:
        `None` wherever that part is not plainly there or delta-rs does not open it, and where no
        tricks are wanted: then the whole log is to be asked, which also knows what to say.
    """
    if not location.is_local or is_plain():
        return None
    root = os.path.realpath(location.uri)
    try:
        names = needed_names(os.listdir(f"{root}/_delta_log"), version)
        if not names:
            return None
        with tempfile.TemporaryDirectory(prefix="lakeproof-log-") as folder:
            folder = os.path.realpath(folder)
            log, view = f"{root}/_delta_log", f"{folder}/_delta_log"
            os.mkdir(view)
            for name in (*names, SIDECARS) if os.path.isdir(f"{log}/{SIDECARS}") else names:
                os.symlink(f"{log}/{name}", f"{view}/{name}")
            return PinnedTable(folder, root, version)
    except (OSError, deltalake.exceptions.DeltaError):
        return None


def needed_names(names: list[str], version: int) -> list[str]:
    """Choose the files of a log that make one version.

    Args:
        names: All names in `_delta_log`.
        version: The version.

    Returns:
        The newest whole checkpoint up to the version and the commits after it, or all commits where
        there is no checkpoint; empty if one is missing or there are more than a hundred.
    """
    start, needed = newest_whole(names, version)
    if version - start > _MOST_COMMITS:
        return []
    commits = [f"{number:020d}.json" for number in range(start + 1, version + 1)]
    if not set(names).issuperset(commits):
        return []
    return needed + commits
