"""What a table made elsewhere demands of its rows, beside their types.

Constraints, columns that may not be missing and generated columns are delta-rs's to check, also for
rows of Spark; the length of a `varchar` is nobody's but Spark's own writer's. Not for what is lost
when a schema is replaced on purpose: that columns may not be missing, and how long they are.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import deltalake
import polars as pl

from lakeproof.delta.log.opened_table import OpenedTable
from lakeproof.delta.write.staged_rows import Staged
from lakeproof.errors import SchemaError

_CONSTRAINT = "delta.constraints."
_GENERATED = "delta.generationExpression"
_LENGTH = "__CHAR_VARCHAR_TYPE_STRING"
_BROKEN = "failed validation check"
_MOST_CHARACTERS = 300


def has_rules(current: OpenedTable) -> bool:
    """Tell whether the table demands anything of its rows that is checked row by row."""
    return bool(_rules(current)) or any(
        not field.nullable or any(key.startswith("delta.") for key in field.metadata)
        for field in current.table.schema().fields
    )


def keeps_columns(staged: Staged, current: OpenedTable) -> bool:
    """Tell whether an overwrite leaves the table's columns, and what it demands of them, alone.

    The order of its columns is the table's own: delta-rs and Spark keep it, where nothing else
    differs.

    Args:
        staged: The rows to come.
        current: The table before.
    """
    return current.columns == staged.columns


def require_rules(staged: Staged, current: OpenedTable, mode: str) -> None:
    """Refuse rows, or an overwrite, that a table made elsewhere cannot keep its word with.

    Raises:
        SchemaError: Naming the rule.
    """
    name = current.location.name
    rules = _rules(current)
    if mode == "overwrite" and rules and not keeps_columns(staged, current):
        raise SchemaError(
            f"Table '{name}' has {rules[0]}, and an overwrite with other columns would drop or "
            "break that. The table is as it was. Write the columns that it has, or have Spark take "
            "the rule away first."
        )
    for column, most in _lengths(current).items():
        if staged.columns.get(column) != "string":
            continue
        longest = staged.lazy().select(pl.col(column).str.len_chars().max()).collect().item()
        if longest is not None and longest > most:
            raise SchemaError(
                f"Column '{column}' of table '{name}' takes {most} characters, and the rows to be "
                f"written have a text of {longest}. The table is as it was. Shorten it in the node."
            )


@contextmanager
def explained_rules(current: OpenedTable, *, shows_row: bool = True) -> Iterator[None]:
    """Name the table, what it demands and the row in what delta-rs says of one that breaks it.

    Args:
        current: The table.
        shows_row: Whether the row may be shown: nothing in it is personal.

    Raises:
        SchemaError: In place of delta-rs's own.
    """
    try:
        yield
    except deltalake.exceptions.DeltaError as error:
        if _BROKEN not in str(error):
            raise
        said = str(error).splitlines() if shows_row else []
        lines = [line for line in said if line.startswith("|")]
        missing = (f.name for f in current.table.schema().fields if not f.nullable)
        rules = [*_rules(current), *(f"that column '{name}' is not missing" for name in missing)]
        raise SchemaError(
            f"A row for table '{current.location.name}' breaks what the table demands, which is "
            f"{'; '.join(rules)}: {' '.join(lines[1:2])[:_MOST_CHARACTERS]} The table is as it "
            "was. Correct the rows in the node."
        ) from error


def _rules(current: OpenedTable) -> list[str]:
    configuration = current.table.metadata().configuration
    found = [
        f"the constraint '{key.removeprefix(_CONSTRAINT)}' ({text})"
        for key, text in sorted(configuration.items())
        if key.startswith(_CONSTRAINT)
    ]
    fields: Any = current.table.schema().fields
    found += [
        f"column '{field.name}', generated as {field.metadata[_GENERATED]}"
        for field in fields
        if _GENERATED in field.metadata
    ]
    return found


def _lengths(current: OpenedTable) -> dict[str, int]:
    """Give how many characters a column takes, where the table says so."""
    found = {}
    for field in current.table.schema().fields:
        told = re.fullmatch(r"(?:var)?char\((\d+)\)", str(field.metadata.get(_LENGTH, "")))
        if told:
            found[field.name] = int(told[1])
    return found
