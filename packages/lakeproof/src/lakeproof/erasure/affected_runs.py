"""Which recorded runs had to do with versions that hold rows of some keys, and on which side."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lakeproof.frames.shares import in_ten_thousandths, mark_share
from lakeproof.record.facts import Record

# Table id and version.
Held = Collection[tuple[str, int]]
Side = Literal["training", "test", "both"]

_MARK = "_is_test"


@dataclass(frozen=True)
class AffectedRun:
    """A run that read, or wrote, rows of the keys.

    Args:
        run_id: MLflow's.
        started_at: ISO 8601 in UTC.
        reads: The versions with such rows that it read, by catalog name.
        writes: Those that it wrote.
        side: Whether the rows were on the side that models learn from, or are tested on, by the
            split in the run's recorded parameters; `None` where these hold none.
        models: The models that it fitted.
        files: The raw files with such rows that it read.
    """

    run_id: str
    started_at: str
    reads: Mapping[str, int]
    writes: Mapping[str, int]
    side: Side | None
    models: tuple[str, ...]
    files: tuple[str, ...] = ()


def affected(
    record: Record, held: Held, keys: Any, files: Collection[str] = ()
) -> AffectedRun | None:
    """Tell what a run had to do with the rows; `None` where nothing.

    Args:
        record: Of the run.
        held: The versions that hold such rows.
        keys: The keys, as a frame of the columns that tell rows apart.
        files: The sha256 of raw files that hold such rows.
    """
    read = (one for one in record.inputs.files if not one.is_own and one.sha256 in files)
    paths = tuple(dict.fromkeys(one.path for one in read))
    reads = {
        one.dataset: one.version
        for one in record.inputs.tables
        if (one.table_id, one.version) in held
    }
    writes = {
        one.dataset: one.version
        for one in record.outputs.tables
        if (one.table_id, one.version) in held
    }
    if not (reads or writes or paths):
        return None
    return AffectedRun(
        record.run.run_id,
        record.run.started_at,
        reads,
        writes,
        _side(record, keys),
        tuple(one.dataset for one in record.models),
        paths,
    )


def _side(record: Record, keys: Any) -> Side | None:
    """Compute the split of the keys anew; no row is needed for it."""
    import narwhals.stable.v2 as nw

    for salt, fraction in _splits(record.parameters.values):
        marked = mark_share(
            nw.from_native(keys.lazy()),
            key=list(keys.columns),
            prefix=f"{salt}:",
            basis_points=in_ten_thousandths(fraction),
            name=_MARK,
        )
        marks = set(marked.collect().to_native()[_MARK])
        return "both" if len(marks) > 1 else "test" if marks == {True} else "training"
    return None


def _splits(values: Any) -> Iterator[tuple[str | int, float]]:
    """Find the split by its parameters, as those of the template are called."""
    if not isinstance(values, Mapping):
        return
    salt, fraction = values.get("salt"), values.get("test_fraction")
    if isinstance(salt, str | int) and isinstance(fraction, int | float):
        yield salt, fraction
    for value in values.values():
        yield from _splits(value)
