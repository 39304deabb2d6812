"""One delivery: a file in a folder, known by name and digest long before it is read.

Not for finding deliveries (`dataset`), nor for what is refused in them (`reading`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.schema import Schema

if TYPE_CHECKING:
    import polars as pl

Step = Callable[[Any], Any]


@dataclass(frozen=True)
class Delivery:
    """A file that arrived; its rows are parsed when asked for, and only then.

    Most deliveries of a run are taken already and never opened: with 1,000 taken and one new, only
    the new one is parsed.

    Args:
        name: The file's name, by which deliveries are ordered and known to the table.
        sha256: The digest of its bytes, in hexadecimal, when the folder was listed.
        path: Where it is on this machine.
        schema: What its rows must be.
        parse: Opens it and gives its rows as they are in the file, before any step; raises as
            `rows` does.
        dialect: How it is punctuated.
        steps: What is done to the rows once they are read, in order.
        uri: The address it came from, where that is in a store.
    """

    name: str
    sha256: str
    path: Path
    schema: Schema
    parse: "Callable[[Delivery], pl.LazyFrame]"
    dialect: Dialect = field(default_factory=Dialect)
    steps: tuple[Step, ...] = ()
    uri: str | None = None

    def map(self, function: Step) -> "Delivery":
        """Return this delivery with one more step between the file and `rows()`.

        Nothing is read: a node can say what it does to every delivery, and only the new ones pay.

        Args:
            function: From rows to rows, lazily: a lazy frame of the running engine in, one out.
        """
        return replace(self, steps=(*self.steps, function))

    def rows(self) -> "pl.LazyFrame":
        """Open the file, check its header, and return its rows: typed, in the schema's order.

        The rows themselves are checked while they stream, in one parse. What can only be known at
        the end (the same key twice, a last quote that never closes, other bytes than those
        listed) is raised *before the last rows are handed over*: a write that consumes this frame
        to its end fails before it commits. A frame cut short (`head`) proves nothing about the
        rows after the cut.

        The key is checked as it is in the file, before any step of `map`.

        Returns:
            Optional columns that the file is without are absent, not null.

        Raises:
            DeliveryError: The file is gone, empty, or its header is not the schema's; while the
                frame is consumed, also for everything that is refused in rows.
        """
        rows: pl.LazyFrame = self.cleaned(self.parse(self))
        return rows

    def cleaned(self, rows: Any) -> Any:
        """Lay the steps of `map` over the rows, as a lazy frame of any engine."""
        for step in self.steps:
            rows = step(rows)
        return rows
