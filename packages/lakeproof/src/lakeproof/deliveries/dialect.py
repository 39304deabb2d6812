"""How the deliveries of one folder are punctuated.

Encoding and quotes are not a choice: UTF-8, with or without a byte order mark, and quotes as in
RFC 4180. What could be guessed from a file is declared instead: a guess can change with the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakeproof.deliveries.declared import EDIT_THE_CATALOG, declared
from lakeproof.deliveries.delivery_errors import DeliveryError, shown


@dataclass(frozen=True, slots=True)
class Dialect:
    """The marks between fields and within numbers.

    Args:
        separator: One character between two fields.
        decimal: The decimal mark of `double` and `float` columns.
    """

    separator: str = ","
    decimal: str = "."

    @classmethod
    def from_config(cls, config: Mapping[str, Any] | None) -> "Dialect":
        """Read the catalog entry's `csv`.

        Raises:
            DeliveryError: An unknown key, or marks that cannot be told apart.
        """
        dialect = declared(cls, {} if config is None else config, "`csv`")
        separator, decimal = dialect.separator, dialect.decimal
        if not _is_mark(separator) or separator.isalnum():
            raise DeliveryError(
                f"`csv: separator` is {shown(separator)}: it must be one character that no "
                f'number and no quote has, such as "," ";" or "\\t". {EDIT_THE_CATALOG}'
            )
        if decimal not in (".", ",") or decimal == separator:
            raise DeliveryError(
                f"`csv: decimal` is {shown(decimal)} and `separator` {shown(separator)}: the "
                f'decimal mark must be "." or "," and not the separator. {EDIT_THE_CATALOG}'
            )
        return dialect


def _is_mark(text: str) -> bool:
    # Arrow splits bytes, not characters.
    return len(text) == 1 and text.isascii() and text not in '"\r\n-+. '
