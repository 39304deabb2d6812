"""The published vectors of `rs1`: whoever changes one of these has made another algorithm."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lakeproof.digest import TableFacts, digest_table
from lakeproof.digest.tables.arithmetic import Scratch, keys, mix, pair
from lakeproof.digest.tables.cells import cells_of

TEXT = (Path(__file__).parent / "digest-vectors.txt").read_text(encoding="utf-8")
VECTORS = {
    name: (digest, facts)
    for name, digest, facts in re.findall(r"^(V\d+) .*\n +(rs1:\w+)\n +(\{.*\})$", TEXT, re.M)
}
UTC = dt.UTC
V5 = {
    "id": pa.array([1, 2, 2], pa.int32()),
    "x": pa.array([0.5, None, None], pa.float32()),
    "ok": pa.array([True, False, False]),
}
NUMBERS = np.arange(300_000, dtype=np.int64)
TABLES = {
    "V1": {"a": pa.array([], pa.int64())},
    "V2": {"a": pa.array([0, 1, -1, None], pa.int64())},
    "V3": {"a": pa.array([0.0, -0.0, 1.5, float("nan"), float("inf"), None])},
    "V4": {"s": pa.array(["", "a", "wine", "Grüner Veltliner", None])},
    "V5": V5,
    "V6": {
        "d": pa.array([dt.date(1970, 1, 1), dt.date(1899, 12, 31)]),
        "t": pa.array(
            [dt.datetime(2021, 4, 26, 12, tzinfo=UTC), dt.datetime(1970, 1, 1, 0, 0, 0, 1, UTC)],
            pa.timestamp("us", "UTC"),
        ),
        "p": pa.array([Decimal("1.50"), Decimal("-1.50")], pa.decimal128(12, 2)),
    },
    "V7": {"l": pa.array([[], [1, 2], [2, 1], [None], None], pa.list_(pa.int64()))},
    "V8": {
        "st": pa.array(
            [{"x": 1, "y": "a"}, {"x": None, "y": None}, None],
            pa.struct([("x", pa.int32()), ("y", pa.string())]),
        ),
        "m": pa.array(
            [[("a", 1), ("b", 2)], [("b", 2), ("a", 1)], []], pa.map_(pa.string(), pa.int64())
        ),
    },
    "V9": {"a": pa.array([1, 1, 2])},
    "V10": {"a": pa.array([1, 2, 2])},
    "V11": {name: V5[name] for name in ("x", "id", "ok")},
    "V12": {"a": NUMBERS, "b": NUMBERS / 4},
}


def test_every_published_vector_is_tried():
    """No vector of the specification is left out."""
    assert list(VECTORS) == list(TABLES) == [f"V{number}" for number in range(1, 13)]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_its_published_facts(name):
    """Facts and digest are the published ones, character by character."""
    digest, text = VECTORS[name]

    facts = digest_table(pa.table(TABLES[name]))

    assert facts.to_json() == text
    assert facts.digest == digest
    assert TableFacts.from_json(text) == facts


def published(what):
    """Return the words that the vectors give for one of the building blocks."""
    found = re.search(re.escape(what) + r" = ((?:[0-9a-f]{16} ?)+)", TEXT)
    assert found, what
    return [int(word, 16) for word in found[1].split()]


def test_words_are_mixed_as_published():
    """`mix` and `pair` give the published words, and `mix` may work in place."""
    scratch = Scratch()
    words = np.array([1], np.uint64)
    mix(words, words, scratch)
    assert words.tolist() == published("mix(1)")
    for word, what in ((1, "pair(1)"), (0, "pair(0)"), (2**64 - 1, "pair(2^64-1)")):
        lanes = pair(np.array([word], np.uint64), scratch)
        assert [int(lane[0]) for lane in lanes] == published(what)


@pytest.mark.parametrize("name", ["a", "length"])
def test_names_give_their_published_keys(name):
    """The multipliers of a field name are the published ones."""
    assert list(keys(name)) == published(f'keys("{name}")')


@pytest.mark.parametrize("text", ["a", ""])
def test_strings_give_their_published_cells(text):
    """A string's two words are the low and the high half of its XXH3-128."""
    cells = cells_of(pa.array([text]), Scratch())
    assert [int(lane[0]) for lane in cells.lanes] == published(f'cell("{text}")')
