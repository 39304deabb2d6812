"""What falls away in pairs is in both versions, each as often as it falls away."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from lakeproof.delta.diff import aligned
from lakeproof.digest.tables.arithmetic import Scratch
from lakeproof.digest.tables.cells import cells_of, first_lane

CHANCE = np.random.default_rng(3)


def random_words(count: int, below: int = 2**63) -> np.ndarray:
    return CHANCE.integers(0, below, count).astype(np.uint64)


def blocks(words: np.ndarray, *order: int) -> np.ndarray:
    parts = np.array_split(words, len(order))
    return np.concatenate([parts[place] for place in order])


WORDS = random_words(20_000)
CHANGED = np.where(CHANCE.random(20_000) < 0.01, random_words(20_000), WORDS)
PAIRS = {
    "the same": (WORDS, WORDS, 0.99),
    "changed here and there": (WORDS, CHANGED, 0.98),
    "in other blocks": (WORDS, blocks(CHANGED, 3, 0, 2, 1), 0.9),
    "some taken out at the beginning": (WORDS, CHANGED[37:], 0.9),
    "one on top of the other": (WORDS, np.concatenate([WORDS, WORDS]), 0.0),
    "nothing in common": (WORDS, random_words(20_000), 0.0),
    "each many times": (random_words(5_000, 50), random_words(5_000, 50), 0.0),
    "few": (WORDS[:5], WORDS[:3], 0.5),
    "none": (WORDS[:0], WORDS[:7], 0.0),
}


@pytest.mark.parametrize(("ours", "theirs", "least"), PAIRS.values(), ids=PAIRS.keys())
@pytest.mark.parametrize("anchor", [0, 31, 1023])
def test_what_falls_away_is_on_both_sides(monkeypatch, ours, theirs, least, anchor):
    """And of what lies in the same order, wherever, most falls away."""
    monkeypatch.setattr(aligned, "_ANCHOR", np.uint64(anchor))
    monkeypatch.setattr(aligned, "_CHUNK", 3_000)
    masks = aligned.in_step(ours, theirs)
    pair = (
        Counter(words[mask].tolist()) for words, mask in zip((ours, theirs), masks, strict=True)
    )
    assert next(pair) == next(pair)
    if anchor == 31:
        assert masks[0].sum() >= least * len(ours)


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, None, -1], pa.int32()),
        pa.array([0.0, -0.0, float("nan"), None]),
        pa.array([True, None, False]),
        pa.array(["a", None, ""]),
        pa.array(["a", None, "a"]).dictionary_encode(),
        pa.array([[1], None, []]),
        pa.array([{"p": 1}, None]),
        pa.array([None, None]),
        pa.array([1, None], pa.timestamp("ms", tz="UTC")),
        pa.array([1, None], pa.date32()),
        pa.array([1, None], pa.decimal128(5, 2)),
    ],
    ids=lambda array: str(array.type),
)
def test_one_lane_alone_is_the_first_of_both(array):
    """Of every type, with what is missing."""
    expected = cells_of(array, Scratch()).lanes[0]
    assert first_lane(array, Scratch()).tolist() == expected.tolist()
