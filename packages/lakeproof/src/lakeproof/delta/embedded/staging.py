"""Rows on their way into a table: evaluated once, looked at as often as needed.

A node hands over a lazy plan. Whether its content changed, whether a key repeats and what its
digest is must be known before the commit, so the plan is run once: into memory while it is small,
into a file beside the table when it is not. Each batch is digested while the next is evaluated: to
read the file for it would cost as much again. Not for Spark, whose rows never come here.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from lakeproof.delta.write.polars_types import as_delta_types
from lakeproof.delta.write.staged_rows import Staged
from lakeproof.digest import NotDigestibleError, RowSet, delta_type
from lakeproof.errors import LakeproofError, SchemaError
from lakeproof.frames.batches import whole_batches
from lakeproof.versioned.location import Location

_IN_MEMORY_BYTES = 128 * 2**20
_BATCH_ROWS = 131_072
# What lz4 makes of a batch, at most, where it is worth its time: of numbers of many digits it
# leaves nine tenths, and takes three times as long as the writing.
_WORTH_PACKING = 0.7


class StagedRows(Staged):
    """The evaluated rows of one write; use as a context manager.

    Args:
        rows: What the node returned: a Polars, pandas, Arrow or Narwhals frame.
        location: The table they go to.
        is_digested: Whether all columns are digested on the way; else whoever asks has them read.

    Raises:
        SchemaError: If a column has a type that Delta has not.
    """

    def __init__(self, rows: Any, location: Location, *, is_digested: bool = False) -> None:
        super().__init__(location)
        self._digesting = RowSet() if is_digested else None
        self._plan = as_delta_types(_as_lazy(rows, location.name), location.name)
        self._frames: list[pl.DataFrame] = []
        self._file: Path | None = None
        self.schema: pa.Schema = self._plan.collect_schema().to_arrow()
        self.columns = {field.name: delta_type(field.type) for field in self.schema}
        self.rows = 0

    def __enter__(self) -> "StagedRows":
        """Evaluate the plan.

        Raises:
            LakeproofError: The one that a delivery raised while it streamed.
        """
        try:
            self._evaluate()
        except BaseException as error:
            self._drop_file()
            raise _cause_of_ours(error) or error from None
        return self

    def drop(self) -> None:
        """Forget the rows."""
        self._frames = []
        self._drop_file()

    def lazy(self) -> pl.LazyFrame:
        """Give the rows as a lazy frame, as often as wanted."""
        if self._file is not None:
            return pl.scan_ipc(self._file)
        if self._frames:
            return pl.concat(self._frames).lazy()
        return pl.DataFrame(schema=self._plan.collect_schema()).lazy()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in their order, in Arrow batches of bounded size."""
        if self._file is not None:
            with pa.OSFile(str(self._file)) as source, pa.ipc.open_file(source) as file:
                for number in range(file.num_record_batches):
                    yield file.get_batch(number)
            return
        for frame in self._frames:
            yield from frame.to_arrow().to_batches(_BATCH_ROWS)

    def reader(self) -> pa.RecordBatchReader:
        """Give the rows as a stream that delta-rs reads once."""
        schema = self.schema
        if self._frames:
            schema = self._frames[0].to_arrow().schema
        elif self._file is not None:
            with pa.OSFile(str(self._file)) as source, pa.ipc.open_file(source) as file:
                schema = file.schema
        return pa.RecordBatchReader.from_batches(schema, self.batches())

    def _evaluate(self) -> None:
        in_memory: float = 0
        writer = None
        try:
            for frame in whole_batches(self._plan, _BATCH_ROWS, maintain_order=True):
                self.rows += frame.height
                self._digest(frame)
                if writer is None:
                    self._frames.append(frame)
                    in_memory += frame.estimated_size()
                    if in_memory <= _IN_MEMORY_BYTES:
                        continue
                    writer = self._open_file(frame)
                    for kept in self._frames:
                        writer.write_table(kept.to_arrow(), _BATCH_ROWS)
                    self._frames = []
                else:
                    writer.write_table(frame.to_arrow(), _BATCH_ROWS)
        finally:
            if writer is not None:
                writer.close()
        if self.rows:
            self._digest(None)

    def _digest(self, frame: pl.DataFrame | None) -> None:
        """Digest a batch, or end with the last; a value without a digest is told to who asks."""
        if self._digesting is None:
            return
        try:
            if frame is not None:
                # A plan may give its columns in another order than it promised.
                self._digesting.update(frame.select(list(self.columns)))
            else:
                self._facts[tuple(self.columns)] = self._digesting.facts()
        except NotDigestibleError:
            self._digesting = None

    def _open_file(self, frame: pl.DataFrame) -> Any:
        if self._location.is_local:
            # Under the write lock nobody else uses this name; what a killed run left is replaced.
            table = Path(self._location.uri)
            self._file = table.parent / f".{table.name}.staged.arrow"
            # Also a link, which would lead the rows into another file.
            self._file.unlink(missing_ok=True)
        else:
            handle = tempfile.NamedTemporaryFile(suffix=".arrow", delete=False)  # noqa: SIM115
            handle.close()
            self._file = Path(handle.name)
        table = frame.to_arrow()
        return pa.ipc.new_file(str(self._file), table.schema, options=_packing(table))

    def _drop_file(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None


def _packing(sample: pa.Table) -> pa.ipc.IpcWriteOptions:
    """Have the file packed where rows like these become enough smaller by it."""
    packed = pa.ipc.IpcWriteOptions(compression="lz4")
    size = pa.MockOutputStream()
    with pa.ipc.new_stream(size, sample.schema, options=packed) as writer:
        writer.write_table(sample)
    is_worth = size.size() <= _WORTH_PACKING * sample.nbytes
    return packed if is_worth else pa.ipc.IpcWriteOptions()


def _as_lazy(rows: Any, name: str) -> pl.LazyFrame:
    import narwhals.stable.v2 as nw

    native: Any = nw.to_native(rows, pass_through=True)
    if isinstance(native, pl.LazyFrame):
        return native
    if isinstance(native, pl.DataFrame):
        return native.lazy()
    if type(native).__module__.startswith("pandas"):
        frame: pl.DataFrame = pl.from_pandas(native)
        return frame.lazy()
    if hasattr(native, "__arrow_c_stream__"):
        return pl.DataFrame(native).lazy()
    raise SchemaError(
        f"Table '{name}' was handed a {type(native).__module__}.{type(native).__qualname__}; the "
        "embedded engine writes Polars, pandas, Arrow and Narwhals frames. The table is as it was."
    )


def _cause_of_ours(error: BaseException) -> LakeproofError | None:
    """Find our own error beneath the one that Polars made of it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, LakeproofError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
