"""The digest `rs1` of a table: independent of the order of rows, of layout, encoding and engine.

It says whether two tables hold the same rows. It does not say so against somebody who chooses
rows in order to deceive: use file hashes against tampering.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import types

from lakeproof.digest.digest_errors import NotDigestibleError
from lakeproof.digest.digests import ColumnFacts, TableFacts, lanes_to_hex
from lakeproof.digest.tables.arithmetic import STEP_ROWS, Scratch, keys, mix, total
from lakeproof.digest.tables.cells import cells_of, fold, list_bounds
from lakeproof.digest.tables.delta_types import delta_type, is_list, refuse_repeated
from lakeproof.digest.tables.stream import record_batches, regrouped

_NOTHING = lanes_to_hex(0, 0)
# Below this the hand-over to another thread costs more than the arithmetic.
_LEAST_ROWS_FOR_A_THREAD = 16_384
_MOST_ELEMENTS = 8 * STEP_ROWS


class RowSet:
    """Gather the facts of rows as they pass by, in batches of any size and any order.

    Batches are digested in threads while the caller goes on; the facts do not depend on how many.

    Args:
        schema: The columns; without it, those of the first batch.
        threads: How many batches are digested at once.

    Raises:
        NotDigestibleError: Delta cannot hold a column, or a name occurs twice.
    """

    def __init__(self, schema: pa.Schema | None = None, *, threads: int = 2) -> None:
        self._facts = None if schema is None else facts_of_schema(schema)
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._pending: deque[Future[TableFacts]] = deque()
        self._idle: list[Scratch] = []
        self._failure: Exception | None = None

    def update(self, data: Any) -> None:
        """Add a record batch, or all rows of anything that `digest_table` takes.

        Raises:
            NotDigestibleError: A value has no canonical form. It may belong to an earlier batch;
                the set is of no use afterwards.
            FactsMismatchError: The columns are not those of the set.
        """
        self._check()
        try:
            schema, batches = record_batches(data)
            empty = facts_of_schema(schema)
            self._facts = empty if self._facts is None else self._facts + empty
            for batch in regrouped(batches):
                for step in _steps(batch):
                    self._add(step, empty)
        except Exception as failure:
            self._failure = failure
            raise

    def facts(self) -> TableFacts:
        """Return the facts of all rows so far; more may follow.

        Raises:
            NotDigestibleError: No columns are known, or a batch could not be digested.
        """
        self._check()
        try:
            self._settle(0)
        except Exception as failure:
            self._failure = failure
            raise
        if self._facts is None:
            raise NotDigestibleError("Nothing was digested: neither a schema nor a batch came.")
        return self._facts

    def _check(self) -> None:
        if self._failure is not None:
            raise NotDigestibleError(
                f"An earlier batch could not be digested, so the rows have no digest: "
                f"{self._failure}"
            ) from self._failure

    def _add(self, batch: pa.RecordBatch, empty: TableFacts) -> None:
        if self._threads < 2 or batch.num_rows < _LEAST_ROWS_FOR_A_THREAD:
            self._merge(self._digest(batch, empty))
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="rs1")
        self._pending.append(self._pool.submit(self._digest, batch, empty))
        # A window: without it a fast source would be read into memory whole.
        self._settle(self._threads + 1)

    def _settle(self, allowed: int) -> None:
        while len(self._pending) > allowed:
            self._merge(self._pending.popleft().result())

    def _merge(self, part: TableFacts) -> None:
        self._facts = part if self._facts is None else self._facts + part

    def _digest(self, batch: pa.RecordBatch, empty: TableFacts) -> TableFacts:
        try:
            scratch = self._idle.pop()
        except IndexError:
            scratch = Scratch()
        facts = _facts_of_batch(batch, empty, scratch)
        self._idle.append(scratch)
        return facts


def digest_table(data: Any, *, threads: int = 2) -> TableFacts:
    """Digest all rows of a table, holding a few batches in memory at a time.

    Args:
        data: A Polars LazyFrame (streamed), or anything with Arrow's C stream or C array protocol.
        threads: How many batches are digested at once; the result does not depend on it.

    Raises:
        NotDigestibleError: A column or a value has no canonical form.
    """
    rows = RowSet(threads=threads)
    rows.update(data)
    return rows.facts()


def digesting(data: Any, rows: RowSet) -> pa.RecordBatchReader:
    """Pass a table on unchanged as a stream, adding to `rows` whatever is drawn from it.

    The facts are those of what the consumer took: complete once it has read to the end.
    """
    schema, batches = record_batches(data)

    def passing() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows.update(batch)
            yield batch

    return pa.RecordBatchReader.from_batches(schema, passing())


def facts_of_schema(schema: pa.Schema) -> TableFacts:
    """Return the facts of a table without rows.

    Raises:
        NotDigestibleError: Delta cannot hold a column, or a name occurs twice.
    """
    refuse_repeated(list(schema.names), "the columns")
    columns = tuple(ColumnFacts(f.name, delta_type(f.type), 0, _NOTHING) for f in schema)
    return TableFacts(columns, 0, _NOTHING)


def _facts_of_batch(batch: pa.RecordBatch, empty: TableFacts, scratch: Scratch) -> TableFacts:
    rows = scratch.take(batch.num_rows), scratch.take(batch.num_rows)
    for row in rows:
        row.fill(0)
    columns = []
    for known, array in zip(empty.columns, batch.columns, strict=True):
        try:
            cells = cells_of(array, scratch)
        except (NotDigestibleError, pa.ArrowException) as cause:
            raise NotDigestibleError(f"Column '{known.name}' ({known.type}): {cause}") from cause
        sums = lanes_to_hex(*map(total, cells.lanes))
        columns.append(ColumnFacts(known.name, known.type, cells.null_count, sums))
        for row, lane, key in zip(rows, cells.lanes, keys(known.name), strict=True):
            fold(row, lane, key)
        scratch.give(*cells.lanes)
    for row in rows:
        mix(row, row, scratch)
    facts = TableFacts(tuple(columns), batch.num_rows, lanes_to_hex(*map(total, rows)))
    scratch.give(*rows)
    return facts


def _steps(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch into pieces that fit the buffers, shorter ones where lists are long."""
    count = batch.num_rows
    most = max((_elements(column) for column in batch.columns), default=0)
    size = STEP_ROWS
    if most > _MOST_ELEMENTS:
        size = int(np.clip(count * _MOST_ELEMENTS // most, 1, STEP_ROWS))
    for start in range(0, count, size):
        yield batch.slice(start, size)


def _elements(array: Any) -> int:
    """Count the values in the longest level of a column."""
    kind = array.type
    if types.is_struct(kind):
        return max((_elements(array.field(i)) for i in range(kind.num_fields)), default=len(array))
    if types.is_map(kind) or is_list(kind):
        bounds = list_bounds(array)
        first, count = int(bounds[0]), int(bounds[-1] - bounds[0])
        inner = 0 if types.is_map(kind) else _elements(array.values.slice(first, count))
        return max(len(array), count, inner)
    return len(array)
