"""The bytes of a delivery on their way to the parser: digested, unpacked, decoded as they pass.

Not for text: whoever reads from here gets bytes, which are UTF-8 whatever the file is in.
"""

import codecs
import hashlib
import io
from pathlib import PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lakeproof.deliveries.csv.quotes import QuoteScan
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal
from lakeproof.deliveries.dialect import is_utf8
from lakeproof.deliveries.rows.layout import COMPRESSED

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

# A row must fit into one block. Arrow reads 32 of them ahead: larger ones gain little in speed and
# cost a hundred megabytes.
BLOCK_SIZE = 1048576


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


class _Digested(io.RawIOBase):
    """A file whose bytes are digested as they are read, in their order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block

    def close(self) -> None:
        self._file.close()
        super().close()


class Content:
    """A file that Arrow reads from, and that tells what Arrow would not refuse."""

    def __init__(self, delivery: "Delivery") -> None:
        dialect = delivery.dialect
        self._quotes = QuoteScan(dialect.separator, dialect.quote)
        self._has_nul = False
        self._delivery = delivery
        self._digested = _Digested(opened(delivery))
        self._file = unpacked(delivery.name, self._digested)
        self._decoder = (
            None if is_utf8(dialect.encoding) else codecs.getincrementaldecoder(dialect.encoding)()
        )
        self._decoded = b""

    def __enter__(self) -> "Content":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether the file is closed; Arrow asks."""
        return self._digested.closed

    @property
    def is_broken(self) -> bool:
        """Whether a NUL, or a quote out of place, was read so far."""
        return self._has_nul or self._quotes.fault is not None

    @property
    def bad_quote(self) -> int | None:
        """The place of the first quote out of place, as an offset in what was read."""
        return self._quotes.fault

    def close(self) -> None:
        """Close the file."""
        self._digested.close()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size` of them.

        Raises:
            UnicodeError: They are no text of the declared encoding.
            OSError: They are not of the compression that the file's ending names.
        """
        block = self._next(size)
        self._quotes.feed(block)
        # Arrow cuts blocks at the wrong place after a NUL within quotes.
        self._has_nul = self._has_nul or b"\0" in block
        return block

    def finish(self) -> None:
        """Read what is left and hold the whole against the digest that was listed.

        Raises:
            DeliveryError: These are other bytes than those that were listed.
        """
        while self.read(BLOCK_SIZE):
            pass
        self._quotes.close()
        # What a compression leaves unread behind its end belongs to the file.
        while self._digested.read(BLOCK_SIZE):
            pass
        sha256 = self._digested.digest.hexdigest()
        if sha256 != self._delivery.sha256:
            raise changed(self._delivery, sha256)

    def _next(self, size: int) -> bytes:
        if self._decoder is None:
            return self._file.read(size)
        while not self._decoded:
            block = self._file.read(size)
            text = self._decoder.decode(block, final=not block)
            self._decoded = text.encode("utf-8")
            if not block:
                break
        # Arrow has room for what it asked for, and text is longer or shorter in UTF-8.
        given, self._decoded = self._decoded[:size], self._decoded[size:]
        return given
