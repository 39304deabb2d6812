"""Tell what has not been computed: a plan, which names places and promises rows.

Two plans that read the same rows from two places are no difference, and two that read others from
one place are: neither says what comes out. Recognised by name, so that no library is imported.
"""

from __future__ import annotations

from typing import Any

from lakeproof.digest.objects.classes import by_class

# By the first part of the module, the classes that are plans.
_PLANS = {
    "polars": {"LazyFrame", "LazyGroupBy"},
    "pyspark": {"DataFrame", "GroupedData"},
    "pyarrow": {"Dataset", "Scanner"},
    "ibis": {"Expr"},
    "dask": {"DataFrame", "Series", "Array", "Bag", "FrameBase"},
    "dask_expr": {"FrameBase"},
    "duckdb": {"DuckDBPyRelation"},
    "_duckdb": {"DuckDBPyRelation"},
}


def is_lazy(value: Any) -> bool:
    """Tell a frame that has not been computed, wrapped by Narwhals or not."""
    kind = type(value)
    if kind.__module__.startswith("narwhals."):
        native = getattr(value, "to_native", None)
        return callable(native) and is_lazy(native())
    return is_plan(kind)


@by_class
def is_plan(kind: type) -> bool:
    """Tell whether objects of a class are plans."""
    return any(
        base.__name__ in _PLANS.get(base.__module__.partition(".")[0], ()) for base in kind.__mro__
    )
