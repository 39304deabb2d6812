"""The bytes of a delivery on their way to the parser: digested, unpacked, decoded as they pass.

Not for text: whoever reads from here gets bytes, which are UTF-8 whatever the file is in.
"""

import codecs
from types import TracebackType
from typing import TYPE_CHECKING

from lakeproof.deliveries.csv.quotes import QuoteScan
from lakeproof.deliveries.dialect import is_utf8
from lakeproof.deliveries.rows.files import Digested, changed, opened, unpacked

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

# A row must fit into one block. Arrow reads 32 of them ahead: larger ones gain little in speed and
# cost a hundred megabytes.
BLOCK_SIZE = 1048576


class Content:
    """A file that Arrow reads from, and that tells what Arrow would not refuse."""

    def __init__(self, delivery: "Delivery") -> None:
        dialect = delivery.dialect
        self._quotes = QuoteScan(dialect.separator, dialect.quote)
        self._has_nul = False
        self._delivery = delivery
        self._digested = Digested(opened(delivery))
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
