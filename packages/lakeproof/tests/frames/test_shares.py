import zlib
from itertools import combinations

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from lakeproof.frames import mark_share, require_share

PINNED = {
    "W001": 522,
    "W002": 6182,
    "W178": 2866,
    "": 4328,
    "é": 8894,
    "日本": 629,
    0: 992,
    -7: 6833,
    2**53 + 1: 2169,
}


def sides(keys, *, salt="salt", basis_points=2500) -> dict:
    frame = nw.from_native(pl.LazyFrame({"k": keys}))
    marked = mark_share(
        frame, key="k", prefix=f"{salt}:", basis_points=basis_points, name="is_test"
    )
    rows = marked.to_native().collect()
    assert rows.columns == ["k", "is_test"]
    return dict(rows.iter_rows())


def bucket(key, salt) -> int:
    """Compute in unbounded integers what the engines compute in 64 bits."""
    prime = 2**31 - 1
    residue = (zlib.crc32(f"{salt}:{key}".encode()) * 48_271 + 1) % prime
    return pow(residue, 5, prime) % 10_000


def test_the_buckets_are_pinned():
    """Another value here moves rows between the sides of everybody's tables."""
    assert zlib.crc32(b"123456789") == 0xCBF43926
    assert zlib.crc32(b"3:W001") == 0x249490C5
    assert {key: bucket(key, 3) for key in PINNED} == PINNED
    for key, value in PINNED.items():
        assert sides([key], salt=3, basis_points=value + 1) == {key: True}
        assert value == 0 or sides([key], salt=3, basis_points=value) == {key: False}


@pytest.mark.parametrize("keys", [[f"ü{n}" for n in range(3000)], list(range(-1500, 1500))])
@pytest.mark.parametrize("salt", ["a b:ß", 42])
def test_the_engine_computes_what_unbounded_integers_give(keys, salt):
    """No product overflows, and an integer key counts as its decimal text."""
    assert sides(keys, salt=salt) == {key: bucket(key, salt) < 2500 for key in keys}


def test_a_row_never_changes_sides_as_the_table_grows():
    few = sides([f"W{n:03d}" for n in range(100)])
    many = sides([f"W{n:03d}" for n in reversed(range(5000))])
    assert few == {key: many[key] for key in few}


def test_a_larger_share_only_adds_test_rows():
    keys = list(range(2000))
    smaller, larger = sides(keys, basis_points=2500), sides(keys, basis_points=4000)
    assert all(larger[key] for key in keys if smaller[key])
    assert sum(larger.values()) > sum(smaller.values())


def test_the_splits_of_two_salts_share_no_more_rows_than_chance_has_it():
    """The remainders of CRC-32 alone fail here, by more than six standard deviations."""
    size = 20_000
    keys = [f"W{number:05d}" for number in range(size)]
    splits = [{key for key, side in sides(keys, salt=salt).items() if side} for salt in range(12)]
    expected = size * 0.25 * 0.25
    spread = (expected * (1 - 0.25 * 0.25)) ** 0.5
    shared = [len(one & two) for one, two in combinations(splits, 2)]
    assert max(abs(rows - expected) for rows in shared) < 4 * spread


@pytest.mark.parametrize("form", ["{}", "W{:05d}", "2026-01-01/{}", "{:012x}"])
@pytest.mark.parametrize("basis_points", [100, 2500, 5000])
def test_keys_that_only_count_up_fall_evenly(form, basis_points):
    size = 20_000
    share = sum(sides([form.format(n) for n in range(size)], basis_points=basis_points).values())
    expected = size * basis_points / 10_000
    spread = (expected * (1 - basis_points / 10_000)) ** 0.5
    assert abs(share - expected) < 4 * spread


@pytest.mark.parametrize("keys", [[1.5, 2.5], [True, False], [None, None]])
def test_a_key_whose_text_is_a_matter_of_the_engine_is_refused(keys):
    with pytest.raises(ValueError, match="a split or a sample needs text, an integer or a date"):
        sides(keys)


def test_an_empty_table_splits_into_nothing():
    assert sides(pl.Series([], dtype=pl.String)) == {}


@pytest.mark.parametrize("value", [0.0001, 0.25, 1, 1.0])
def test_a_share_is_from_one_step_to_all(value):
    require_share(value, "train.sample_fraction")


@pytest.mark.parametrize(
    "value", [0, 0.00001, -0.5, 1.01, True, "0.1", None, float("nan"), float("inf")]
)
def test_what_is_no_share_is_refused_with_those_that_are(value):
    with pytest.raises(ValueError, match=r"'train.sample_fraction' is .* from 0.0001 to 1\."):
        require_share(value, "train.sample_fraction")


def test_a_split_may_not_take_all():
    with pytest.raises(ValueError, match=r"from 0.0001 to 0.9999\."):
        require_share(1.0, "feature.split.test_fraction", most=9_999)
