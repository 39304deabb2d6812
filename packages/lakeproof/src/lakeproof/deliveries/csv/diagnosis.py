"""Find the first line of a file that is refused, and say what is wrong with it.

The fast reader knows *that* a file is refused, not where: it splits block by block and counts no
lines. So a refused file is read once more, record by record. The slow pass costs about a second
per 100,000 rows, only when there is something to say, and it judges by the same rules: `values`.
"""

import io
from typing import TYPE_CHECKING

import polars as pl

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.csv import content
from lakeproof.deliveries.csv.content import Content
from lakeproof.deliveries.csv.csv_records import is_text, not_unpacked, records
from lakeproof.deliveries.csv.other_content import LOOKED_AT, wide_encoding
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal
from lakeproof.deliveries.dialect import is_utf8
from lakeproof.deliveries.rows.faults import refusal_of_value
from lakeproof.deliveries.rows.files import changed, opened, unpacked
from lakeproof.deliveries.rows.layout import Layout
from lakeproof.deliveries.rows.values import first_fault

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

Record = tuple[int, list[str]]

_CHUNK_ROWS = 10_000


def explain(
    delivery: "Delivery", layout: Layout, cause: BaseException | None = None
) -> DeliveryError:
    """Return the error that names the first offending line of a file that was refused.

    Args:
        delivery: Refused by the fast reader.
        layout: Its header.
        cause: What the fast reader said, for the rare case in which no line can be named.
    """
    digest = sha256_of(delivery.path) if delivery.path.exists() else delivery.sha256
    if digest != delivery.sha256:
        return changed(delivery, digest)
    try:
        quote = _line_of_bad_quote(delivery)
        found = _first_bad_record(delivery, layout, quote)
    except DeliveryError as error:
        quote, found = None, error
    if found is not None:
        return found
    if quote is not None:
        mark = delivery.dialect.quote
        return refusal(
            delivery.name,
            "a quote is out of place: it must open a field, close it, or be doubled within",
            line=quote,
            remedy=f"Write the field as {mark}…{mark}, with {mark}{mark} for each quote in it (or "
            'say in catalog.yml that there are none: csv: {quote: ""}), and run again: kedro run',
        )
    return refusal(delivery.name, f"it cannot be read as CSV ({str(cause)[:200]})")


def not_text(delivery: "Delivery", line: int) -> DeliveryError:
    """Word the refusal of bytes that are no text."""
    encoding = delivery.dialect.encoding
    with opened(delivery) as file:
        wide = wide_encoding(unpacked(delivery.name, file).read(LOOKED_AT))
    named = "UTF-8" if is_utf8(encoding) else encoding
    return refusal(
        delivery.name,
        f"it has bytes that are not {named} text",
        line=line,
        remedy=f"Save the file as {named}, or say in catalog.yml what it is, such as csv: "
        f"{{encoding: {wide or 'cp1252'}}}, and run again: kedro run",
    )


def _line_of_bad_quote(delivery: "Delivery") -> int | None:
    # Lines end in \n, \r\n or \r, as for the reader of records.
    breaks = io.IncrementalNewlineDecoder(None, translate=True)
    with Content(delivery) as source:
        try:
            while source.read(content.BLOCK_SIZE):
                pass
            source.finish()
        except UnicodeError:
            pass
        except (OSError, EOFError) as error:
            raise not_unpacked(delivery.name, error) from error
        fault = source.bad_quote
    if fault is None:
        return None
    line, left = 1, fault
    with Content(delivery) as source:
        while left and (block := source.read(min(left, content.BLOCK_SIZE))):
            line += breaks.decode(block.decode("latin-1")).count("\n")
            left -= len(block)
    return line


def _first_bad_record(
    delivery: "Delivery", layout: Layout, before: int | None
) -> DeliveryError | None:
    """Look at every record that starts before a line, in order, 10,000 at a time."""
    chunk: list[Record] = []
    walk = records(delivery)
    next(walk)
    for line, fields in walk:
        if before is not None and line >= before:
            break
        shape = _bad_shape(delivery, layout, line, fields)
        if shape is None:
            chunk.append((line, fields))
        if shape is not None or len(chunk) == _CHUNK_ROWS:
            # What is pending comes first in the file.
            found = _bad_value(delivery, layout, chunk) or shape
            if found is not None:
                return found
            chunk = []
    return _bad_value(delivery, layout, chunk)


def _bad_shape(
    delivery: "Delivery", layout: Layout, line: int, fields: list[str]
) -> DeliveryError | None:
    if not all(is_text(field) for field in fields):
        return not_text(delivery, line)
    wanted = len(layout.header.names) + layout.header.has_trailing
    if len(fields) != wanted or (layout.header.has_trailing and fields[-1]):
        is_separator = len(fields) == wanted + 1 and not fields[-1]
        return refusal(
            delivery.name,
            f"it has {len(fields)} fields where the header has {len(layout.header.names)}",
            line=line,
            **(
                {
                    "remedy": "Where each line ends with a separator too many, say so in "
                    "catalog.yml: csv: {trailing_separator: true}"
                }
                if is_separator
                else {}
            ),
        )
    if len("".join(fields).encode()) > content.BLOCK_SIZE:
        what = f"its row is longer than {content.BLOCK_SIZE:,} bytes, more than is held at once"
        return refusal(delivery.name, what, line=line)
    return None


def _bad_value(delivery: "Delivery", layout: Layout, chunk: list[Record]) -> DeliveryError | None:
    if not chunk:
        return None
    headers = layout.header.names
    rows = [[field or None for field in fields[: len(headers)]] for _, fields in chunk]
    raw = pl.DataFrame(rows, schema=dict.fromkeys(headers, pl.String), orient="row")
    fault = first_fault(raw, layout.from_file, delivery.dialect)
    if fault is None:
        return None
    return refusal_of_value(delivery, layout, fault, line=chunk[fault.row][0])
