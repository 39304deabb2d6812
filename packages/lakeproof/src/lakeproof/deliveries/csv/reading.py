"""CSV behind the seam of formats: Arrow splits a file into fields, block by block.

Numbers with a point are converted by Arrow as well, to the same bits and faster, where the dialect
has no say in them; every other field comes as text. Empty lines are left out.

Not for finding the line of what is refused: that is `diagnosis`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from pyarrow import csv

from lakeproof.deliveries.csv import content, diagnosis
from lakeproof.deliveries.csv.csv_records import header_of, lines_of
from lakeproof.deliveries.csv.other_content import refuse_other_content
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal
from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.rows.layout import COMPLETE, Header, Layout
from lakeproof.deliveries.schema import Column

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

# Judged at once: each query over a few columns costs as much as some thousand rows of them.
_BLOCKS = 8
_PLAIN = {"double": pa.float64(), "float": pa.float32()}
# The name of the column that a separator too many makes: no other has it.
_TRAILING = "\x01trailing"


class CsvReader:
    """Fields of text between separators."""

    faults: tuple[type[Exception], ...] = (pa.ArrowException, UnicodeError, OSError)

    def header(self, delivery: "Delivery") -> Header:
        """Read the header of a delivery, and no further than its first row.

        Raises:
            DeliveryError: The file is empty, or its header is no text.
        """
        refuse_other_content(delivery)
        header, is_text = header_of(delivery)
        if not header.names:
            raise refusal(delivery.name, _emptiness(delivery), remedy=COMPLETE)
        if not is_text:
            raise diagnosis.not_text(delivery, header.line or 1)
        return header

    def opened(self, delivery: "Delivery", layout: Layout) -> "AbstractContextManager[_OpenedCsv]":
        """Open the file to read all of its rows."""
        return _OpenedCsv(delivery, layout)

    def explain(
        self, delivery: "Delivery", layout: Layout, cause: BaseException | None
    ) -> DeliveryError:
        """Say which line is wrong first, and how."""
        return diagnosis.explain(delivery, layout, cause)

    def places(self, delivery: "Delivery", rows: set[int]) -> str:
        """Say on which lines rows start."""
        return "lines " + " and ".join(str(line) for line in lines_of(delivery, rows))


class _OpenedCsv(content.Content):
    """A CSV file while Arrow splits it."""

    def __init__(self, delivery: "Delivery", layout: Layout) -> None:
        super().__init__(delivery)
        self._layout = layout
        self._dialect = delivery.dialect

    def __enter__(self) -> "_OpenedCsv":
        return self

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the fields block by block."""
        header, dialect = self._layout.header, self._dialect
        names = [*header.names, *([_TRAILING] if header.has_trailing else [])]
        # One thread: a second one gains little on a file that is also digested, and holds more
        # blocks.
        read = csv.ReadOptions(
            use_threads=False,
            block_size=content.BLOCK_SIZE,
            skip_rows=header.skipped,
            column_names=names if header.has_trailing else None,
            skip_rows_after_names=int(header.has_trailing),
        )
        parse = csv.ParseOptions(
            delimiter=dialect.separator,
            quote_char=dialect.quote or False,
            newlines_in_values=bool(dialect.quote),
        )
        types = {column.header: _type(column, dialect) for column in self._layout.from_file}
        if header.has_trailing:
            types[_TRAILING] = pa.null()
        convert = csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=True,
        )
        with csv.open_csv(
            pa.PythonFile(self, "r"),
            read_options=read,
            parse_options=parse,
            convert_options=convert,
        ) as reader:
            blocks = (block for block in reader if block.num_rows)
            while some := list(islice(blocks, _BLOCKS)):
                yield self._frame(some)

    def _frame(self, blocks: list[pa.RecordBatch]) -> pl.DataFrame:
        # Block by block: in a table of Arrow, a column without a name gets one of Polars' own.
        frame = pl.concat(map(pl.DataFrame, blocks), rechunk=True)
        if self._layout.header.has_trailing:
            frame = frame.drop(_TRAILING)
        if self._dialect.empty_rows:
            frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
        return frame


def _type(column: Column, dialect: Dialect) -> pa.DataType:
    own = dialect.of_column(column.own)
    is_plain = own.decimal == "." and not own.thousands and not own.null_values
    return _PLAIN.get(column.type, pa.string()) if is_plain else pa.string()


def _emptiness(delivery: "Delivery") -> str:
    size = delivery.path.stat().st_size
    return f"it has {size} bytes and no header" if size else "it is empty (0 bytes)"
