"""The rows of a plan in batches, all of them or an error.

`LazyFrame.collect_batches` ends where Polars panics as if there were no more rows (2.1.0, seen of
a Parquet file that is shorter than a log says): what is digested or written then is a part of the
rows, and nobody is told. A sink says so. Can go when upstream's `collect_batches` raises.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# How soon a query ends that nobody wants the rest of.
_SECONDS = 0.1


def whole_batches(
    lazy: "pl.LazyFrame", chunk_size: int, *, maintain_order: bool
) -> "Iterator[pl.DataFrame]":
    """Yield the rows of a plan, which is run when the first batch is asked for.

    Args:
        lazy: The plan.
        chunk_size: Rows of each batch but the last.
        maintain_order: Whether batches come in the order of the rows.

    Raises:
        polars.exceptions.ComputeError: If Polars panics.
        Exception: What the plan raises.
    """
    handed: Queue[pl.DataFrame | BaseException | None] = Queue(maxsize=1)
    is_over = Event()

    def hand(one: "pl.DataFrame | BaseException | None") -> bool:
        while not is_over.is_set():
            try:
                handed.put(one, timeout=_SECONDS)
                return False
            except Full:
                continue
        return True

    def run() -> None:
        try:
            lazy.sink_batches(hand, chunk_size=chunk_size, maintain_order=maintain_order)
        except BaseException as error:  # a panic of something compiled is no Exception
            hand(error)
        else:
            hand(None)

    Thread(target=run, daemon=True, name="lakeproof-batches").start()
    try:
        while (one := handed.get()) is not None:
            if isinstance(one, BaseException):
                raise one if isinstance(one, Exception) else _panic(one) from one.__cause__
            yield one
    finally:
        is_over.set()


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Raise a panic of Polars as the error that it is, for who tells errors.

    Raises:
        polars.exceptions.ComputeError: If Polars panics.
    """
    import polars as pl

    try:
        yield
    except pl.exceptions.PanicException as error:
        raise _panic(error) from error


def _panic(error: BaseException) -> Exception:
    import polars as pl

    return pl.exceptions.ComputeError(f"Polars panicked: {error}")
