"""Stream a delivery's rows, of any format: laid out, typed and checked, a few blocks held.

What is refused is decided here and in `values`; where it stands, the format's reader says.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

from lakeproof.deliveries.delivery_errors import refusal, shown
from lakeproof.deliveries.rows.computed import Computed
from lakeproof.deliveries.rows.keys import KeyCheck, find_repeated_key
from lakeproof.deliveries.rows.layout import Layout, lay_out
from lakeproof.deliveries.rows.reader import Opened, Reader
from lakeproof.deliveries.rows.values import POLARS, converted, is_sound
from lakeproof.spelling import PERSONAL

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery


def scan(delivery: "Delivery", reader: Reader) -> pl.LazyFrame:
    """Return the rows of a delivery, its header checked and nothing else read.

    Raises:
        DeliveryError: The file is gone, empty, or its header is not the schema's.
    """
    layout = lay_out(delivery, reader.header(delivery))
    return register_io_source(
        partial(_selected, delivery, layout, reader),
        schema={column.name: POLARS[column.type] for column in layout.columns},
        validate_schema=True,
    )


def _selected(
    delivery: "Delivery",
    layout: Layout,
    reader: Reader,
    with_columns: list[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
    _batch_size: int | None,
) -> Iterator[pl.DataFrame]:
    """Give the query engine what it asks for, of rows that are all checked.

    A column or row that the query leaves out is parsed and checked like any other: what is refused
    must not hang on who asks.
    """
    for frame in checked_frames(delivery, layout, reader):
        if n_rows is not None:
            frame = frame.head(n_rows)
            n_rows -= frame.height
        if predicate is not None:
            frame = frame.filter(predicate)
        yield frame if with_columns is None else frame.select(with_columns)
        if n_rows == 0:
            return


def checked_frames(delivery: "Delivery", layout: Layout, reader: Reader) -> Iterator[pl.DataFrame]:
    """Yield the rows of a delivery, the last of them only once the whole file is found good.

    Raises:
        DeliveryError: Something is refused, with the line or the key.
    """
    keys = KeyCheck()
    # Always one frame behind: whoever wants the last one must get past the checks at the end.
    held: pl.DataFrame | None = None
    with reader.opened(delivery, layout) as source:
        try:
            for frame in _frames(source, delivery, layout, reader):
                keys.add(frame.select(layout.key))
                if held is not None:
                    yield held
                held = frame
        except reader.faults as error:
            raise reader.explain(delivery, layout, error) from error
        source.finish()
        if source.is_broken or held is None:
            raise reader.explain(delivery, layout, None)
    _refuse_repeated_key(delivery, layout, reader, keys)
    yield held


def _frames(
    source: Opened, delivery: "Delivery", layout: Layout, reader: Reader
) -> Iterator[pl.DataFrame]:
    computed = Computed(layout)
    columns, dialect = layout.from_file, delivery.dialect
    for raw in source.frames():
        if not raw.height:
            continue
        typed = converted(raw, columns, dialect)
        if source.is_broken or not is_sound(raw, typed, columns, dialect):
            raise reader.explain(delivery, layout, None)
        yield computed.completed(typed)


def _refuse_repeated_key(
    delivery: "Delivery", layout: Layout, reader: Reader, keys: KeyCheck
) -> None:
    suspects = keys.suspects()
    if not suspects.size:
        return
    with reader.opened(delivery, layout) as source:
        frames = _frames(source, delivery, layout, reader)
        found = find_repeated_key((frame.select(layout.key) for frame in frames), suspects)
    if found:
        key, first, second = found
        personal = delivery.schema.personal
        named = ", ".join(
            f"{name} {PERSONAL if name in personal else shown(str(value))}"
            for name, value in zip(layout.key, key, strict=True)
        )
        raise refusal(
            delivery.name,
            f"the key {named} is there twice, on {reader.places(delivery, {first, second})}",
            remedy="Leave one row of each key in the file and run again: kedro run",
        )
