"""Bring one part of a table into memory, as numbers and text that an estimator takes.

What trains and what is tested comes through here alike, so that both see rows in the same way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakeproof.frames.left_out import LeftOut, tell
from lakeproof.frames.memory import (
    Size,
    available_memory,
    require_result,
    require_room,
    result_limit,
)
from lakeproof.frames.order import collect_in_order, columns_of, keys_of, some_of
from lakeproof.frames.shares import WHOLE, mark_share

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pandas as pd
    import pyarrow as pa

logger = logging.getLogger(__name__)

_IS_SAMPLED = "_is_sampled"
# Columns of text, beyond which pandas 2 warns of so many pieces.
_MOST_INSERTED = 90
# A prefix of one's own, for a split, should not begin so: the sample would be one of its sides.
_SAMPLE = "sample/"


@dataclass(frozen=True)
class Part:
    """Which rows are asked for, and in which words to refuse them.

    Args:
        name: As in "the training rows".
        column: The boolean column that tells the parts apart; it is not among the rows.
        value: What it holds for this part.
        parameter: The parameter that takes a sample, as a dotted name.
        if_empty: What a person changes where this part has no row.
        sample: The share of the part that is taken, in ten-thousandths.
    """

    name: str
    column: str
    value: bool
    parameter: str
    if_empty: str
    sample: int = WHOLE


def select_rows(
    frame: Any,
    part: Part,
    *,
    key: str | Sequence[str],
    target: str,
    is_label: bool,
    memory: Callable[[], int | None] = available_memory,
) -> pd.DataFrame:
    """Collect the rows of one part, every number and boolean as float64, a missing one as NaN.

    Text stays text, whatever the engine's types were. Rows without a target are left out: nothing
    can be learnt from them or tested on them; log and record say how many there were. A sample is
    taken by the key, the same rows on every engine; a larger one keeps the rows of a smaller one.

    Args:
        frame: A frame of any engine.
        part: Which of its rows.
        key: The column, or columns, that tell rows apart; they keep their types.
        target: The column to predict.
        is_label: Whether the target is a class, which keeps its type, or a number.
        memory: Asks how many bytes are free, of a lazy frame only.

    Returns:
        The columns of the frame but the part's own, sorted by the key.

    Raises:
        ValueError: The part is empty or does not fit into memory, no row has a target, or it is no
            number; a key is repeated, or a column is neither number, boolean nor text.
    """
    import narwhals.stable.v2 as nw

    keys = columns_of(key)
    given = nw.from_native(frame)
    is_in = nw.col(part.column) if part.value else ~nw.col(part.column)
    rows = given.lazy().filter(is_in).drop(part.column)
    if isinstance(given, nw.LazyFrame):
        _require_room(rows, part, memory)
    table = collect_in_order(_sampled(rows, key=key, sample=part.sample).to_native(), key=key)
    if not len(table):
        raise ValueError(_nothing_left(part))
    table = _with_target(table, part, keys=keys, target=target, is_label=is_label)
    return _frame(table, {*keys, target} if is_label else set(keys))


def _sampled(
    frame: nw.LazyFrame[Any], *, key: str | Sequence[str], sample: int
) -> nw.LazyFrame[Any]:
    if sample == WHOLE:
        return frame
    import narwhals.stable.v2 as nw

    marked = mark_share(frame, key=key, prefix=_SAMPLE, basis_points=sample, name=_IS_SAMPLED)
    return marked.filter(nw.col(_IS_SAMPLED)).drop(_IS_SAMPLED)


def _require_room(rows: nw.LazyFrame[Any], part: Part, memory: Callable[[], int | None]) -> None:
    import narwhals.stable.v2 as nw

    # This reads the one column that tells the parts apart; how many of them a sample takes follows
    # without a look at the keys.
    count = int(rows.select(nw.len()).collect("pyarrow").item())
    size = Size.of(count * part.sample // WHOLE, rows.collect_schema())
    said: Any = {"what": part.name, "parameter": part.parameter, "now": part.sample}
    require_room(size, memory(), **said)
    if rows.implementation.is_pyspark() or rows.implementation.is_pyspark_connect():
        require_result(size, result_limit(rows.to_native()), **said)


def _nothing_left(part: Part) -> str:
    if part.sample < WHOLE:
        return (
            f"The sample of {part.sample / WHOLE:g} leaves no row of the {part.name} set. Raise "
            f"`{part.parameter}`, or add rows."
        )
    return f"The split leaves no row in the {part.name} set. {part.if_empty}"


def _frame(table: pa.Table, kept: set[str]) -> pd.DataFrame:
    """Make a frame of a table, its numbers in one piece: each is written once, to its place.

    Args:
        table: With measurements, as numbers or text, and the columns that are not.
        kept: These, which keep their types.
    """
    import numpy as np
    import pandas as pd

    labels = {
        name: _labels(table[name])
        for name in table.column_names
        if name in kept or _is_text(table[name].type)
    }
    names = [name for name in table.column_names if name not in labels]
    numbers = np.empty((len(names), len(table)))
    for place, name in enumerate(names):
        _write_measurement(table[name], name, numbers[place])
    if len(labels) > _MOST_INSERTED:
        columns = labels | dict(zip(names, numbers, strict=True))
        return pd.DataFrame({name: columns[name] for name in table.column_names})
    frame = pd.DataFrame(numbers.T, columns=names, copy=False)
    for place, name in enumerate(table.column_names):
        if name in labels:
            frame.insert(place, name, labels[name])
    return frame


def _labels(column: pa.ChunkedArray) -> Any:
    # Engines choose another width for the same integers, and another layout for the same text.
    import pyarrow as pa

    if pa.types.is_integer(column.type):
        return column.cast("int64").to_pandas()
    if pa.types.is_boolean(column.type):
        return column.to_pandas()
    return column.cast("string").to_pandas()


def _write_measurement(column: pa.ChunkedArray, name: str, target: Any) -> None:
    """Write a column as float64, a missing value as NaN."""
    if not _is_number(column.type):
        raise ValueError(
            f"The column '{name}' holds {column.type}; a model takes numbers, booleans and text. "
            "Make one of these of it in the features, or leave it out of them."
        )
    start = 0
    for chunk in column.cast("float64", safe=False).iterchunks():
        target[start : start + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
        start += len(chunk)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    is_a = pa.types
    return bool(is_a.is_string(kind) or is_a.is_large_string(kind) or is_a.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    is_a = pa.types
    return any(
        is_one(kind)
        for is_one in (is_a.is_integer, is_a.is_floating, is_a.is_decimal, is_a.is_boolean)
    )


def _with_target(
    table: pa.Table, part: Part, *, keys: list[str], target: str, is_label: bool
) -> pa.Table:
    import pyarrow.compute as pc

    if target not in table.column_names:
        raise ValueError(
            f"The rows have no column '{target}' to predict. Make them again, with that column: "
            "kedro run"
        )
    kind = table[target].type
    if not is_label and not _is_number(kind):
        raise ValueError(
            f"The target '{target}' holds {kind}; a regression needs numbers. Name another target, "
            "or predict a class."
        )
    is_missing = pc.is_null(table[target], nan_is_null=True)
    missing = keys_of(table.filter(is_missing), keys)
    if len(missing) == len(table):
        raise ValueError(
            f"None of the {len(table)} {part.name} rows has a '{target}', so there is nothing to "
            "learn from or to test on. Name another target, or deliver it."
        )
    if missing:
        tell(LeftOut(part.name, target, len(missing), len(table)))
        logger.warning(
            "%d of %d %s rows have no '%s' and are left out; their '%s': %s",
            len(missing), len(table), part.name, target, ", ".join(keys), some_of(missing),
        )  # fmt: skip
    return table.filter(pc.invert(is_missing)) if missing else table
