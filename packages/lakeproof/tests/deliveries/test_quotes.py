"""A quote out of place is found wherever the file is cut into blocks."""

import csv
import random

import pytest

from lakeproof.deliveries.csv.quotes import QuoteScan


def fault(text: bytes, size: int) -> int | None:
    scan = QuoteScan(",")
    for start in range(0, len(text), size):
        scan.feed(text[start : start + size])
    scan.close()
    return scan.fault


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (b"a,b\n1,2\n", None),
        (b'"a","b"\r\n"1","2"', None),
        (b'"a""b",c\n"""x""",""\n"""",\n', None),
        (b'"a\n,b",c\n', None),
        (b'a,b"c\n', 3),
        (b'a,"b"c\n', 4),
        (b'a, "b"\n', 3),
        (b'a,"b\n', 2),
        (b'a,"b""\n', 2),
        (b'a,"b"" ""\nc"" d\n', 2),
        (b'1,"a\n2,"b\n', 7),
    ],
)
def test_the_first_fault(text, offset, size):
    """The offset is that of the first quote that neither opens, closes, nor is doubled."""
    assert fault(text, size) == offset


def test_what_a_writer_quotes_has_no_fault(tmp_path):
    """Whatever Python's own writer writes passes, cut anywhere."""
    draw = random.Random(7)
    for _ in range(300):
        path = tmp_path / "w.csv"
        with path.open("w", newline="") as file:
            quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
            writer = csv.writer(file, quoting=quoting)
            for _ in range(3):
                writer.writerow("".join(draw.choices('a"\n, ', k=4)) for _ in range(3))
        assert fault(path.read_bytes(), draw.randint(1, 20)) is None


def test_a_byte_order_mark_is_the_start_of_a_field():
    """A quote may follow it."""
    assert fault(b'\xef\xbb\xbf"a",b\n', 100) is None
    assert fault(b'\xef\xbb\xbf"a"x,b\n', 100) == 5
