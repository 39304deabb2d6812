"""The rules by which text becomes typed values, in one place for both who use them.

`reading` parses by them, `diagnosis` finds with them the line that breaks them: one set of rules,
so that the two cannot disagree. Not for anything that needs the whole file.
"""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa
from pyarrow import csv

from lakeproof.deliveries.csv.layout import Layout
from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.schema import Column

_ARROW = {
    "string": pa.string(),
    "long": pa.int64(),
    "integer": pa.int32(),
    "short": pa.int16(),
    "byte": pa.int8(),
    "double": pa.float64(),
    "float": pa.float32(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def options(
    dialect: Dialect, columns: Sequence[Column]
) -> tuple[csv.ParseOptions, csv.ConvertOptions]:
    """Say to Arrow how fields are told apart, and what each of the columns is.

    Columns that are not given are parsed past; they are not converted.
    """
    parse = csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True)
    convert = csv.ConvertOptions(
        column_types={column.header: _ARROW[column.type] for column in columns},
        include_columns=[column.header for column in columns],
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        true_values=["true", "True", "TRUE", "1"],
        false_values=["false", "False", "FALSE", "0"],
        decimal_point=dialect.decimal,
        check_utf8=True,
    )
    return parse, convert


def to_frame(batch: pa.RecordBatch, layout: Layout, start: int) -> pl.DataFrame:
    """Name, complete and order one batch as the schema declares it.

    Args:
        batch: The columns of the file, under their headers.
        layout: Which of them there are.
        start: How many rows of the file came before.
    """
    frame = pl.DataFrame(batch.rename_columns([column.name for column in layout.from_file]))
    if len(layout.columns) == len(layout.from_file):
        return frame
    stem = pl.lit(layout.stem)
    number = pl.int_range(start + 1, start + 1 + pl.len()).cast(pl.String).str.zfill(6)
    computed = {"file": stem, "row": pl.concat_str(stem, pl.lit("-"), number)}
    return frame.with_columns(
        computed[column.origin].alias(column.name)
        for column in layout.columns
        if column.origin != "column"
    ).select(column.name for column in layout.columns)


def empty_frame(layout: Layout) -> pl.DataFrame:
    """Return the frame that a file of no rows would be: it has the types of any other."""
    types = [(column.header, _ARROW[column.type]) for column in layout.from_file]
    return to_frame(pa.schema(types).empty_table(), layout, 0)


def is_sound(frame: pl.DataFrame, layout: Layout) -> bool:
    """Tell whether nothing is missing that must be there, and every number is one."""
    missing = dict(zip(frame.columns, frame.null_count().row(0), strict=True))
    if any(missing[column.name] and not column.is_nullable for column in layout.from_file):
        return False
    # One query for all columns: it costs as much to start as a block's column to look at.
    are_finite = frame.select(pl.col(pl.Float64, pl.Float32).is_finite().all())
    return not are_finite.width or all(are_finite.row(0))
