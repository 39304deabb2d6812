"""Clean what is delivered, without knowing which engine will do it.

That a delivery is taken exactly once, and that its columns are the declared ones, is the work of
the two datasets on either side of this pipeline.
"""

from typing import Any, Protocol

# Narwhals and all that is heavier is imported where it is used: Kedro imports this module for every
# command, `kedro run --help` too.


class Delivery(Protocol):
    """A file that arrived and may not have been read yet."""

    name: str

    def map(self, function: Any) -> Any:
        """Return this delivery with a function from frame to frame laid over its rows."""
        ...


def ingest_deliveries(deliveries: list[Delivery]) -> list[Delivery]:
    """Lay the cleaning over each delivery; nothing is read before the table takes it.

    Args:
        deliveries: The new deliveries, in the order in which they count.

    Returns:
        The same deliveries, cleaned.
    """
    return [delivery.map(clean) for delivery in deliveries]


def ingest_stream(arrivals: Delivery) -> Delivery:
    """Lay the cleaning over each delivery that will arrive; the table takes them as they come.

    Args:
        arrivals: The stream, of which `map` reaches every delivery.

    Returns:
        The same stream, its deliveries cleaned.
    """
    return arrivals.map(clean)


def clean(frame: Any) -> Any:
    """Turn NaN into null, because engines disagree on what NaN equals and where it sorts.

    Your own cleaning goes here: one Narwhals expression per rule, lazily, elementwise, so that both
    engines give the same bits.

    Args:
        frame: A lazy frame of the running engine: Polars, or Spark.

    Returns:
        A lazy frame of the same engine.
    """
    import narwhals.stable.v2 as nw

    rows = nw.from_native(frame).lazy()
    floats = [name for name, kind in rows.collect_schema().items() if kind.is_float()]
    without_nan = [nw.when(~nw.col(name).is_nan()).then(nw.col(name)) for name in floats]
    return rows.with_columns(*without_nan).to_native() if floats else rows.to_native()
