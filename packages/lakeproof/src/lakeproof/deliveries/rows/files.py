"""The bytes of a delivery: opened, unpacked, digested; the same for every format."""

import hashlib
import io
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lakeproof.deliveries.delivery_errors import DeliveryError, refusal

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

COMPRESSED = {".gz": "gzip", ".zst": "zstd"}


def opened(delivery: "Delivery") -> BinaryIO:
    """Open the file of a delivery as it is on disk.

    Raises:
        DeliveryError: It is gone, or cannot be read.
    """
    try:
        return delivery.path.open("rb")
    except FileNotFoundError as error:
        raise refusal(
            delivery.name,
            f"the file was in {delivery.path.parent} when the folder was listed and is gone now",
            remedy="Put it back and run again: kedro run",
        ) from error
    except OSError as error:
        raise refusal(
            delivery.name,
            f"{delivery.path} cannot be read ({error.strerror})",
            remedy="Make it readable and run again: kedro run",
        ) from error


def changed(delivery: "Delivery", sha256: str) -> DeliveryError:
    """Word the refusal of a file that is not the one that was listed."""
    return refusal(
        delivery.name,
        f"the file changed while the run went on: its sha256 was {delivery.sha256} when the folder "
        f"was listed and is {sha256} now",
        remedy="Wait until it is delivered completely, then run again: kedro run",
    )


def unpacked(name: str, file: Any) -> BinaryIO:
    """Give a file's bytes without the compression that its ending names."""
    codec = COMPRESSED.get(PurePath(name).suffix.lower())
    if codec is None:
        return cast(BinaryIO, file)
    import pyarrow as pa

    # It reads on where a file is several that were put one behind the other.
    packed = pa.PythonFile(file, "r")
    return cast(BinaryIO, io.BufferedReader(pa.CompressedInputStream(packed, codec)))


def is_packed(name: str) -> bool:
    """Tell whether a file is compressed, by its ending."""
    return PurePath(name).suffix.lower() in COMPRESSED


def stem_of(name: str) -> str:
    """Give a file's name without its ending, that of a compression included."""
    path = PurePath(name)
    return PurePath(path.stem).stem if is_packed(name) else path.stem


def ending_of(name: str) -> str:
    """Give a file's ending in small letters, without that of a compression."""
    path = PurePath(name)
    return (PurePath(path.stem) if is_packed(name) else path).suffix.lower()


class Digested(io.RawIOBase):
    """A file whose bytes are digested as they are read, in their order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        """Say that it is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        block = self._file.read(size)
        self.digest.update(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
