"""Whether what is to be written fits the table's columns.

Delta-rs casts an integer into an old string column without a word; here a changed type is an error.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from lakeproof.errors import SchemaError

SchemaMode = Literal["merge", "overwrite"]

# Spark takes no such name without column mapping, which delta-rs and Polars do not read; and what a
# node says of a column with a point or a backtick, Spark understands as something else.
_NOT_IN_NAMES = " ,;{}()\n\t=.`"
# Delta lays files out by nothing else, or the engines write the value in other words.
_IN_PATHS = ("string", "byte", "short", "integer", "long", "boolean", "date", "timestamp")
# Values are equal on one engine and not on the other (-0.0, NaN), or cannot be compared at all.
_NO_KEY = ("double", "float", "array", "map", "struct")

# A byte may take three characters of a name, which file systems hold to 255.
LONGEST_IN_PATH = 80
MISSING_IN_PATH = "__HIVE_DEFAULT_PARTITION__"


def require_names(name: str, columns: Iterable[str]) -> None:
    """Refuse a column that only one of the two engines could write.

    Args:
        name: The catalog name of the table, for messages.
        columns: The names of what is to be written.

    Raises:
        SchemaError: Naming the first column with a character that Delta keeps out of names, or two
            that only their case tells apart.
    """
    seen: dict[str, str] = {}
    for column in columns:
        if not column or any(character in column for character in _NOT_IN_NAMES):
            raise SchemaError(
                f"Column {column!r} for table '{name}' has a name that Delta does not take on both "
                "engines: none of the characters ' ,;{}()=.`', tab and newline may be in it. The "
                "table is as it was. Rename the column in the node."
            )
        if column == "*" or (column.startswith("^") and column.endswith("$")):
            raise SchemaError(
                f"Column {column!r} for table '{name}' has a name by which Polars means several "
                "columns. The table is as it was. Rename the column in the node."
            )
        other = seen.setdefault(column.casefold(), column)
        if other != column:
            raise SchemaError(
                f"Columns '{other}' and '{column}' for table '{name}' differ in case alone, which "
                "Delta does not tell apart. The table is as it was. Rename one in the node."
            )


def require_key_types(name: str, key: Iterable[str], columns: Mapping[str, str]) -> None:
    """Refuse a key by whose values the engines would tell other rows apart.

    Raises:
        SchemaError: Naming the first column of a type that is none for a key.
    """
    for column in key:
        kind = columns.get(column, "string")
        if kind.startswith(_NO_KEY):
            raise SchemaError(
                f"Column '{column}' of the key of table '{name}' is {kind}, of which the two "
                "engines do not agree on what is equal. The table is as it was. Take a column of "
                "text, whole numbers, decimals, dates or times as `key` of the catalog entry."
            )


def require_partition_types(
    name: str, partition_by: Iterable[str], columns: Mapping[str, str], is_there: bool = False
) -> None:
    """Refuse to lay files out by values that the two engines write into a path differently.

    Args:
        name: The catalog name, for messages.
        partition_by: By whose values.
        columns: The Delta type by column.
        is_there: Whether a table that is there is laid out so.

    Raises:
        SchemaError: Naming the first such column.
    """
    cure = f"Take it out of save_args.partition_by of '{name}' in the catalog."
    if is_there:
        cure = "It was made so elsewhere: write its rows to a new table instead."
    for column in partition_by:
        kind = columns.get(column, "string")
        if not kind.startswith(_IN_PATHS):
            raise SchemaError(
                f"Column '{column}' of table '{name}' is {kind}, by which the two engines cannot "
                f"both lay out files. The table is as it was. {cure} Columns may be: "
                f"{', '.join(_IN_PATHS)}."
            )


def not_in_path(name: str, column: str) -> SchemaError:
    """Make the refusal of a text that does not come back from a path as it went in."""
    return SchemaError(
        f"Column '{column}' lays out the files of table '{name}' and holds a text that is empty, "
        f"longer than {LONGEST_IN_PATH} bytes, {MISSING_IN_PATH} or with a zero byte in it: from a "
        "path it would come back as missing, or not at all. The table is as it was. Give such rows "
        "another text in the node, or take the column out of save_args.partition_by."
    )


def require_fit(
    name: str,
    table: Mapping[str, str],
    incoming: Mapping[str, str],
    schema_mode: SchemaMode | None,
    may_lack: bool,
) -> None:
    """Compare columns by name and Delta type.

    Args:
        name: The catalog name, for messages.
        table: The table's type by column.
        incoming: The type by column of what is to be written.
        schema_mode: `merge` allows new columns, `overwrite` any change.
        may_lack: Whether columns of the table may be absent from the rows (they become null).

    Raises:
        SchemaError: Naming the first column that does not fit, and both types.
    """
    if schema_mode == "overwrite":
        return
    known = {column.casefold(): column for column in table}
    for column, found in incoming.items():
        other = known.get(column.casefold(), column)
        if other != column:
            raise SchemaError(
                f"Table '{name}' has a column '{other}', the rows to be written have '{column}': "
                "Delta does not tell them apart. The table is as it was. Rename it in the node."
            )
        expected = table.get(column)
        if expected is None and schema_mode != "merge":
            raise SchemaError(
                f"Table '{name}' has no column '{column}' ({found}), which the rows to be written "
                f"have. The table is as it was. To add it, set save_args.schema_mode: merge for "
                f"'{name}' in the catalog."
            )
        if expected is not None and expected != found:
            raise SchemaError(
                f"Column '{column}' of table '{name}' is {expected}, but the rows to be written "
                f"have {found}. The table is as it was. Cast the column in the node"
                + (
                    ", or set save_args.schema_mode: overwrite to replace the schema."
                    if not may_lack
                    else "."
                )
            )
    lacking = [column for column in table if column not in incoming]
    if lacking and not may_lack:
        raise SchemaError(
            f"The rows to be written to table '{name}' lack its column '{lacking[0]}' "
            f"({table[lacking[0]]}). The table is as it was. To replace the schema, set "
            f"save_args.schema_mode: overwrite for '{name}' in the catalog."
        )
