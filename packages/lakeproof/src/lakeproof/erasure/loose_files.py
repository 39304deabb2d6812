"""Files that are no table: whether one holds a key, as rows or as text.

By what a file begins with, not by its name: kept files are called by their digest. Text is searched
for words, any other file for the bytes of a key. What has none, and is not read, is never passed
over as free of it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import polars as pl

from lakeproof.erasure.file_kinds import is_old_text, packed, pickled_texts, text_of, unread_kind
from lakeproof.erasure.found_versions import count_keys
from lakeproof.erasure.key_rows import Keys
from lakeproof.erasure.lineage import same_kind
from lakeproof.erasure.traces import Texts

_LARGEST = 64 * 2**20
_FIRST = 16
# Of what is drawn, nobody reads rows.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
# How a message of an Arrow stream begins.
_STREAM = b"\xff\xff\xff\xff"


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
            if path.stat().st_size > _LARGEST:
                what = f"it is larger than {_LARGEST // 2**20} MiB"
                raise UnreadError(unread_kind(first) if packed(first) else what)
            if first.startswith(b"SQLite format 3"):
                return self._in_cells(path)
            if first.startswith(_STREAM) and (rows := _streamed(path)) is not None:
                return self._in_rows(rows)
            return self._in_bytes(path.read_bytes())
        except (OSError, pl.exceptions.PolarsError, sqlite3.Error) as error:
            raise UnreadError(f"it cannot be read ({type(error).__name__})") from error

    def _in_bytes(self, content: bytes) -> Literal["text"] | None:
        text = text_of(content)
        if text is not None:
            is_there = self._texts.stand_in(text) or self._in_pickle(content)
            return "text" if is_there else None
        is_plain = packed(content) is None
        if is_plain and (self._texts.may_stand_in(content) or self._in_pickle(content)):
            return "text"
        if is_old_text(content):
            return None
        raise UnreadError(unread_kind(content[:_FIRST]))

    def _in_pickle(self, content: bytes) -> bool:
        """Look through a pickle of protocol 0, in which letters are spelled out."""
        for text in pickled_texts(content):
            # An array has the bytes of its letters as a text.
            parts = text.encode(errors="surrogateescape"), text.encode("latin-1", "ignore")
            if self._texts.stand_in(parts[0]) or self._texts.may_stand_in(parts[1]):
                return True
        return False

    def _in_cells(self, path: Path) -> Literal["text"] | None:
        """Look through all cells of a database, and for words in what it has deleted."""
        texts, others = list[str](), list[bytes]()
        for cell in _cells(path):
            (others if isinstance(cell, bytes) else texts).append(cell)
        cells = "\n".join(texts).encode(errors="surrogateescape")
        if self._texts.stand_in(cells) or self._texts.stand_in(path.read_bytes()):
            return "text"
        unread = None
        for one in others:
            try:
                if self._in_bytes(one):
                    return "text"
            except UnreadError as error:
                unread = error
        if unread is not None:
            raise UnreadError(f"of a cell in it, {unread}")
        return None

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


def _streamed(path: Path) -> pl.LazyFrame | None:
    """Read an Arrow stream; `None` where it is none."""
    try:
        return pl.read_ipc_stream(path).lazy()
    except pl.exceptions.PolarsError:
        return None


def _cells(path: Path) -> Iterator[Any]:
    """Yield the cells of a SQLite database: numbers as text, bytes as they are.

    Raises:
        sqlite3.Error: If it cannot be read.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as base:
        base.text_factory = lambda text: text.decode(errors="surrogateescape")
        if base.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it is damaged")
        names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            quoted = name.replace('"', '""')
            for row in base.execute(f'SELECT * FROM "{quoted}"'):
                yield from (one if isinstance(one, bytes) else str(one) for one in row)
