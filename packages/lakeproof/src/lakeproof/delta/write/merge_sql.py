"""The conditions of a merge, as each engine's SQL writes them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """What the engines write differently.

    Args:
        mark: Stands before and after a name.
        text: Its type of text.
        unequal: Tells two values apart, nulls too.
    """

    mark: str
    text: str
    unequal: str

    def quoted(self, column: str) -> str:
        """Write a column's name, whatever is in it."""
        return f"{self.mark}{column.replace(self.mark, self.mark * 2)}{self.mark}"

    def same_key(self, key: Sequence[str]) -> str:
        """Write the condition under which a row `s` to come is the row `t` of the table."""
        names = map(self.quoted, key)
        return " AND ".join(f"s.{name} = t.{name}" for name in names)

    def has_changed(self, column: str, kind: str | None) -> str:
        """Write the condition under which a correction changes a column.

        Args:
            column: Its name.
            kind: Its Delta type in the table; `None` where it joins.
        """
        name = self.quoted(column)
        if kind is None:
            return f"(s.{name} IS NOT NULL)"
        differs = self.unequal.format(f"s.{name}", f"t.{name}")
        if kind in ("double", "float"):
            # SQL holds -0.0 for 0.0; as text they differ.
            texts = (f"CAST({side}.{name} AS {self.text})" for side in "st")
            differs = f"({differs} OR (s.{name} = 0 AND {self.unequal.format(*texts)}))"
        return differs
