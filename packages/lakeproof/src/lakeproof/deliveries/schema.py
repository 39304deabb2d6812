"""The declared schema of a folder's deliveries: facts, built once from plain configuration.

It is the contract with whoever delivers, so everything is refused that it does not say. Not for
the table's schema: that grows by what is written to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lakeproof.configuration import similar
from lakeproof.deliveries.declared import EDIT_THE_CATALOG, declared
from lakeproof.deliveries.delivery_errors import DeliveryError, shown
from lakeproof.deliveries.dialect import OF_COLUMNS, column_values
from lakeproof.spelling import first_of

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
Origin = Literal["column", "file", "row", "content"]

_BESIDE_FROM = {"type", "from", "personal"}
_MOST_NAMED = 5
# Two floats that print alike need not be equal, and two booleans tell nothing apart.
_NO_KEY = ("double", "float", "boolean")


@dataclass(frozen=True)
class _Declared:
    """What a catalog entry says of a column."""

    type: DeltaType
    nullable: bool = False
    optional: bool = False
    header: str = ""
    personal: bool = False
    from_: Literal["file", "row", "content"] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows, and where its values come from.

    Args:
        name: Its name in the rows and in the table.
        type: Its Delta type.
        header: Its name in the file; the same as `name` unless declared.
        is_nullable: A value may be missing: the text between two separators may be empty.
        is_optional: A file may be without the column; implies `is_nullable`.
        origin: A `column` of the file, the `file`'s name without its ending, that and the
            `row`'s six-digit number from 1, or a digest of the row's `content`.
        own: What it says of its text for itself, of the fields of `Dialect`.
        is_personal: Whether its values belong to persons: they are shown nowhere.
    """

    name: str
    type: DeltaType
    header: str
    is_nullable: bool = False
    is_optional: bool = False
    origin: Origin = "column"
    own: tuple[tuple[str, Any], ...] = ()
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns that deliveries have, in the order in which rows have them.

    Args:
        columns: At least one.
        key: The names of the columns that tell rows apart.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @classmethod
    def from_config(cls, config: Mapping[str, Any], key: str | Sequence[str]) -> "Schema":
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
        keys = (key,) if isinstance(key, str) or not isinstance(key, Sequence) else tuple(key)
        schema = cls(tuple(_column(name, declared) for name, declared in config.items()), keys)
        _refuse_shared_headers(schema)
        _refuse_weak_key(schema)
        return schema

    @property
    def told(self) -> dict[str, str]:
        """What is declared of each column that decides on its values, in few words."""
        return {
            column.name: column.type
            + (f" from {column.origin}" if column.origin != "column" else "")
            for column in self.columns
        }

    @property
    def personal(self) -> frozenset[str]:
        """The columns whose values belong to persons."""
        return frozenset(column.name for column in self.columns if column.is_personal)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def _column(name: str, config: Any) -> Column:
    where = f"`schema: {name}`"
    own = {}
    if isinstance(config, Mapping):
        own = {key: one for key, one in config.items() if key in (*OF_COLUMNS, "format")}
        config = {key: one for key, one in config.items() if key not in own}
    said = declared(_Declared, config, where)
    is_nullable = said.nullable if "nullable" in config else said.optional
    if said.optional and not is_nullable:
        raise DeliveryError(
            f"{where} is optional and not nullable: where a file is without it, its values are "
            f"missing. {EDIT_THE_CATALOG}"
        )
    if said.from_ and (said.type != "string" or set(config) - _BESIDE_FROM or own):
        raise DeliveryError(
            f"{where} comes `from` the {said.from_}, so it is a string in every row: declare "
            f"{{type: string, from: {said.from_}}} and nothing else. {EDIT_THE_CATALOG}"
        )
    header = said.header if "header" in config else name
    # A column may have no name in the file: pandas writes its index so.
    if not isinstance(name, str) or not name or not isinstance(header, str):
        raise DeliveryError(
            f"{where} has the header {shown(str(header))}: names are text; put quotes around "
            f"them. {EDIT_THE_CATALOG}"
        )
    values = column_values(own, where, said.type) if own else ()
    origin = said.from_ or "column"
    return Column(
        name, said.type, header, is_nullable, said.optional, origin, values, said.personal
    )


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
    if any(name is None or name == "" for name in schema.key):
        raise DeliveryError(
            "`key` is empty: it names the column, or a list of columns, that tells rows apart; "
            f"`schema` has {first_of([shown(name) for name in schema.names], _MOST_NAMED)}. "
            f"{EDIT_THE_CATALOG}"
        )
    if not schema.key or len(set(map(str, schema.key))) < len(schema.key):
        raise DeliveryError(
            f"`key` is {shown(str(list(schema.key)))}: it names a column, or several, each once. "
            f"{EDIT_THE_CATALOG}"
        )
    for name in schema.key:
        key = next((column for column in schema.columns if column.name == name), None)
        if key is None:
            raise DeliveryError(
                f"`key` is {shown(str(name))}, and `schema` has no such column."
                f"{similar(str(name), schema.names)} {EDIT_THE_CATALOG}"
            )
        if key.is_nullable:
            raise DeliveryError(
                f"`schema: {key.name}` is the key and may be missing: a row without its key cannot "
                f"be told from another. Take away `nullable` and `optional`. {EDIT_THE_CATALOG}"
            )
        if key.type in _NO_KEY:
            raise DeliveryError(
                f"`schema: {key.name}` is the key and a {key.type}: a key is a string, an integer "
                f"type, a date or a timestamp. {EDIT_THE_CATALOG}"
            )
