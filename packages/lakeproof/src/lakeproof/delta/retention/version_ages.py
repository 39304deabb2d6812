"""When the versions of a table were committed, and for how long it keeps them: one look at its log.

Not for one version that a run is about to read: see `lifetime`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from lakeproof.delta.log.location import CHECKPOINT_FILE, COMMIT_FILE, filesystem_of
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.retention.lifetime import Retention, retention_of
from lakeproof.versioned.location import Location

_TIMES = {"commitInfo": "timestamp", "remove": "deletionTimestamp"}


@dataclass(frozen=True)
class VersionAges:
    """What a table's log says of the age of its versions.

    Args:
        table_id: The table's id.
        newest: Its newest version.
        retention: How long it keeps what it no longer needs, by what it says now.
        committed: When each version was, by the file in the log that both engines go by.
        said: Looks up what a commit itself says of its time, and of when it removed files, at the
            earliest: a vacuum goes by that. In a copied table it is earlier than the files are.
    """

    table_id: str
    newest: int
    retention: Retention
    committed: Mapping[int, datetime]
    said: Callable[[int], datetime | None] = lambda _: None

    def superseded(self, version: int) -> datetime:
        """Tell when another version took its place; on no account later than that was.

        Where the commit after it is gone, its own time is taken.
        """
        number = version + 1 if version + 1 in self.committed else version
        said = self.said(number)
        return min(self.committed[number], said or self.committed[number])


def ages_of(location: Location) -> VersionAges:
    """Look at a table's log once.

    Raises:
        LakeproofError: If it cannot be opened.
    """
    import pyarrow.fs as pafs

    newest = open_table(location)
    committed: dict[int, datetime] = {}
    selector = pafs.FileSelector("_delta_log", allow_not_found=True)
    filesystem = filesystem_of(location)
    for info in filesystem.get_file_info(selector):
        commit = COMMIT_FILE.fullmatch(info.base_name)
        match = commit or CHECKPOINT_FILE.fullmatch(info.base_name)
        if match and info.mtime_ns:
            version, when = int(match[1]), datetime.fromtimestamp(info.mtime_ns / 1e9, UTC)
            # A commit that was cleaned away has left its checkpoint.
            committed[version] = when if commit else committed.get(version, when)

    @cache
    def said(version: int) -> datetime | None:
        try:
            with filesystem.open_input_file(f"_delta_log/{version:020d}.json") as file:
                return _said(file.read())
        except FileNotFoundError:  # a checkpoint is left of it
            return None

    retention = retention_of(newest.table.metadata().configuration)
    return VersionAges(newest.table_id, newest.version, retention, committed, said)


def _said(commit: bytes) -> datetime | None:
    found = []
    for action in map(json.loads, commit.splitlines()):
        for kind, key in _TIMES.items():
            told = (action.get(kind) or {}).get(key)
            if isinstance(told, int | float):
                found.append(told)
    return datetime.fromtimestamp(min(found) / 1000, UTC) if found else None
