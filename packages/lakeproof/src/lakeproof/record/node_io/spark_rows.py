"""The rows that Spark wrote, by their content: its files have other names and orders in each run.

For datasets that are not our tables (Kedro's `SparkDataset` and its like). What a node hands over
is a plan, which must not be computed twice; what it became can be read.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

_PARQUET = ".parquet"
# The number of a task and a UUID of the save.
_PART = re.compile(r"part-\d{5,}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b.*")


def is_spark_frame(data: Any) -> bool:
    """Tell a frame of Spark, of this process or of a server."""
    kind = type(data)
    return kind.__module__.startswith("pyspark.") and kind.__name__ == "DataFrame"


def is_written_by_spark(files: Sequence[Path]) -> bool:
    """Tell by their names whether Spark wrote files, whatever a node handed over.

    Its datasets take frames of pandas too, and each save gives its files names of their own.
    """
    return any(_PART.fullmatch(file.name) for file in files)


def digest_rows(dataset: Any, files: Sequence[Path]) -> str | None:
    """Digest the rows that a dataset has written, whatever files they are in.

    Args:
        dataset: What wrote them.
        files: Those of its files that the save has made.

    Returns:
        `rs1:…`; `None` where a type has no digest, or where they are not files.
    """
    from lakeproof.digest import FactsMismatchError, NotDigestibleError

    parts = [file for file in files if file.suffix == _PARQUET]
    try:
        if parts:
            return _digest_files(parts)
        return _digest_read(dataset, files) if files else None
    except (NotDigestibleError, FactsMismatchError):
        return None


def _digest_files(files: Sequence[Path]) -> str:
    from lakeproof.digest import RowSet

    rows = RowSet()
    for file in sorted(files):
        for batch in _batches(file):
            rows.update(batch)
    return rows.facts().digest


def _batches(file: Path) -> Iterator[Any]:
    """Read a file, with the columns that its folders hold."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Spark's old form of a time reaches beyond what nanoseconds hold.
    with pq.ParquetFile(file, coerce_int96_timestamp_unit="us") as opened:
        held = _held_by_folders(file)
        schema = opened.schema_arrow
        for name in held:
            schema = schema.append(pa.field(name, pa.string()))
        yield pa.table({field.name: pa.array([], field.type) for field in schema}, schema)
        for batch in opened.iter_batches():
            columns = [*batch.columns, *(_filled(value, batch.num_rows) for value in held.values())]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _filled(value: str, rows: int) -> Any:
    import pyarrow as pa

    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _held_by_folders(file: Path) -> dict[str, str]:
    """Give the columns by which files are laid out: they stand in names such as `year=2026`."""
    held = {}
    for folder in takewhile(lambda one: "=" in one.name, file.parents):
        name, _, value = folder.name.partition("=")
        held[name] = value
    return dict(reversed(held.items()))


def _digest_read(dataset: Any, files: Sequence[Path]) -> str:
    """Have Spark read what it wrote in another format, and write it as Parquet beside it."""
    folder = min((file.parent for file in files), key=lambda one: len(one.parts))
    with tempfile.TemporaryDirectory(prefix=".lakeproof-", dir=folder.parent) as beside:
        target = Path(beside, "rows")
        dataset.load().write.parquet(target.as_uri())
        return _digest_files(sorted(target.rglob(f"*{_PARQUET}")))
