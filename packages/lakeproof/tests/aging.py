"""Make commits look old: by the time of their files and by what they say of themselves."""

import json
import os
import time
from pathlib import Path

_TIMES = {
    "commitInfo": "timestamp",
    "add": "modificationTime",
    "remove": "deletionTimestamp",
}


def age(table: Path, days: float = 40) -> None:
    """Have everything in a table's folder happen some days earlier.

    A table without checkpoints, which would tell the times of files once more.
    """
    milliseconds = int(days * 86_400_000)
    log = table / "_delta_log"
    assert not list(log.glob("*.checkpoint*"))
    for commit in log.glob("*.json"):
        lines = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in lines:
            for kind, key in _TIMES.items():
                if kind in action:
                    action[kind][key] -= milliseconds
        commit.write_text("".join(json.dumps(action) + "\n" for action in lines))
        # Hadoop's own digest of the file as it was, and Delta's of the whole version.
        (log / f".{commit.name}.crc").unlink(missing_ok=True)
        for digest in log.glob(f"*{commit.stem}.crc*"):
            digest.unlink()
    then = time.time() - days * 86_400
    for file in table.rglob("*"):
        os.utime(file, (then, then))
