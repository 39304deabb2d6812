"""The declared schema of a folder's deliveries: facts, built once from plain configuration.

It is the contract with whoever delivers, so everything is refused that it does not say. Not for
the table's schema: that grows by what is written to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lakeproof.configuration import similar
from lakeproof.deliveries.declared import EDIT_THE_CATALOG, declared
from lakeproof.deliveries.delivery_errors import DeliveryError, shown

DeltaType = Literal[
    "string",
    "long",
    "integer",
    "short",
    "byte",
    "double",
    "float",
    "boolean",
    "date",
    "timestamp",
]
Origin = Literal["column", "file", "row"]

# Two floats that print alike need not be equal, and two booleans tell nothing apart.
_NO_KEY = ("double", "float", "boolean")


@dataclass(frozen=True)
class _Declared:
    """What a catalog entry says of a column."""

    type: DeltaType
    nullable: bool = False
    optional: bool = False
    header: str = ""
    from_: Literal["file", "row"] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows, and where its values come from.

    Args:
        name: Its name in the rows and in the table.
        type: Its Delta type.
        header: Its name in the file; the same as `name` unless declared.
        is_nullable: A value may be missing: the text between two separators may be empty.
        is_optional: A file may be without the column; implies `is_nullable`.
        origin: A `column` of the file, the `file`'s name without its ending, or that and the
            `row`'s six-digit number from 1.
    """

    name: str
    type: DeltaType
    header: str
    is_nullable: bool = False
    is_optional: bool = False
    origin: Origin = "column"


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns that deliveries have, in the order in which rows have them.

    Args:
        columns: At least one.
        key: The name of the column that tells rows apart.
    """

    columns: tuple[Column, ...]
    key: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any], key: str) -> "Schema":
        """Read the catalog entry's `schema`, and the `key` beside it.

        Raises:
            DeliveryError: An unknown key or type, two columns of one header, or a key that cannot
                tell rows apart.
        """
        if not isinstance(config, Mapping) or not config:
            raise DeliveryError(
                f"`schema` must map each column's name to its type, and is {shown(str(config))}. "
                f"{EDIT_THE_CATALOG}"
            )
        schema = cls(tuple(_column(name, declared) for name, declared in config.items()), key)
        _refuse_shared_headers(schema)
        _refuse_weak_key(schema)
        return schema

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def _column(name: str, config: Any) -> Column:
    where = f"`schema: {name}`"
    said = declared(_Declared, config, where)
    is_nullable = said.nullable if "nullable" in config else said.optional
    if said.optional and not is_nullable:
        raise DeliveryError(
            f"{where} is optional and not nullable: where a file is without it, its values are "
            f"missing. {EDIT_THE_CATALOG}"
        )
    if said.from_ and (said.type != "string" or len(config) > 2):
        raise DeliveryError(
            f"{where} comes `from` the {said.from_}, so it is a string in every row: declare "
            f"{{type: string, from: {said.from_}}} and nothing else. {EDIT_THE_CATALOG}"
        )
    header = said.header if "header" in config else name
    if not isinstance(name, str) or not name or not header:
        raise DeliveryError(
            f"{where} has the header {shown(str(header))}: names are text; put quotes around "
            f"them. {EDIT_THE_CATALOG}"
        )
    return Column(name, said.type, header, is_nullable, said.optional, said.from_ or "column")


def _refuse_shared_headers(schema: Schema) -> None:
    names: dict[str, str] = {}
    for column in schema.columns:
        # A computed column has no place in the file, so neither may another take its name there.
        other = names.setdefault(column.header, column.name)
        if other != column.name:
            raise DeliveryError(
                f"`schema` has two columns, {shown(other)} and {shown(column.name)}, of the one "
                f"header {shown(column.header)}. {EDIT_THE_CATALOG}"
            )


def _refuse_weak_key(schema: Schema) -> None:
    key = next((column for column in schema.columns if column.name == schema.key), None)
    if key is None:
        raise DeliveryError(
            f"`key` is {shown(str(schema.key))}, and `schema` has no such column."
            f"{similar(str(schema.key), schema.names)} {EDIT_THE_CATALOG}"
        )
    if key.is_nullable:
        raise DeliveryError(
            f"`schema: {key.name}` is the key and may be missing: a row without its key cannot be "
            f"told from another. Take away `nullable` and `optional`. {EDIT_THE_CATALOG}"
        )
    if key.type in _NO_KEY:
        raise DeliveryError(
            f"`schema: {key.name}` is the key and a {key.type}: a key is a string, an integer "
            f"type, a date or a timestamp. {EDIT_THE_CATALOG}"
        )
