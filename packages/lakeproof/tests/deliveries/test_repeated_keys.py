"""The same key twice in one delivery is found, and nothing else is taken for it."""

import numpy as np
import polars as pl
import pytest

from lakeproof.deliveries import DeliveryError
from lakeproof.deliveries.csv import content
from lakeproof.deliveries.rows import keys


@pytest.mark.parametrize(
    ("kind", "rows", "key", "lines"),
    [
        ("string", ["A1", "A2", "A1"], "A1", "2 and 4"),
        ("string", ['"x\ny"', "A2", '"x\ny"'], "x\\ny", "2 and 5"),
        ("long", ["7", "8", "007"], "7", "2 and 4"),
        ("short", ["-1", "1", "-1"], "-1", "2 and 4"),
        ("date", ["2026-01-31", "2026-02-01", "2026-01-31"], "2026-01-31", "2 and 4"),
        (
            "timestamp",
            ["2026-01-31T01:00:00+01:00", "2026-01-31T01:00:00Z", "2026-01-31T00:00:00Z"],
            "2026-01-31 00:00:00+00:00",
            "2 and 4",
        ),
    ],
)
def test_the_key_and_both_lines_are_named(refused, delivery, kind, rows, key, lines):
    """Keys are equal when their values are, however they are written."""
    schema = {"sample_id": {"type": kind}}
    said = refused("sample_id\n" + "\n".join(rows) + "\n", schema=schema)
    assert f"the key sample_id '{key}' is there twice, on lines {lines}" in said
    good = delivery("sample_id\n" + "\n".join(rows[:2]) + "\n", schema=schema)
    assert good.rows().collect().height == 2


def test_keys_that_differ_by_a_blank_or_by_case_are_two(delivery):
    """Text is compared as it is in the file."""
    rows = delivery("sample_id,alcohol,hue\nA1,1,\na1,1,\nA1 ,1,\n").rows()
    assert rows.collect().height == 3


def test_a_key_that_is_repeated_blocks_later(delivery, monkeypatch):
    """The two rows need not be in one batch."""
    monkeypatch.setattr(content, "BLOCK_SIZE", 4096)
    lines = "".join(f"{number},1,\n" for number in range(5_000))
    arrived = delivery("sample_id,alcohol,hue\n" + lines + "17,2,\n")
    with pytest.raises(DeliveryError, match="'17' is there twice, on lines 19 and 5002"):
        arrived.rows().collect()


def test_the_first_repetition_in_the_file_is_named(refused):
    """Of several repeated keys, the one whose second row comes first."""
    said = refused("sample_id,alcohol,hue\nB,1,\nA,1,\nC,1,\nA,1,\nB,1,\n")
    assert "'A' is there twice, on lines 3 and 5" in said


def test_equal_fingerprints_alone_are_no_repetition(delivery, monkeypatch):
    """A collision of hashes costs a second pass and refuses nothing."""
    monkeypatch.setattr(keys, "fingerprints", lambda series: np.zeros(len(series), np.int64))
    assert delivery("sample_id,alcohol,hue\nA,1,\nB,1,\n").rows().collect().height == 2
    twice = delivery("sample_id,alcohol,hue\nA,1,\nB,1,\nA,1,\n")
    with pytest.raises(DeliveryError, match="'A' is there twice, on lines 2 and 4"):
        twice.rows().collect()


def test_a_row_number_as_key_is_never_repeated(delivery):
    """Equal rows of a file without a key are rows of their own."""
    schema = {"no": {"type": "string", "from": "row"}, "alcohol": {"type": "double"}}
    rows = delivery("alcohol\n1\n1\n", schema=schema, key="no").rows().collect()
    assert rows["no"].to_list() == ["wine-1-000001", "wine-1-000002"]


def test_a_million_keys_cost_eight_bytes_each():
    """What is kept for a key does not grow with its length."""
    check = keys.KeyCheck()
    for start in range(0, 1_000_000, 250_000):
        numbers = pl.int_range(start, start + 250_000, eager=True).cast(pl.String)
        check.add(("a-rather-long-prefix-of-the-key-" + numbers).to_frame())
    assert sum(seen.nbytes for seen in check._seen) == 8_000_000
    assert check.suspects().size == 0


def test_a_key_of_several_columns(delivery, refused):
    """Rows are one when all columns of the key are equal, and two when one is not."""
    schema = {"city": {"type": "string"}, "day": {"type": "date"}, "x": {"type": "long"}}
    good = "city,day,x\nA,2026-01-01,1\nA,2026-01-02,1\nB,2026-01-01,1\n"
    assert delivery(good, schema=schema, key=["city", "day"]).rows().collect().height == 3
    said = refused(good + "A,2026-01-02,2\n", schema=schema, key=["city", "day"])
    assert "the key city 'A', day '2026-01-02' is there twice, on lines 3 and 5" in said
    assert "line 2, column 'day': the key is missing" in refused(
        "city,day,x\nA,,1\n", schema=schema, key=["city", "day"]
    )
