"""Whether the rows of a file whose keys are row numbers are still where they were.

A line taken out makes each row behind it another row's correction: the table would have as many
rows as before, nearly all of them with the values of their neighbours, and nothing would say so.
Not for keys that stand in the file, or are made of content: those go with their row.
"""

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from lakeproof.deliveries.delivery_errors import refusal
from lakeproof.deliveries.rows.files import stem_of
from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.read.scan import scan

if TYPE_CHECKING:
    from lakeproof.deliveries import Delivery

# Of one value that is now where another was, nobody can say that it moved.
_FEWEST = 2


class MovedRows:
    """Looks at the rows of a file that was taken before, as they are about to be merged.

    Args:
        delivery: With another content than was taken under its name.
        table: The catalog name of the table.
        current: The table.
    """

    def __init__(self, delivery: "Delivery", table: str, current: OpenedTable) -> None:
        self._delivery = delivery
        self._table = table
        self._current = current

    def __call__(self, rows: pl.LazyFrame) -> None:
        """Refuse rows of which most are others' that were in the file before.

        Raises:
            DeliveryError: Naming the first, and what can be done.
        """
        made = {one.name for one in self._delivery.schema.columns if one.origin == "row"}
        names = set(rows.collect_schema().names()) & set(self._current.columns)
        key = next((name for name in self._delivery.schema.key if name in made & names), None)
        common = sorted(names - made)
        if key is None or not common:
            return
        pattern = f"^{re.escape(stem_of(self._delivery.name))}-[0-9]{{6,}}$"
        was = _contents(scan(self._current).filter(pl.col(key).str.contains(pattern)), key, common)
        now = _contents(rows, key, common)
        both = now.join(was, on="key", how="full", suffix="_was", coalesce=True).sort("key")
        changed = both.filter(pl.col("content") != pl.col("content_was"))
        once = was.filter(pl.col("content").is_unique()).select("content", place="key")
        moved = both.filter(
            pl.col("content_was").is_null() | (pl.col("content") != pl.col("content_was"))
        ).join(once, on="content", how="inner", maintain_order="left")
        is_moved = moved.height >= _FEWEST and 2 * moved.height > changed.height
        if changed.height and (now.height < was.height or is_moved):
            raise self._refusal(key, changed["key"][0], moved, was.height - now.height)

    def _refusal(self, key: str, first: str, moved: pl.DataFrame, fewer: int) -> Exception:
        is_shown = key not in self._delivery.schema.personal
        start = f": from {first!r} on they are other rows" if is_shown else ""
        what = f"its rows have moved since it was taken{start}"
        if moved.height and is_shown:
            what += f" ({moved['key'][0]!r} is what {moved['place'][0]!r} was)"
        if fewer > 0:
            what += f", and there are {fewer} fewer"
        return refusal(
            self._delivery.name,
            f"{what}. `{key}` is made from the row's number, so each would become a correction of "
            "another",
            remedy="Put the lines back and new ones at the end; or give rows a key of their own, "
            f"such as {key}: {{type: string, from: content}}, and take all files anew: kedro "
            f"deliveries anew {self._table}",
        )


def _contents(rows: pl.LazyFrame, key: str, columns: list[str]) -> pl.DataFrame:
    content: Any = pl.struct(columns).hash(seed=0)
    return rows.select(key=pl.col(key), content=content).sort("key").collect()
