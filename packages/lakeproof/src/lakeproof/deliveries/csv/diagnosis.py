"""Find the first line of a file that is refused, and say what is wrong with it.

The fast reader knows *that* a file is refused, not where: it converts column by column and counts
no lines. So a refused file is read once more, record by record. The slow pass costs about a second
per 100,000 rows, only when there is something to say, and it judges by the same rules: `parsing`.
"""

import csv
import io
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv as arrow_csv

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.csv import content
from lakeproof.deliveries.csv.content import changed, opened
from lakeproof.deliveries.csv.csv_records import is_text, lines_of, records
from lakeproof.deliveries.csv.layout import Layout, not_utf8
from lakeproof.deliveries.csv.parsing import is_sound, options, to_frame
from lakeproof.deliveries.csv.quotes import QuoteScan
from lakeproof.deliveries.delivery_errors import DeliveryError, refusal, shown
from lakeproof.deliveries.schema import Column

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

Record = tuple[int, list[str]]

_CHUNK_ROWS = 10_000
_WHOLE = "a whole number within the bounds of its type"
_WANTED = {
    "long": _WHOLE,
    "integer": _WHOLE,
    "short": _WHOLE,
    "byte": _WHOLE,
    "double": "a finite number",
    "float": "a finite number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "timestamp": "a time with its zone such as 2026-01-31T00:00:00Z",
}


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
    quote = _line_of_bad_quote(delivery)
    try:
        found = _first_bad_record(delivery, layout, quote)
    except DeliveryError as error:
        found = error
    if found is not None:
        return found
    if quote is not None:
        return refusal(
            delivery.name,
            "a quote is out of place: it must open a field, close it, or be doubled within",
            line=quote,
            remedy='Write the field as "…", with "" for each quote in it, and run again: kedro run',
        )
    return refusal(delivery.name, f"it cannot be read as CSV ({str(cause)[:200]})")


def repeated_key(
    delivery: "Delivery", column: str, key: object, first: int, second: int
) -> DeliveryError:
    """Word the refusal of a key that is twice in one delivery.

    Args:
        delivery: Where it was found.
        column: The name of the key.
        key: Its value.
        first: The number of the row that has it first, from 0.
        second: The number of the row that has it again.
    """
    lines = " and ".join(str(line) for line in lines_of(delivery, {first, second}))
    return refusal(
        delivery.name,
        f"the key {column} {shown(str(key))} is there twice, on lines {lines}",
        remedy="Leave one row of each key in the file and run again: kedro run",
    )


def _line_of_bad_quote(delivery: "Delivery") -> int | None:
    scan = QuoteScan(delivery.dialect.separator)
    with opened(delivery) as file:
        while block := file.read(content.BLOCK_SIZE):
            scan.feed(block)
        scan.close()
        if scan.fault is None:
            return None
        file.seek(0)
        # Lines end in \n, \r\n or \r, as for the reader of records.
        before = io.TextIOWrapper(io.BytesIO(file.read(scan.fault)), "latin-1", newline=None)
        return before.read().count("\n") + 1


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
        return not_utf8(delivery.name, line)
    if len(fields) != len(layout.headers):
        what = f"it has {len(fields)} fields where the header has {len(layout.headers)}"
        return refusal(delivery.name, what, line=line)
    if len("".join(fields).encode()) > content.BLOCK_SIZE:
        what = f"its row is longer than {content.BLOCK_SIZE:,} bytes, more than is held at once"
        return refusal(delivery.name, what, line=line)
    by_header = dict(zip(layout.headers, fields, strict=True))
    for column in layout.from_file:
        if by_header[column.header] or column.is_nullable:
            continue
        if column.name == layout.key:
            what, remedy = "the key is missing", "Give the row its key and run again: kedro run"
        else:
            what = "a value is missing, which the schema does not allow"
            remedy = "Fill it in, or declare the column `nullable: true` in catalog.yml"
        return refusal(delivery.name, what, line=line, column=column.name, remedy=remedy)
    return None


def _bad_value(delivery: "Delivery", layout: Layout, chunk: list[Record]) -> DeliveryError | None:
    rows = [fields for _, fields in chunk]
    if _is_good(delivery, layout, rows, layout.from_file):
        return None
    good, bad = 0, len(rows)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _is_good(delivery, layout, rows[good:middle], layout.from_file):
            good = middle
        else:
            bad = middle
    line, fields = chunk[good]
    for column in layout.from_file:
        if not _is_good(delivery, layout, [fields], (column,)):
            text = fields[layout.headers.index(column.header)]
            return refusal(
                delivery.name,
                f"{shown(text)} is not {_WANTED.get(column.type, 'text')} ({column.type})",
                line=line,
                column=column.name,
                remedy="Correct it (where a value is missing, leave the field empty) and run "
                "again: kedro run",
            )
    return None


def _is_good(
    delivery: "Delivery", layout: Layout, rows: list[list[str]], columns: tuple[Column, ...]
) -> bool:
    if not rows:
        return True
    text = io.StringIO()
    # Every field in quotes: until Python 3.11.9 a writer leaves a lone \r without them
    # (CPython issue 67044).
    csv.writer(
        text, delimiter=delivery.dialect.separator, lineterminator="\n", quoting=csv.QUOTE_ALL
    ).writerows(rows)
    data = text.getvalue().encode()
    parse, convert = options(delivery.dialect, columns)
    read = arrow_csv.ReadOptions(
        use_threads=False, block_size=len(data) + 1, column_names=list(layout.headers)
    )
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data), read_options=read, parse_options=parse, convert_options=convert
        )
    except pa.ArrowException:
        return False
    some = Layout(layout.headers, columns, layout.stem, layout.key)
    return is_sound(to_frame(table, some, 0), some)
