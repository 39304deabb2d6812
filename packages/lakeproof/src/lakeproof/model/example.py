"""Rows that are nobody's, in the place of rows that a model was fitted on."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 1


def invented_rows(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Make a row of the same columns and types that says nothing of the given ones.

    Numbers are nought, texts and categories empty, moments the first of 1970.
    """
    import pandas as pd

    columns = {name: _nothing(rows[name].dtype) for name in rows.columns}
    return pd.DataFrame(columns, index=range(_ROWS))


def _nothing(dtype: Any) -> Any:
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        # Its categories are values of the rows.
        dtype = dtype.categories.dtype
    kind: Any = pd.api.types
    value: Any = ""
    if kind.is_bool_dtype(dtype):
        value = False
    elif kind.is_numeric_dtype(dtype):
        value = 0
    elif kind.is_datetime64_any_dtype(dtype):
        value = pd.Timestamp(0, tz=getattr(dtype, "tz", None))
    elif not (kind.is_string_dtype(dtype) or kind.is_object_dtype(dtype)):
        dtype = object
    return pd.Series([value] * _ROWS, dtype=dtype)
