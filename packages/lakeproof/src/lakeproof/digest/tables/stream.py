"""Whatever holds a table, as a schema and a stream of Arrow record batches.

This room never holds more than a batch, and imports no engine: it recognises Arrow's own protocols
and the one method by which a Polars LazyFrame streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.tables.arithmetic import STEP_ROWS
from lakeproof.frames.batches import whole_batches


def record_batches(data: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Open a table-like object as one pass of record batches.

    Args:
        data: A Polars LazyFrame, or anything with Arrow's C stream or C array protocol: pyarrow
            readers, tables and batches, Polars and pandas frames, delta-rs scans.

    Raises:
        NotDigestibleError: It is none of these, or holds a type that pyarrow cannot take over.
    """
    if isinstance(data, pa.RecordBatch):
        return data.schema, iter([data])
    if hasattr(data, "collect_batches"):
        schema, _ = record_batches(data.collect_schema().to_frame())
        return schema, _of_lazy_frame(data)
    try:
        if hasattr(data, "__arrow_c_stream__"):
            reader = pa.RecordBatchReader.from_stream(data)
            return reader.schema, iter(reader)
        if hasattr(data, "__arrow_c_array__"):
            return record_batches(pa.record_batch(data))
    except pa.ArrowException as cause:
        raise NotDigestibleError(
            f"A {type(data).__name__} holds a type that Arrow cannot take over: {cause}. "
            "Nothing was digested. Cast the column to a Delta type first."
        ) from cause
    raise NotDigestibleError(
        f"A {type(data).__module__}.{type(data).__name__} is not a table. Nothing was digested. "
        "Pass an Arrow stream, a frame or a LazyFrame."
    )


def _of_lazy_frame(lazy: Any) -> Iterator[pa.RecordBatch]:
    # The digest does not depend on order, so Polars need not keep it.
    for frame in whole_batches(lazy, STEP_ROWS, maintain_order=False):
        yield from pa.RecordBatchReader.from_stream(frame)


def regrouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join small batches into ones worth a thread: DataFusion and Spark hand out 8,192 rows."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if rows + batch.num_rows > STEP_ROWS:
            yield from _joined(held)
            held, rows = [], 0
        held.append(batch)
        rows += batch.num_rows
    yield from _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if len(batches) < 2:
        yield from batches
        return
    try:
        yield pa.concat_batches(batches)
    except pa.ArrowException:
        # Not every nesting of dictionaries can be joined; the sum is the same piece by piece.
        yield from batches
