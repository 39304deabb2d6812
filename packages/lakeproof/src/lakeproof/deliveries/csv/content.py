"""The bytes of a delivery on their way to the parser: digested and looked at once, as they pass.

Not for text: whoever reads from here gets bytes.
"""

import hashlib
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from lakeproof.deliveries.csv.quotes import QuoteScan
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

# A row must fit into one block. Arrow reads 32 of them ahead: larger ones gain little in speed and
# cost a hundred megabytes.
BLOCK_SIZE = 1048576


def opened(delivery: "Delivery") -> BinaryIO:
    """Open the file of a delivery.

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


class Content:
    """A file that Arrow reads from, and that tells what Arrow would not refuse."""

    def __init__(self, delivery: "Delivery") -> None:
        self._quotes = QuoteScan(delivery.dialect.separator)
        self._has_nul = False
        self._digest = hashlib.sha256()
        self._delivery = delivery
        self._file = opened(delivery)

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
        return self._file.closed

    @property
    def is_broken(self) -> bool:
        """Whether a NUL, or a quote out of place, was read so far."""
        return self._has_nul or self._quotes.fault is not None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size` of them."""
        block = self._file.read(size)
        self._digest.update(block)
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
        sha256 = self._digest.hexdigest()
        if sha256 != self._delivery.sha256:
            raise changed(self._delivery, sha256)
