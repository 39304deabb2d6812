"""Guess how a CSV file is punctuated: encoding, line that names the separator, separator, ends."""

import codecs
import csv
import io
from collections import Counter
from typing import TYPE_CHECKING

from lakeproof.deliveries.csv.csv_records import not_unpacked
from lakeproof.deliveries.csv.other_content import refuse_other_content, wide_encoding
from lakeproof.deliveries.csv.reading import CsvReader
from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.formats import reader_of
from lakeproof.deliveries.rows.files import opened, unpacked

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_SEPARATORS = (",", ";", "\t", "|")
# Of those that begin alike, the longer first.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# In which almost any byte is a letter.
ONE_BYTE = ("cp1252", "latin-1")
_BLOCK = 4 * 2**20
_ROWS = 500


def guess(delivery: "Delivery") -> Dialect:
    """Look at the beginning of a file.

    Raises:
        DeliveryError: It cannot be read.
    """
    if not isinstance(reader_of(delivery.name), CsvReader):
        return Dialect()
    refuse_other_content(delivery)
    try:
        with opened(delivery) as file:
            data = unpacked(delivery.name, file).read(_BLOCK)
    except (OSError, EOFError) as error:
        raise not_unpacked(delivery.name, error) from error
    encoding = _encoding(data)
    # A character may be cut in two at the end.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(data).removeprefix("\ufeff")
    sep_line = text.startswith("sep=") and len(text) > 4 and text[5:6] in ("\r", "\n")
    if sep_line:
        separator, text = text[4], text[5:].lstrip("\r\n")
    else:
        separator = max(_SEPARATORS, key=lambda one: _fit(text, one))
    rows = _rows(text, separator)
    width = len(rows[0]) if rows else 0
    return Dialect(
        separator=separator,
        encoding=encoding,
        sep_line=sep_line,
        empty_rows=any(row and not any(row) for row in rows[1:]),
        trailing_separator=width > 1
        and (
            (rows[0][-1] == "" and all(not row[-1] for row in rows))
            or (len(rows) > 1 and all(len(row) == width + 1 and not row[-1] for row in rows[1:]))
        ),
    )


def _encoding(data: bytes) -> str:
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return name
    if (wide := wide_encoding(data)) is not None:
        return wide
    for name in ("utf-8", ONE_BYTE[0]):
        try:
            codecs.getincrementaldecoder(name)().decode(data)
        except UnicodeDecodeError:
            continue
        return name
    return ONE_BYTE[1]


def _rows(text: str, separator: str) -> list[list[str]]:
    """Read the first rows, but for the last, which may be cut off."""
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if row:
                found.append(row)
            if len(found) > _ROWS:
                break
    except csv.Error:
        pass
    return found[:-1] if len(found) > _ROWS else found


def _fit(text: str, separator: str) -> tuple[float, int]:
    """Say how well a separator fits: the share of rows of one width, and that width."""
    widths = Counter(len(row) for row in _rows(text, separator))
    if not widths:
        return 0, 0
    width, count = widths.most_common(1)[0]
    return (count / widths.total(), width) if width > 1 else (0, 0)
