"""Stream a delivery's rows: Arrow parses, Polars checks, a few blocks are held.

What is read, beyond what the schema declares:

- A missing value is empty text, quoted or not, and nothing else: `NA`, `nan` or a blank is text.
- Blanks around a number or a date are cut off; around anything else they belong to the value.
- `nan`, `inf` and numbers too large for their type are no numbers: no NaN enters from a file.
- A timestamp says its zone (`2026-01-31T00:00:00Z`), or two machines would read two instants.
- Empty lines are left out. Arrow takes `0x1F` for an integer, and so do we.

Not for finding the line of what is refused: that is `diagnosis`; both judge by `parsing`.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source
from pyarrow import csv

from lakeproof.deliveries.csv import content, diagnosis
from lakeproof.deliveries.csv.keys import KeyCheck, find_repeated_key
from lakeproof.deliveries.csv.layout import Layout, read_layout
from lakeproof.deliveries.csv.parsing import empty_frame, is_sound, options, to_frame

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery


def scan(delivery: "Delivery") -> pl.LazyFrame:
    """Return the rows of a delivery, its header checked and nothing else read.

    Raises:
        DeliveryError: The file is gone, empty, or its header is not the schema's.
    """
    layout = read_layout(delivery)
    return register_io_source(
        partial(_selected, delivery, layout),
        schema=dict(empty_frame(layout).schema),
        validate_schema=True,
    )


def _selected(
    delivery: "Delivery",
    layout: Layout,
    with_columns: list[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
    _batch_size: int | None,
) -> Iterator[pl.DataFrame]:
    """Give the query engine what it asks for, of rows that are all checked.

    A column or row that the query leaves out is parsed and checked like any other: what is refused
    must not hang on who asks.
    """
    for frame in checked_frames(delivery, layout):
        if n_rows is not None:
            frame = frame.head(n_rows)
            n_rows -= frame.height
        if predicate is not None:
            frame = frame.filter(predicate)
        yield frame if with_columns is None else frame.select(with_columns)
        if n_rows == 0:
            return


def checked_frames(delivery: "Delivery", layout: Layout) -> Iterator[pl.DataFrame]:
    """Yield the rows of a delivery, the last of them only once the whole file is found good.

    Raises:
        DeliveryError: Something is refused, with the line or the key.
    """
    keys = KeyCheck()
    # Always one frame behind: whoever wants the last one must get past the checks at the end.
    held: pl.DataFrame | None = None
    with content.Content(delivery) as source, closing(_frames(source, delivery, layout)) as frames:
        try:
            for frame in frames:
                if source.is_broken or not is_sound(frame, layout):
                    raise diagnosis.explain(delivery, layout)
                keys.add(frame[layout.key])
                if held is not None:
                    yield held
                held = frame
        except (pa.ArrowException, UnicodeError) as error:
            raise diagnosis.explain(delivery, layout, error) from error
        source.finish()
        if source.is_broken or held is None:
            raise diagnosis.explain(delivery, layout)
    _refuse_repeated_key(delivery, layout, keys)
    yield held


def _frames(
    source: content.Content, delivery: "Delivery", layout: Layout
) -> Generator[pl.DataFrame]:
    start = 0
    # One thread: a second one gains little on a file that is also digested, and holds more blocks.
    read = csv.ReadOptions(use_threads=False, block_size=content.BLOCK_SIZE)
    parse, convert = options(delivery.dialect, layout.from_file)
    with csv.open_csv(
        pa.PythonFile(source, "r"), read_options=read, parse_options=parse, convert_options=convert
    ) as reader:
        for batch in reader:
            if batch.num_rows:
                yield to_frame(batch, layout, start)
                start += batch.num_rows


def _refuse_repeated_key(delivery: "Delivery", layout: Layout, keys: KeyCheck) -> None:
    suspects = keys.suspects()
    if not suspects.size:
        return
    with content.Content(delivery) as source, closing(_frames(source, delivery, layout)) as frames:
        found = find_repeated_key((frame[layout.key] for frame in frames), suspects)
    if found:
        raise diagnosis.repeated_key(delivery, layout.key, *found)
