"""What is known of a table's content: plain facts that add up, apart from how they are gathered.

Facts of two sets of rows add to the facts of both together, so a table may be digested in any
order, in any pieces, by several engines. For the same reason they are *not* tamper-proof: whoever
chooses rows can forge a sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lakeproof.digest.digest_errors import FactsMismatchError

ALGORITHM = "rs1"
_LANE = 1 << 64
_HEX_PER_LANE = 16
# With "rs1:" that is 36 characters, the most that MLflow keeps of a dataset's digest.
_DIGEST_CHARACTERS = 32


def lanes_to_hex(first: int, second: int) -> str:
    """Write two lanes as 32 hexadecimal digits."""
    return f"{first % _LANE:016x}{second % _LANE:016x}"


@dataclass(frozen=True)
class ColumnFacts:
    """One column: `sum` adds up its cells, whatever their order and their rows.

    Args:
        name: As in the table.
        type: Delta's name of the type.
        nulls: Number of null cells.
        sum: Two lanes in 32 hexadecimal digits.
    """

    name: str
    type: str
    nulls: int
    sum: str


@dataclass(frozen=True)
class TableFacts:
    """A table's content: its columns in order, its number of rows, and the sum over whole rows."""

    columns: tuple[ColumnFacts, ...]
    rows: int
    total: str

    @property
    def digest(self) -> str:
        """Shorten the facts to `rs1:` and 128 bits. Store the facts, show the digest."""
        hashed = hashlib.sha256(self.to_json().encode()).hexdigest()
        return f"{ALGORITHM}:{hashed[:_DIGEST_CHARACTERS]}"

    def to_json(self) -> str:
        """Write the canonical JSON of which `digest` is the hash."""
        return json.dumps(
            {
                "algorithm": ALGORITHM,
                "columns": [[c.name, c.type, c.nulls, c.sum] for c in self.columns],
                "rows": self.rows,
                "total": self.total,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )

    def in_order(self, names: Sequence[str]) -> TableFacts:
        """Give the facts of the same rows with their columns in another order.

        A row adds up by the names of its columns, so that no row is read again.

        Args:
            names: The same columns.
        """
        columns = {column.name: column for column in self.columns}
        return replace(self, columns=tuple(columns[name] for name in names))

    @classmethod
    def from_json(cls, text: str) -> TableFacts:
        """Read facts back.

        Raises:
            FactsMismatchError: They are of another algorithm, or damaged.
        """
        try:
            stored = json.loads(text)
            algorithm = stored["algorithm"]
        except (ValueError, KeyError, TypeError) as cause:
            raise FactsMismatchError(f"These are not table facts: {text[:80]!r}.") from cause
        if algorithm != ALGORITHM:
            raise FactsMismatchError(
                f"The facts are of algorithm {algorithm!r}; this version reads '{ALGORITHM}' only."
            )
        try:
            columns = tuple(ColumnFacts(*column) for column in stored["columns"])
            facts = cls(columns, stored["rows"], stored["total"])
            is_whole = facts.to_json() == _canonical(stored) and facts._adds_up()
        except (KeyError, TypeError, ValueError) as cause:
            raise FactsMismatchError(f"The table facts are damaged: {text[:80]!r}.") from cause
        if not is_whole:
            raise FactsMismatchError(f"The table facts are damaged: {text[:80]!r}.")
        return facts

    def __add__(self, other: TableFacts) -> TableFacts:
        """Give the facts of both sets of rows together.

        Raises:
            FactsMismatchError: The columns differ in name, type or order.
        """
        return self._combined(other, lambda mine, others: mine + others)

    def __sub__(self, other: TableFacts) -> TableFacts:
        """Give the facts of what stays when the rows of `other` are removed.

        Raises:
            FactsMismatchError: The columns differ, or `other` has more rows or nulls.
        """
        return self._combined(other, lambda mine, others: mine - others)

    def _combined(self, other: TableFacts, apply: Callable[[int, int], int]) -> TableFacts:
        for mine, others in zip(self.columns, other.columns, strict=False):
            if (mine.name, mine.type) != (others.name, others.type):
                raise FactsMismatchError(
                    f"Facts of different columns cannot be combined: '{mine.name}' ({mine.type}) "
                    f"here, '{others.name}' ({others.type}) there."
                )
        if len(self.columns) != len(other.columns):
            raise FactsMismatchError(
                "Facts of different columns cannot be combined: "
                f"{len(self.columns)} columns here, {len(other.columns)} there."
            )
        columns = tuple(
            ColumnFacts(c.name, c.type, apply(c.nulls, d.nulls), _lanewise(c.sum, d.sum, apply))
            for c, d in zip(self.columns, other.columns, strict=True)
        )
        facts = TableFacts(
            columns, apply(self.rows, other.rows), _lanewise(self.total, other.total, apply)
        )
        if not facts._adds_up():
            raise FactsMismatchError(
                f"{other.rows} rows cannot be removed from {self.rows}: they are not among them."
            )
        return facts

    def _adds_up(self) -> bool:
        words = [self.total, *(c.sum for c in self.columns)]
        return (
            all(0 <= c.nulls <= self.rows for c in self.columns)
            and self.rows >= 0
            and all(len(word) == 2 * _HEX_PER_LANE and int(word, 16) >= 0 for word in words)
        )


def _canonical(stored: Any) -> str:
    return json.dumps(stored, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _lanewise(mine: str, others: str, apply: Callable[[int, int], int]) -> str:
    lanes = (
        apply(int(mine[cut], 16), int(others[cut], 16))
        for cut in (slice(None, _HEX_PER_LANE), slice(_HEX_PER_LANE, None))
    )
    return lanes_to_hex(*lanes)
