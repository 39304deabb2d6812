"""Handles of delta-rs that tell readers only what is true, where delta-rs 1.6 itself does not.

Of a file's least and greatest values: tables that are made here have none but true ones
(`file_statistics`). In one that was made elsewhere, delta-rs has cut a decimal of more than 15
digits to those of a double, and a filter by it leaves out files that hold what it looks for. To go
once delta-rs writes them whole (issue 3905).

Of the names of files: it names the folder of a local table as a URL does, and Polars 2.1 opens its
files by that very name: in `My Projects` or `Müller` there are none. To go once one of them decodes
it (Polars issue 20944).
"""

from typing import Any
from urllib.parse import unquote

import deltalake

from lakeproof.delta.log.column_types import untold

_FILE = "file://"


class Handle(deltalake.DeltaTable):
    """A table whose readers leave out no file that they need."""

    def get_add_actions(self, flatten: bool = False) -> Any:
        """List the files with what the log says of them, without bounds that may be untrue."""
        actions = super().get_add_actions(flatten)
        columns = untold(self.schema())
        return _without_bounds(actions, columns, flatten) if columns else actions


class LocalTable(Handle):
    """A table whose files have the names that the file system knows."""

    @property
    def table_uri(self) -> str:
        """The folder, by its own name."""
        return unquote(self._encoded)

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:
        """Give the paths of the files; below the folder they are as delta-rs has them."""
        encoded = self._encoded
        return [
            self.table_uri + path.removeprefix(encoded) if path.startswith(encoded) else path
            for path in super().file_uris(*args, **kwargs)
        ]

    @property
    def _encoded(self) -> str:
        return super().table_uri.removeprefix(_FILE).rstrip("/") + "/"


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
