"""A delta-rs handle that tells of a file's least and greatest values only what filters may trust.

Tables that are made here have no others (`file_statistics`). In one that was made elsewhere,
delta-rs has cut a decimal of more than 15 digits to those of a double, and a filter by it leaves
out files that hold what it looks for. To go once delta-rs writes them whole
(issue 3905).
"""

from typing import Any

import deltalake

from lakeproof.delta.log.column_types import untold


class Handle(deltalake.DeltaTable):
    """A table whose readers leave out no file that they need."""

    def get_add_actions(self, flatten: bool = False) -> Any:
        """List the files with what the log says of them, without bounds that may be untrue."""
        actions = super().get_add_actions(flatten)
        columns = untold(self.schema())
        return _without_bounds(actions, columns, flatten) if columns else actions


def _without_bounds(actions: Any, columns: set[str], is_flat: bool) -> Any:
    import pyarrow as pa

    table = pa.table(actions)
    kept: dict[str, Any] = {}
    for name, array in zip(table.column_names, table.columns, strict=True):
        kind, _, column = name.partition(".")
        if kind not in ("min", "max"):
            kept[name] = array
        elif is_flat:
            if not any(column == one or column.startswith(f"{one}.") for one in columns):
                kept[name] = array
        else:
            fields = [field for field in array.type if field.name not in columns]
            if fields:
                bounds = array.combine_chunks()
                parts = [bounds.field(field.name) for field in fields]
                kept[name] = pa.StructArray.from_arrays(parts, fields=fields)
    return pa.table(kept)
