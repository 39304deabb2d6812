"""The seam behind which a format stands: what it must tell of a file, and nothing of the schema.

A reader gives columns as they are in the file, as text or with the types that the format has. What
they must be, what is missing and which key is there twice is decided once, in `checked`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

import polars as pl

from lakeproof.deliveries.delivery_errors import DeliveryError
from lakeproof.deliveries.rows.layout import Header, Layout

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery


class Opened(Protocol):
    """A file while it is read."""

    @property
    def is_broken(self) -> bool:
        """Whether something was read that spoils the rows, though they came."""
        ...

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the columns that the layout names under their headers, block by block."""
        ...

    def finish(self) -> None:
        """Hold the bytes that were read against those that were listed.

        Raises:
            DeliveryError: They are others.
        """
        ...


class Reader(Protocol):
    """One format."""

    # What reading a damaged file raises, beside our own error.
    faults: tuple[type[Exception], ...]

    def header(self, delivery: "Delivery") -> Header:
        """Read the names of the columns, and no further than the first row.

        Raises:
            DeliveryError: The file is empty, or is not of this format.
        """
        ...

    def opened(self, delivery: "Delivery", layout: Layout) -> AbstractContextManager[Opened]:
        """Open the file to read all of its rows.

        Raises:
            DeliveryError: It is gone, or cannot be read.
        """
        ...

    def explain(
        self, delivery: "Delivery", layout: Layout, cause: BaseException | None
    ) -> DeliveryError:
        """Say where a file that was refused is wrong first, and how."""
        ...

    def places(self, delivery: "Delivery", rows: set[int]) -> str:
        """Say where rows are, from 0, as a person finds them: `lines 2 and 5`."""
        ...
