"""The columns that stand in no file: of its name, of the number of a row, of what a row holds."""

import hashlib
import json
from collections import Counter

import polars as pl

from lakeproof.deliveries.rows.layout import Layout

_DIGITS = 32


class Computed:
    """Completes the rows of one file, batch by batch, in their order.

    A key made of content is the digest of a row's values under their names, missing ones left out:
    it hangs neither on the file's name nor on a row's place, nor on a column that joins later.
    Where a file has a row twice, the second is counted (`…-2`), so that neither is lost and the
    same rows under another name are the same rows.

    Args:
        layout: Of the file.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._origins = {column.origin for column in layout.columns}
        self._rows = 0
        self._seen: Counter[str] = Counter()

    def completed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give the batch with all columns, in the schema's order."""
        if self._origins == {"column"}:
            return frame
        start, stem = self._rows + 1, pl.lit(self._layout.stem)
        self._rows += frame.height
        number = pl.int_range(start, start + pl.len()).cast(pl.String).str.zfill(6)
        values = {"file": stem, "row": pl.concat_str(stem, pl.lit("-"), number)}
        if "content" in self._origins:
            values["content"] = pl.lit(pl.Series(self._of_content(frame), dtype=pl.String))
        return frame.with_columns(
            values[column.origin].alias(column.name)
            for column in self._layout.columns
            if column.origin != "column"
        ).select(column.name for column in self._layout.columns)

    def _of_content(self, frame: pl.DataFrame) -> list[str]:
        keys = []
        for row in frame.iter_rows(named=True):
            held = {name: row[name] for name in sorted(row) if row[name] is not None}
            text = json.dumps(held, default=lambda time: time.isoformat())
            digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
            self._seen[digest] += 1
            count = self._seen[digest]
            keys.append(digest if count == 1 else f"{digest}-{count}")
        return keys
