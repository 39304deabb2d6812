"""Which reader a file is for, by its ending."""

from importlib import import_module
from typing import TYPE_CHECKING

from lakeproof.deliveries.delivery_errors import refusal

if TYPE_CHECKING:
    import polars as pl

    from lakeproof.deliveries.delivery import Delivery
    from lakeproof.deliveries.rows.reader import Reader

_OTHER = "lakeproof.deliveries.other"
_PARQUET = (f"{_OTHER}.parquet", "ParquetReader")
_JSON_LINES = (f"{_OTHER}.json_lines", "JsonLinesReader")
_EXCEL = (f"{_OTHER}.excel", "ExcelReader")
_READERS = {
    **dict.fromkeys((".parquet", ".pq"), _PARQUET),
    **dict.fromkeys((".jsonl", ".ndjson"), _JSON_LINES),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), _EXCEL),
}
_CSV = ("lakeproof.deliveries.csv.reading", "CsvReader")
# Of any other ending a file is CSV, if the catalog's pattern says that it is a delivery.
KNOWN = (".csv", ".tsv", *_READERS)


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
    """Give the reader of a file's format.

    Raises:
        DeliveryError: It is compressed, and of a format that is read where it lies.
    """
    from lakeproof.deliveries.rows.files import ending_of, is_packed

    ending = ending_of(name)
    if is_packed(name) and _READERS.get(ending) in (_PARQUET, _EXCEL):
        raise refusal(
            name,
            f"a {ending} file is compressed within, and is not read from another compression",
            remedy="Unpack it and run again: kedro run",
        )
    room, kind = _READERS.get(ending, _CSV)
    reader: Reader = getattr(import_module(room), kind)()
    return reader
