"""A local table as Polars finds it, whatever its folder is called.

delta-rs 1.6 names the folder of a local table as a URL does, and Polars 2.1 opens its files by that
very name: in `My Projects` or `Müller` there are none. To go once one of them decodes it
(Polars issue 20944).
"""

from typing import Any
from urllib.parse import unquote

from lakeproof.delta.log.handle import Handle

_FILE = "file://"


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
