"""Which reader a file is for, by its ending."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from lakeproof.deliveries.delivery import Delivery
    from lakeproof.deliveries.rows.reader import Reader


def parse(delivery: "Delivery") -> "pl.LazyFrame":
    """Give the rows of a delivery as they are in its file.

    Raises:
        DeliveryError: The file is gone, empty, or its header is not the schema's; while the frame
            is consumed, also for everything that is refused in rows.
    """
    # Polars and Arrow are loaded by whoever reads rows, not by whoever lists deliveries.
    from lakeproof.deliveries.rows.checked import scan

    return scan(delivery, reader_of(delivery.name))


def reader_of(name: str) -> "Reader":
    """Give the reader of a file's format."""
    from lakeproof.deliveries.csv.reading import CsvReader

    return CsvReader()
