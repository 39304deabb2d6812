"""Bring one side of the split into memory, always in the same order.

`train` and `evaluate` share it, so that both see rows the same way. A result depends on the order
of the rows, and no engine or table promises one: the order made here is that of the key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from winery.keys import mark_share
from winery.memory import (
    Size,
    available_memory,
    require_result,
    require_room,
    result_limit,
)
from winery.parameters import WHOLE

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pandas as pd
    import pyarrow as pa

# The column of `features` that says on which side a row is.
IS_TEST = "is_test"
_IS_SAMPLED = "_is_sampled"
# A split's prefix ends with a colon, so that none is this one.
_SAMPLE = "sample/"


def collect_in_order(frame: Any, *, key: str) -> pa.Table:
    """Collect a frame of any engine, sorted by its key.

    Args:
        frame: A Polars, pandas or Spark frame, or a Narwhals one.
        key: The column that tells rows apart.

    Returns:
        The rows in ascending order of the key; text sorts by its UTF-8 bytes on every engine.

    Raises:
        ValueError: Two rows have the same key, so that their order would be a matter of luck.
    """
    import narwhals.stable.v2 as nw
    import pyarrow.compute as pc

    table = nw.from_native(frame).lazy().sort(key).collect("pyarrow").to_native()
    keys = table[key]
    is_repeated = pc.equal(keys.slice(1), keys.slice(0, max(len(keys) - 1, 0)))
    if repeated := keys.slice(1).filter(is_repeated).unique().to_pylist():
        raise ValueError(
            f"The key '{key}' is not unique: {_some(repeated)} occurs more than once. Rows that "
            "share a key have no fixed order, so nothing was computed. Name a unique column as "
            "`key` in globals.yml, or correct the table."
        )
    return table


def select_rows(
    features: Any,
    *,
    key: str,
    target: str,
    task: str,
    is_test: bool,
    sample: int = WHOLE,
    memory: Callable[[], int | None] = available_memory,
) -> pd.DataFrame:
    """Collect the rows of one side of the split as numbers that an estimator takes.

    Whatever the engine's types were, every measurement is float64, a missing one NaN. A sample is
    taken by the key, the same rows on every engine; a larger one keeps the rows of a smaller one.

    Args:
        features: The table `features`, of any engine.
        key: The column that tells rows apart.
        target: The column to predict.
        task: `classification` keeps the target's type, `regression` makes it float64.
        is_test: Which side.
        sample: The share of that side in ten-thousandths.
        memory: Asks how many bytes are free, of a lazy frame only.

    Returns:
        The key, the measurements and the target, sorted by the key.

    Raises:
        ValueError: That side is empty or does not fit into memory, a target is missing or no
            number, or a key is repeated.
    """
    import narwhals.stable.v2 as nw
    import pandas as pd

    side = nw.col(IS_TEST) if is_test else ~nw.col(IS_TEST)
    given = nw.from_native(features)
    frame = given.lazy().filter(side).drop(IS_TEST)
    if isinstance(given, nw.LazyFrame):
        _require_room(frame, is_test=is_test, sample=sample, memory=memory)
    table = collect_in_order(_sampled(frame, key=key, sample=sample).to_native(), key=key)
    if not len(table):
        raise ValueError(_nothing_left(is_test=is_test, sample=sample))
    _require_target(table, key=key, target=target, task=task)
    return pd.DataFrame(
        {
            name: _labels(table[name])
            if name == key or (name == target and task == "classification")
            else table[name].cast("float64", safe=False).to_numpy()
            for name in table.column_names
        }
    )


def _sampled(frame: nw.LazyFrame[Any], *, key: str, sample: int) -> nw.LazyFrame[Any]:
    if sample == WHOLE:
        return frame
    import narwhals.stable.v2 as nw

    marked = mark_share(frame, key=key, prefix=_SAMPLE, basis_points=sample, name=_IS_SAMPLED)
    return marked.filter(nw.col(_IS_SAMPLED)).drop(_IS_SAMPLED)


def _require_room(
    frame: nw.LazyFrame[Any], *, is_test: bool, sample: int, memory: Callable[[], int | None]
) -> None:
    import narwhals.stable.v2 as nw

    # This reads the one column that tells the sides apart; how many of them a sample takes follows
    # without a look at the keys.
    rows = int(frame.select(nw.len()).collect("pyarrow").item())
    size = Size.of(rows * sample // WHOLE, frame.collect_schema())
    what, pipeline = ("test", "evaluate") if is_test else ("training", "train")
    said: Any = {"what": what, "parameter": f"{pipeline}.sample_fraction", "now": sample}
    require_room(size, memory(), **said)
    if frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect():
        require_result(size, result_limit(frame.to_native()), **said)


def _nothing_left(*, is_test: bool, sample: int) -> str:
    name, pipeline = ("test", "evaluate") if is_test else ("training", "train")
    if sample < WHOLE:
        return (
            f"The sample of {sample / WHOLE:g} leaves no row of the {name} set. Raise "
            f"`{pipeline}.sample_fraction`, or add rows."
        )
    change = "Raise" if is_test else "Lower"
    return (
        f"The split leaves no row in the {name} set. {change} `feature.split.test_fraction`, "
        "choose another `feature.split.salt`, or add rows."
    )


def _labels(column: pa.ChunkedArray) -> pd.Series[Any]:
    # Engines choose another width for the same integers, and another layout for the same text.
    import pyarrow as pa

    if pa.types.is_integer(column.type):
        return column.cast("int64").to_pandas()
    if pa.types.is_boolean(column.type):
        return column.to_pandas()
    return column.cast("string").to_pandas()


def _require_target(table: pa.Table, *, key: str, target: str, task: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if target not in table.column_names:
        raise ValueError(
            f"The features have no column '{target}' to predict. Run the feature pipeline again: "
            "kedro run --pipelines feature"
        )
    kind, is_a = table[target].type, pa.types
    is_number = any(
        is_one(kind)
        for is_one in (is_a.is_integer, is_a.is_floating, is_a.is_decimal, is_a.is_boolean)
    )
    if task == "regression" and not is_number:
        raise ValueError(
            f"The target '{target}' holds {kind}; a regression needs numbers. Name another "
            "`target`, or say `task: classification`, in globals.yml."
        )
    if missing := table.filter(pc.is_null(table[target], nan_is_null=True))[key].to_pylist():
        raise ValueError(
            f"The target '{target}' is missing where '{key}' is {_some(missing)}. Nothing can be "
            "learnt from such a row or tested on it: correct it in a delivery, or leave it out."
        )


def _some(values: list[Any]) -> str:
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(repr(value)[:80] for value in values[:5]) + more
