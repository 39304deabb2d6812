"""The rows of data files that a version no longer has: its deletion vectors.

delta-rs 1.6 tells neither where they are, which copies and checks must know, nor which rows they
mean once a table has another feature beside them (type widening). So they are read here, as the
protocol writes them.
"""

import base64
import json
import string
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakeproof.delta.log.checkpoints import held, newest_whole
from lakeproof.delta.log.location import log_files
from lakeproof.errors import TableError
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import numpy as np

_MAGIC = 1_681_511_377
_UUID_CHARACTERS = 20
# Both alphabets of 85: that of ZeroMQ, which Delta writes, and the one that Python 3.11 reads.
_LETTERS = string.digits + string.ascii_lowercase + string.ascii_uppercase
_READ_BY_PYTHON = string.digits + string.ascii_uppercase + string.ascii_lowercase
_TO_PYTHON = str.maketrans(
    _LETTERS + ".-:+=^!/*?&<>()[]{}@%$#", _READ_BY_PYTHON + "!#$%&()*+-;<=>?@^_`{|}~"
)


@dataclass(frozen=True)
class DeletionVector:
    """Which rows of one data file are gone.

    Args:
        file: Where it is written, below the table's folder; an absolute path as the log has it;
            `None` where it stands in the log itself.
        inline: Then what stands there.
        offset: Where it begins in its file, which may hold several.
        size: In bytes.
        cardinality: How many rows.
    """

    file: str | None
    inline: str
    offset: int
    size: int
    cardinality: int


def read_descriptors(location: Location, version: int) -> dict[str, DeletionVector]:
    """Read from the log which files of a version have a deletion vector, by their paths in it."""
    filesystem, names = log_files(location)
    start, checkpoint = newest_whole(names, version)
    found = {
        action["path"]: action["deletionVector"]
        for action in held(filesystem, checkpoint, "add", "path", "deletionVector")
    }
    for number in range(start + 1, version + 1):
        with filesystem.open_input_file(f"_delta_log/{number:020d}.json") as file:
            lines = [json.loads(line) for line in file.read().splitlines()]
        for line in lines:
            if remove := line.get("remove"):
                found.pop(remove["path"], None)
        for line in lines:
            if (add := line.get("add")) and add.get("deletionVector"):
                found[add["path"]] = add["deletionVector"]
    return {path: described(descriptor) for path, descriptor in found.items()}


def deleted_rows(
    location: Location, version: int, vector: DeletionVector
) -> "np.ndarray[Any, Any]":
    """Give the places in its file of the rows that are gone.

    Raises:
        TableError: If what is there is not what the log says.
    """
    from pyroaring import BitMap64

    try:
        content = _content(location, vector)
        if int.from_bytes(content[:4], "little") != _MAGIC:
            raise ValueError("it has another format")
        rows = BitMap64.deserialize(content[4:])
        if len(rows) != vector.cardinality:
            raise ValueError(f"it names {len(rows)} rows, the log says {vector.cardinality}")
    except (OSError, ValueError) as error:
        raise TableError(
            f"Table '{location.name}' cannot be read at version {version}: the "
            f"deletion vector in {vector.file or 'its log'} is damaged or missing "
            f"({location.without_secrets(str(error))[:200]}). Nothing was read. Restore it "
            "from a backup; other versions may be whole."
        ) from error
    import numpy as np

    return np.fromiter(rows, dtype=np.uint64, count=len(rows))


def described(descriptor: Mapping[str, Any]) -> DeletionVector:
    """Read what an action of the log says of a deletion vector."""
    kind, text = descriptor["storageType"], descriptor["pathOrInlineDv"]
    size, count = int(descriptor["sizeInBytes"]), int(descriptor["cardinality"])
    if kind == "i":
        return DeletionVector(None, text, 0, size, count)
    offset = int(descriptor.get("offset") or 0)
    if kind == "p":
        return DeletionVector(text, "", offset, size, count)
    folder, name = text[:-_UUID_CHARACTERS], text[-_UUID_CHARACTERS:]
    file = f"deletion_vector_{uuid.UUID(bytes=_from_text(name))}.bin"
    return DeletionVector(f"{folder}/{file}" if folder else file, "", offset, size, count)


def _content(location: Location, vector: DeletionVector) -> bytes:
    if vector.file is None:
        return _from_text(vector.inline)[: vector.size]
    filesystem, _ = log_files(location)
    with filesystem.open_input_file(vector.file) as file:
        file.seek(vector.offset)
        size = int.from_bytes(file.read(4), "big")
        content = bytes(file.read(vector.size))
        checksum = int.from_bytes(file.read(4), "big")
    if size != vector.size or zlib.crc32(content) != checksum:
        raise ValueError("its checksum is another")
    return content


def _from_text(text: str) -> bytes:
    return base64.b85decode(text.translate(_TO_PYTHON))
