"""Walk a delivery record by record, with line numbers: slow, and exact.

For the header, and for finding the line of what the fast reader refused. Not for reading rows.
"""

import csv
import io
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from lakeproof.deliveries.csv.content import BLOCK_SIZE, opened
from lakeproof.deliveries.delivery_errors import refusal

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery


def records(delivery: "Delivery") -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it starts, the header first, empty lines left out.

    Bytes that are not UTF-8 come as lone surrogates, so that the line which holds them is known;
    see `is_text`.

    Raises:
        DeliveryError: The file is gone, or a field is beyond what Python's reader takes.
    """
    with io.TextIOWrapper(
        opened(delivery), encoding="utf-8-sig", errors="surrogateescape", newline=""
    ) as text:
        # Python's bound on a field is below ours on a row. It is one for the whole process: raise
        # it, never lower it.
        csv.field_size_limit(max(csv.field_size_limit(), BLOCK_SIZE))
        reader = csv.reader(text, delimiter=delivery.dialect.separator)
        line = 1
        try:
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            raise refusal(
                delivery.name, f"it cannot be read as CSV ({error})", line=line
            ) from error


def lines_of(delivery: "Delivery", rows: Collection[int]) -> list[int]:
    """Return the lines on which rows start, in order.

    Args:
        delivery: Where to look.
        rows: Numbers of rows, from 0, the header not counted.
    """
    last = max(rows)
    lines = []
    for number, (line, _) in enumerate(records(delivery), start=-1):
        if number in rows:
            lines.append(line)
        if number >= last:
            break
    return lines


def is_text(field: str) -> bool:
    """Tell whether every byte of a field was UTF-8 and none was NUL."""
    if "\0" in field:
        return False
    return field.isascii() or not any("\udc80" <= character <= "\udcff" for character in field)
