"""Files that are no table: whether one holds a key, as rows or as text.

By what a file begins with, not by its name: kept files are called by their digest. What can be read
as neither is never passed over as free of it.
"""

from pathlib import Path
from typing import Any, Literal

import polars as pl

from lakeproof.erasure.found_versions import count_keys
from lakeproof.erasure.key_rows import Keys
from lakeproof.erasure.lineage import same_kind
from lakeproof.erasure.traces import Texts

_LARGEST = 64 * 2**20
_FIRST = 16
# Packed: no text shows, and whose rows they are nobody knows.
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"PK": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "zstd",
    b"x\x9c": "zlib",
    b"# v2 git bundle": "a bundle of git",
    b"# v3 git bundle": "a bundle of git",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"\x89HDF": "HDF5",
}
# Of what is drawn, nobody reads rows.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")


class UnreadError(Exception):
    """Whether a file holds a key is not known, for the reason given."""


class LooseFiles:
    """Looks for keys in files.

    Args:
        keys: The keys.
        schema: Of the table whose they are.
        table: Its name.

    Raises:
        ErasureError: If a key is none.
    """

    def __init__(self, keys: Keys, schema: pl.Schema, table: str) -> None:
        self._keys, self._schema = keys, schema
        self._texts = Texts(list(keys.values(schema, table)))

    @property
    def is_text_searched(self) -> bool:
        """Tell whether each key is long enough to be looked for as text."""
        return self._texts.can_be_searched

    def look(self, path: Path) -> Literal["rows", "text"] | None:
        """Tell how a file holds one of the keys; `None` where it holds none.

        Args:
            path: The file.

        Raises:
            UnreadError: If that is not known.
        """
        try:
            with path.open("rb") as file:
                first = file.read(_FIRST)
            if first.startswith(b"PAR1"):
                return self._in_rows(pl.scan_parquet(path, glob=False))
            if first.startswith(b"ARROW1"):
                return self._in_rows(pl.scan_ipc(path, glob=False))
            if first.startswith(_PICTURES):
                return None
            for start, what in _PACKED.items():
                if first.startswith(start):
                    raise UnreadError(f"it is packed ({what})")
            if path.stat().st_size > _LARGEST:
                raise UnreadError(f"it is larger than {_LARGEST // 2**20} MiB")
            return "text" if self._texts.stand_in(path.read_bytes()) else None
        except (OSError, pl.exceptions.PolarsError) as error:
            raise UnreadError(f"it cannot be read ({type(error).__name__})") from error

    def _in_rows(self, rows: Any) -> Literal["rows"] | None:
        schema = rows.collect_schema()
        columns = self._keys.columns
        if absent := [one for one in columns if one not in schema]:
            raise UnreadError(f"it has no column '{absent[0]}'")
        if not all(same_kind(schema[one], self._schema[one]) for one in columns):
            return None  # other things are called so there
        keys = self._keys.that_fit(schema)
        is_there = keys is not None and count_keys(rows, keys.rows(schema, "")) > 0
        return "rows" if is_there else None
