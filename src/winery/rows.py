"""Bring one side of the split into memory, always in the same order.

`train` and `evaluate` share it, so that both see rows the same way. A result depends on the order
of the rows, and no engine or table promises one: the order made here is that of the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# The column of `features` that says on which side a row is.
IS_TEST = "is_test"


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


def select_rows(features: Any, *, key: str, target: str, task: str, is_test: bool) -> pd.DataFrame:
    """Collect the rows of one side of the split as numbers that an estimator takes.

    Whatever the engine's types were, every measurement is float64, a missing one NaN.

    Args:
        features: The table `features`, of any engine.
        key: The column that tells rows apart.
        target: The column to predict.
        task: `classification` keeps the target's type, `regression` makes it float64.
        is_test: Which side.

    Returns:
        The key, the measurements and the target, sorted by the key.

    Raises:
        ValueError: That side is empty, a target is missing or no number, or a key is repeated.
    """
    import narwhals.stable.v2 as nw
    import pandas as pd

    side = nw.col(IS_TEST) if is_test else ~nw.col(IS_TEST)
    frame = nw.from_native(features).lazy().filter(side).drop(IS_TEST).to_native()
    table = collect_in_order(frame, key=key)
    if not len(table):
        name, change = ("test", "Raise") if is_test else ("training", "Lower")
        raise ValueError(
            f"The split leaves no row in the {name} set. {change} `feature.split.test_fraction`, "
            "choose another `feature.split.salt`, or add rows."
        )
    _require_target(table, key=key, target=target, task=task)
    return pd.DataFrame(
        {
            name: _labels(table[name])
            if name == key or (name == target and task == "classification")
            else table[name].cast("float64", safe=False).to_numpy()
            for name in table.column_names
        }
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
