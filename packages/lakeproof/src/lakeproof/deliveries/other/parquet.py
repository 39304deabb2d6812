"""Parquet behind the seam of formats: Polars reads it, with the types that it has.

A value is taken where it is, exactly, one of the declared type: a whole number of another width
within its bounds, never a text for a number.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from lakeproof.deliveries.delivery_errors import refusal
from lakeproof.deliveries.rows.faults import WholeFile, WholeFileReader
from lakeproof.deliveries.rows.files import opened
from lakeproof.deliveries.rows.layout import COMPLETE, Header
from lakeproof.frames.batches import whole_batches

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_BATCH_ROWS = 131_072


class _OpenedParquet(WholeFile):
    """A Parquet file while it is read."""

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the columns in batches."""
        names = [column.header for column in self._layout.from_file]
        rows = pl.scan_parquet(self._delivery.path, glob=False).select(names)
        yield from whole_batches(rows, _BATCH_ROWS, maintain_order=True)


class ParquetReader(WholeFileReader):
    """Columns with types."""

    faults: tuple[type[Exception], ...] = (pl.exceptions.PolarsError, OSError)
    opens = _OpenedParquet

    def header(self, delivery: "Delivery") -> Header:
        """Read names and the number of rows from the end of the file.

        Raises:
            DeliveryError: It is gone, empty, or no Parquet.
        """
        opened(delivery).close()
        try:
            scanned = pl.scan_parquet(delivery.path, glob=False)
            names = scanned.collect_schema().names()
            count = scanned.select(pl.len()).collect().item()
        except self.faults as error:
            raise refusal(
                delivery.name,
                f"it cannot be read as Parquet ({str(error)[:200]})",
                remedy=COMPLETE,
            ) from error
        return Header(tuple(names), has_rows=count > 0)
