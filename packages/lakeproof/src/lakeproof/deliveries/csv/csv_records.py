"""Walk a delivery record by record, with line numbers: slow, and exact.

For the header, and for finding the line of what the fast reader refused. Not for reading rows.
"""

import codecs
import csv
import io
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from lakeproof.deliveries.csv.content import BLOCK_SIZE
from lakeproof.deliveries.delivery_errors import refusal
from lakeproof.deliveries.dialect import is_utf8
from lakeproof.deliveries.rows.files import opened, unpacked
from lakeproof.deliveries.rows.layout import Header

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_NO_TEXT = "lakeproof.no_text"
# Bytes that are no text come as a lone surrogate, in any encoding.
codecs.register_error(_NO_TEXT, lambda error: ("\udcff", getattr(error, "end", 0)))


def records(delivery: "Delivery", *, is_whole: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it starts, the header first, empty lines left out.

    Bytes that are no text come as lone surrogates, so that the line which holds them is known; see
    `is_text`. What the dialect passes over is passed over here.

    Args:
        delivery: Whose file is read.
        is_whole: Whether a line that names the separator, and a separator too many, are given too.

    Raises:
        DeliveryError: The file is gone, or a field is beyond what Python's reader takes.
    """
    dialect = delivery.dialect
    encoding = "utf-8-sig" if is_utf8(dialect.encoding) else dialect.encoding
    with (
        opened(delivery) as file,
        io.TextIOWrapper(
            unpacked(delivery.name, file), encoding=encoding, errors=_NO_TEXT, newline=""
        ) as text,
    ):
        # Python's bound on a field is below ours on a row. It is one for the whole process: raise
        # it, never lower it.
        csv.field_size_limit(max(csv.field_size_limit(), BLOCK_SIZE))
        reader = csv.reader(
            text,
            delimiter=dialect.separator,
            quotechar=dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        )
        line = 1
        try:
            for fields in reader:
                is_passed_over = not is_whole and (
                    (line == 1 and _is_sep_line(delivery, fields))
                    or (dialect.empty_rows and not any(fields))
                )
                if fields and not is_passed_over:
                    yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            raise refusal(
                delivery.name, f"it cannot be read as CSV ({error})", line=line
            ) from error
        except (OSError, EOFError) as error:
            raise not_unpacked(delivery.name, error) from error


def not_unpacked(name: str, error: BaseException) -> Exception:
    """Word the refusal of a compressed file that ends too early, or is none."""
    return refusal(
        name,
        f"it cannot be unpacked ({str(error)[:200]})",
        remedy="Put the complete file in its place and run again: kedro run",
    )


def header_of(delivery: "Delivery") -> tuple[Header, bool]:
    """Read the header, and as much as says how the rows end.

    Returns:
        The header; and whether all of its names, and their line, are text.

    Raises:
        DeliveryError: The file is gone, or cannot be unpacked.
    """
    found = records(delivery)
    line, names = next(found, (0, []))
    row = next(found, None)
    has_trailing = False
    if delivery.dialect.trailing_separator:
        has_trailing = len(names) > 1 and names[-1] == ""
        if has_trailing:
            names = names[:-1]
        elif row is not None:
            has_trailing = len(row[1]) == len(names) + 1 and row[1][-1] == ""
    skipped = 0
    if delivery.dialect.sep_line:
        first, fields = next(records(delivery, is_whole=True), (0, [""]))
        skipped = int(first == 1 and _is_sep_line(delivery, fields))
    header = Header(tuple(names), line, row is not None, skipped, has_trailing)
    return header, all(is_text(name) for name in names)


def _is_sep_line(delivery: "Delivery", fields: list[str]) -> bool:
    separator = delivery.dialect.separator
    return delivery.dialect.sep_line and separator.join(fields) == f"sep={separator}"


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
    """Tell whether every byte of a field was text and none was NUL."""
    if "\0" in field:
        return False
    return field.isascii() or not any("\udc80" <= character <= "\udcff" for character in field)
