"""Excel behind the seam of formats: fastexcel reads one sheet, each cell as its text.

fastexcel cuts a number's text after nine decimals, and takes the text `007` for a number where one
is asked for: both are asked for, and the shortest text that gives the number's bits again is taken
where the two differ. A cell with an error (`#DIV/0!`) is refused; it would read as missing.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import polars as pl

from lakeproof.deliveries.delivery_errors import refusal, shown
from lakeproof.deliveries.rows.faults import WholeFile, WholeFileReader
from lakeproof.deliveries.rows.files import opened
from lakeproof.deliveries.rows.layout import COMPLETE, Header

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_MIDNIGHT = " 00:00:00$"


class _OpenedExcel(WholeFile):
    """A workbook while it is read; a sheet is never too large for memory."""

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the cells as text.

        Raises:
            DeliveryError: A cell holds an error.
        """
        delivery, columns = self._delivery, self._layout.from_file
        batch, faults = _sheet(delivery).to_arrow_with_errors()
        numbers: Any = pl.from_arrow(_sheet(delivery, "float").to_arrow_with_errors()[0])
        names = [column.header for column in columns]
        frame: Any = pl.from_arrow(batch)
        for fault in faults.errors if faults is not None else ():
            row, place = fault.offset_position
            raise refusal(
                delivery.name,
                f"row {row + 1} is wrong: the cell holds an error ({fault.detail[-80:]})",
                column=frame.columns[place] if place < frame.width else None,
            )
        frame = frame.with_columns(
            _exact(frame[name], numbers[name]) for name in names
        ).with_columns(
            pl.col(column.header).str.replace(_MIDNIGHT, "")
            for column in columns
            if column.type == "date"
        )
        if delivery.dialect.empty_rows:
            frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
        yield frame.select(names)


class ExcelReader(WholeFileReader):
    """Cells of a sheet, the names of the columns in its first row."""

    faults: tuple[type[Exception], ...] = (OSError,)
    opens = _OpenedExcel

    def header(self, delivery: "Delivery") -> Header:
        """Read the first row of the sheet.

        Raises:
            DeliveryError: The file is gone, no workbook, or has several sheets and none is named.
        """
        sheet = _sheet(delivery)
        names = [column.name for column in sheet.available_columns()]
        if not names:
            raise refusal(delivery.name, f"its sheet {shown(sheet.name)} is empty", remedy=COMPLETE)
        return Header(tuple(names), has_rows=sheet.height > 0)


def _exact(text: pl.Series, number: pl.Series) -> pl.Series:
    """Give the text of cells, for a number that was cut the one that gives its bits again."""
    is_cut = (text.cast(pl.Float64, strict=False) != number).fill_null(False)
    return number.cast(pl.String).zip_with(is_cut, text).alias(text.name)


def _sheet(delivery: "Delivery", cells: str = "string") -> Any:
    opened(delivery).close()
    try:
        fastexcel: Any = import_module("fastexcel")
    except ImportError as error:
        raise refusal(
            delivery.name,
            "Excel files are read by the package fastexcel, which is not installed",
            remedy="Install it: pip install 'lakeproof[excel]', and lock it; or save the sheet as "
            "CSV",
        ) from error
    try:
        book = fastexcel.read_excel(delivery.path)
        sheets = book.sheet_names
        wanted = delivery.dialect.sheet or (sheets[0] if len(sheets) == 1 else "")
        if wanted in sheets:
            return book.load_sheet(wanted, dtypes=cells, schema_sample_rows=1)
    except fastexcel.FastExcelError as error:
        raise refusal(
            delivery.name, f"it is no workbook ({str(error)[:200]})", remedy=COMPLETE
        ) from error
    listed = ", ".join(shown(name) for name in sheets[:6])
    raise refusal(
        delivery.name,
        f"it has the sheets {listed}, and {shown(wanted)} is none of them"
        if wanted
        else f"it has several sheets: {listed}",
        remedy=f"Say in catalog.yml which is meant, such as csv: {{sheet: {sheets[0]}}}",
    )
