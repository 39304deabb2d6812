"""What each commit says of itself, read from its own file of the log.

delta-rs numbers the entries of `history()` by counting down, so that one commit without a
`commitInfo`, which Delta allows, gives all older ones another's number.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakeproof.delta.log.commit_metadata import CommitNote
from lakeproof.delta.log.location import log_files
from lakeproof.versioned.location import Location


@dataclass(frozen=True)
class LogEntry:
    """One commit of a table.

    Args:
        version: The Delta version it made.
        timestamp: When, in milliseconds since 1970 in UTC: as the commit says, else as its file.
        operation: Delta's name of the operation; `None` where the commit does not say.
        note: What we wrote into it, where we did.
    """

    version: int
    timestamp: int
    operation: str | None
    note: CommitNote | None


def entries(location: Location, newest: int, oldest: int = 0) -> Iterator[LogEntry]:
    """Yield the entries of the commits between two versions, newest first.

    A commit whose file was cleaned away is left out, and so are those before it.
    """
    filesystem, _ = log_files(location)
    for version in range(newest, oldest - 1, -1):
        path = f"_delta_log/{version:020d}.json"
        try:
            with filesystem.open_input_file(path) as file:
                content = file.read()
        except FileNotFoundError:
            return
        info = _commit_info(content)
        timestamp = info.get("timestamp")
        if timestamp is None:
            timestamp = filesystem.get_file_info(path).mtime_ns // 1_000_000
        yield LogEntry(
            version,
            int(timestamp),
            info.get("operation"),
            CommitNote.from_json(info.get("userMetadata")),
        )


def _commit_info(commit: bytes) -> dict[str, Any]:
    for line in commit.splitlines():
        if b'"commitInfo"' in line and isinstance(info := json.loads(line).get("commitInfo"), dict):
            return info
    return {}


def iso_time(milliseconds: int) -> str:
    """Write a commit's time as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
