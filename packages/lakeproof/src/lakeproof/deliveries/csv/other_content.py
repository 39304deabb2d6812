"""What a file is that is no text of rows, whatever its ending says: by its first bytes.

Its bytes would be refused one way or another; which way tells nobody what to do.
"""

import re
from typing import TYPE_CHECKING

from lakeproof.deliveries.delivery_errors import refusal
from lakeproof.deliveries.rows.files import opened, unpacked

if TYPE_CHECKING:
    from lakeproof.deliveries.delivery import Delivery

_AGAIN = "and run again: kedro run"
_RENAME = "Give it that ending, let `pattern` in catalog.yml take it, " + _AGAIN
_SAVE = "Save it as CSV " + _AGAIN
# The first bytes, what they are of, and what to do. None of them begins a line of names.
_KINDS = tuple(
    (re.compile(pattern, re.DOTALL), what, remedy)
    for pattern, what, remedy in (
        (rb"\x1f\x8b", "compressed by gzip (.csv.gz)", _RENAME),
        (rb"\x28\xb5\x2f\xfd", "compressed by zstd (.csv.zst)", _RENAME),
        (rb"PAR1\x15", "a Parquet file (.parquet)", _RENAME),
        (
            rb"PK(\x03\x04|\x05\x06)",
            "a zip archive, as workbooks (.xlsx) are",
            "Give a workbook its ending, unpack any other, " + _AGAIN,
        ),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls)", _RENAME),
        (rb"%PDF-", "a PDF", _SAVE),
        (rb"SQLite format 3\x00", "a database of SQLite", _SAVE),
        (
            rb"version https://git-lfs\.github\.com/spec/",
            "a pointer of Git LFS to the file, not the file",
            "Fetch it by `git lfs pull` " + _AGAIN,
        ),
        (
            rb"(?i:(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml))",
            "a page (HTML or XML), as servers answer in place of a file",
            "Put the file in its place " + _AGAIN,
        ),
        (
            rb'(\xef\xbb\xbf)?\s*(\[\s*[\[{]|\{\s*")',
            "JSON; of JSON, files of one object a line are read (.jsonl)",
            "Write one object a line into a file of that ending, " + _AGAIN,
        ),
    )
)
_WIDE = {"utf-16-le": (1, 2), "utf-16-be": (0, 2)}
LOOKED_AT = 64


def refuse_other_content(delivery: "Delivery") -> None:
    """Refuse a file that is no text of rows.

    Raises:
        DeliveryError: By what it is.
    """
    with opened(delivery) as file:
        raw = file.read(LOOKED_AT)
        file.seek(0)
        try:
            data = unpacked(delivery.name, file).read(LOOKED_AT)
        except (OSError, EOFError):
            data = raw  # it is said where it is read
    for pattern, what, remedy in _KINDS:
        if pattern.match(data):
            raise refusal(delivery.name, f"it is {what}", remedy=remedy)


def wide_encoding(data: bytes) -> str | None:
    """Name the encoding of two bytes a character, where no mark at the beginning says it."""
    for name, (first, step) in _WIDE.items():
        zeros = data[first:LOOKED_AT:step]
        others = data[1 - first : LOOKED_AT : step]
        if len(zeros) > 1 and not any(zeros) and all(others):
            return name
    return None
