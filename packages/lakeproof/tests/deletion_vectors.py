"""Write the log of a table anew as Databricks or Spark would have: with deletion vectors."""

import base64
import json
import string
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyroaring import BitMap64

_PYTHON = (
    string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~"
)
_Z85 = string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#"
Action = dict[str, Any]


def rewrite(table: Path, change: Callable[[Action], Action], *features: str) -> None:
    """Write the log anew, with other features and what they mean for each action."""
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": list(features),
        "writerFeatures": list(features),
    }
    for log in (table / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        actions = [{"protocol": protocol} if "protocol" in a else change(a) for a in actions]
        log.write_text("\n".join(map(json.dumps, actions)))


def z85(content: bytes) -> str:
    """Write bytes as the protocol does."""
    return base64.b85encode(content).decode().translate(str.maketrans(_PYTHON, _Z85))


def vector(table: Path, rows: list[int], *, is_inline: bool, folder: str = "") -> Action:
    """Write a deletion vector, behind another one in its file, and describe it."""
    content = (1_681_511_377).to_bytes(4, "little") + BitMap64(rows).serialize()
    told = {"sizeInBytes": len(content), "cardinality": len(rows)}
    if is_inline:
        padded = content + b"\0" * (-len(content) % 4)
        return {"storageType": "i", "pathOrInlineDv": z85(padded), **told}
    name, before = uuid.uuid4(), b"\1" + b"another vector"
    file = table / folder / f"deletion_vector_{name}.bin"
    file.parent.mkdir(exist_ok=True)
    crc = zlib.crc32(content).to_bytes(4, "big")
    file.write_bytes(before + len(content).to_bytes(4, "big") + content + crc)
    where = {"pathOrInlineDv": folder + z85(name.bytes), "offset": len(before)}
    return {"storageType": "u", **where, **told}


def give_vectors(table: Path) -> None:
    """Let every file of a table, live or not, have a vector of its own that takes its second row.

    Args:
        table: The table, on a local disk.
    """
    vectors: dict[str, Action] = {}

    def change(action: Action) -> Action:
        for kind in ("add", "remove"):
            if kind in action:
                path = action[kind]["path"]
                if path not in vectors:
                    vectors[path] = vector(table, [1], is_inline=False, folder="ab")
                action[kind]["deletionVector"] = vectors[path]
        return action

    rewrite(table, change, "deletionVectors")
