"""What of a value no digest says, though a computation with it may feel it in its last bits.

The order of an array in memory, the chunks of a table, the threads of an estimator: they are no
content, and two values of one digest may differ in them. A sum may be taken in another order then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lakeproof.digest.objects.exempt import SETTINGS, is_estimator


def form_of(value: Any) -> Any:
    """Describe the form of a value, as JSON has it; `None` where there is none to speak of.

    Args:
        value: What a node gets. Of containers each part is described, of objects only estimators.
    """
    if isinstance(value, np.ndarray):
        return list(value.strides)
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    if package == "pandas" and hasattr(value, "iloc"):
        columns = [value.iloc[:, at] for at in range(value.shape[1])] if value.ndim > 1 else [value]
        return [form_of(one.to_numpy()) for one in columns if isinstance(one.dtype, np.dtype)]
    if package == "polars" and hasattr(value, "rechunk"):
        columns = value.get_columns() if hasattr(value, "get_columns") else [value]
        return [one.chunk_lengths() for one in columns]
    if package == "pyarrow" and hasattr(value, "itercolumns"):
        return [[len(chunk) for chunk in column.chunks] for column in value.itercolumns()]
    if is_estimator(kind):
        chosen = value.get_params(deep=True).items()
        return {name: repr(one) for name, one in chosen if name.rpartition("__")[2] in SETTINGS}
    if isinstance(value, Mapping):
        return _of_parts(list(value.values()))
    return _of_parts(list(value)) if isinstance(value, list | tuple) else None


def _of_parts(parts: list[Any]) -> list[Any] | None:
    forms = [form_of(one) for one in parts]
    return forms if any(one is not None for one in forms) else None
