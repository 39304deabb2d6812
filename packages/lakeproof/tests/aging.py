"""Make commits look old: by the time of their files and by what they say of themselves."""

import json
import os
import time
from collections.abc import Collection
from pathlib import Path

_TIMES = {
    "commitInfo": "timestamp",
    "add": "modificationTime",
    "remove": "deletionTimestamp",
}


def age_commit(commit: Path, days: float, kinds: Collection[str] = tuple(_TIMES)) -> None:
    """Have what a commit says of itself be some days earlier, but for its file's own time."""
    lines = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in lines:
        for kind in action.keys() & set(kinds):
            action[kind][_TIMES[kind]] -= int(days * 86_400_000)
    commit.write_text("".join(json.dumps(action) + "\n" for action in lines))


def age(table: Path, days: float = 40) -> None:
    """Have everything in a table's folder happen some days earlier.

    A table without checkpoints, which would tell the times of files once more.
    """
    log = table / "_delta_log"
    assert not list(log.glob("*.checkpoint*"))
    for commit in log.glob("*.json"):
        age_commit(commit, days)
        # Hadoop's own digest of the file as it was, and Delta's of the whole version.
        (log / f".{commit.name}.crc").unlink(missing_ok=True)
        for digest in log.glob(f"*{commit.stem}.crc*"):
            digest.unlink()
    then = time.time() - days * 86_400
    for file in table.rglob("*"):
        os.utime(file, (then, then))
