"""Arrow's many layouts of one value: the digest sees the value only."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lakeproof.digest import NotDigestibleError, delta_type, digest_table

NS = pa.timestamp("ns")


def facts(array):
    return digest_table(pa.table({"v": array}))


TEXT = pa.array(["a", None, "b", "a" * 30, ""])
LISTS = pa.array([[1, 2], None, [], [None, 4], [5, 6]], pa.list_(pa.int64()))
PAIRS = pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.int64()))
MAPS = pa.array([[("a", 1)], None, [], [("b", None), ("c", 3)]], pa.map_(pa.string(), pa.int64()))
STRUCTS = pa.array([{"s": "x"}, None, {"s": None}], pa.struct([("s", pa.string())]))


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (TEXT, pa.large_string()),
        (TEXT, pa.string_view()),
        (TEXT, pa.dictionary(pa.int8(), pa.string())),
        (TEXT.cast(pa.binary()), pa.large_binary()),
        (TEXT.cast(pa.binary()), pa.binary_view()),
        (pa.array([b"ab", None, b"cd"]), pa.binary(2)),
        (LISTS, pa.large_list(pa.int64())),
        (PAIRS, pa.list_(pa.int64(), 2)),
        (STRUCTS, pa.struct([("s", pa.string_view())])),
        (MAPS, pa.map_(pa.large_string(), pa.int64())),
        (pa.array([1, None, 2], pa.int64()), pa.uint64()),
        (pa.array([0, None, 86_400_000], pa.timestamp("ms")), pa.timestamp("s")),
        (pa.array([0, None, 1_000_000], NS), pa.timestamp("us")),
        (pa.array([0, None, 20_000], pa.date32()), pa.date64()),
        (pa.array([1, None, 2]).cast(pa.decimal128(21, 2)), pa.decimal128(21, 2)),
    ],
    ids=str,
)
def test_layouts_of_one_value_agree(array, kind):
    """Casting to another layout of the same Delta type changes nothing, whole or sliced."""
    other = array.cast(kind)
    assert delta_type(kind) == delta_type(array.type)
    assert facts(other) == facts(array)
    for start, length in ((1, 2), (2, 1), (0, 0)):
        copied = pa.array(array.slice(start, length).to_pylist(), array.type)
        assert facts(array.slice(start, length)) == facts(copied)
        assert facts(other.slice(start, length)) == facts(copied)


def test_small_decimals_and_runs_agree_with_plain_ones():
    """Decimals of 32 bits and run-end-encoded columns are what they stand for."""
    decimals = pa.array([Decimal(1), None, Decimal(-2)], pa.decimal128(5, 0))
    assert facts(decimals.cast(pa.decimal32(5, 0))) == facts(decimals)
    runs = pa.array([7, 7, None, None, 7])
    assert facts(pc.run_end_encode(runs)) == facts(runs)
    assert facts(pc.run_end_encode(runs).slice(1, 3)) == facts(runs.slice(1, 3))


@pytest.mark.parametrize("kind", [pa.string(), pa.string_view()], ids=str)
def test_a_dictionary_may_hold_nulls_unused_and_repeated_entries(kind):
    """Only what the indices say counts, also where the dictionary is longer than the slice."""
    entries = pa.array(["a", None, "b", "a", *map(str, range(50))]).cast(kind)
    slots = pa.array([0, 1, None, 2, 3, 3], pa.int32())
    encoded = pa.DictionaryArray.from_arrays(slots, entries)
    plain = pa.array(["a", None, None, "b", "a", "a"])
    assert facts(encoded) == facts(plain)
    assert facts(encoded.slice(2, 3)) == facts(plain.slice(2, 3))
    nested = pa.StructArray.from_arrays([encoded], ["x"])
    assert facts(nested) == facts(pa.StructArray.from_arrays([plain], ["x"]))
    nothing = pa.DictionaryArray.from_arrays(pa.nulls(2, pa.int8()), pa.array([], pa.string()))
    assert facts(nothing) == facts(pa.nulls(2, pa.string()))


def test_repeated_strings_take_the_short_cut_to_the_same_facts():
    """A column that repeats itself is digested by distinct values, with equal result."""
    values = [f"c{n % 40}" if n % 7 else None for n in range(5_000)]
    many = facts(pa.array(values))
    parts = facts(pa.array(values[:1_000]))
    for start in range(1_000, 5_000, 1_000):
        parts = parts + facts(pa.array(values[start : start + 1_000]))
    assert many == parts


def test_what_lies_under_a_null_is_not_read():
    """Garbage masked by a null, in a cell or under a parent, neither counts nor raises."""
    mask = pa.array([False, True])
    stamps = pa.array([5_000, 5_001], NS)
    clean = pa.array([5_000, None], NS)
    bits = pa.array([True, False]).buffers()[1]
    hidden = pa.Array.from_buffers(NS, 2, [bits, stamps.buffers()[1]])
    assert facts(hidden) == facts(clean)
    structs = pa.StructArray.from_arrays([stamps], ["t"], mask=mask)
    assert facts(structs) == facts(pa.StructArray.from_arrays([clean], ["t"], mask=mask))
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), stamps, mask=mask)
    assert facts(lists) == facts(pa.array([[5_000], None], pa.list_(NS)))
    slots = pa.DictionaryArray.from_arrays(pa.array([0, None]), stamps)
    assert facts(slots) == facts(clean)


def test_long_lists_are_cut_into_short_steps():
    """Rows with many elements are digested in pieces, so that memory stays bounded."""
    lengths = np.tile([0, 3_000], 400)
    offsets = pa.array(np.concatenate([[0], lengths.cumsum()]), pa.int32())
    lists = pa.ListArray.from_arrays(offsets, pa.array(np.arange(lengths.sum())))
    halves = facts(lists.slice(0, 401)) + facts(lists.slice(401))
    assert facts(lists) == halves
    assert facts(lists).rows == 800


def test_a_column_without_values_is_void():
    """Arrow's null type is Delta's `void`: every cell is null."""
    column = facts(pa.nulls(3)).columns[0]
    assert (column.type, column.nulls) == ("void", 3)
    assert column.sum == facts(pa.nulls(3, pa.int64())).columns[0].sum


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (pa.array([1], NS), "finer than microseconds"),
        (pa.array([2**62], pa.timestamp("s")), "beyond 64 bits"),
        (pa.array([1], pa.int64()).view(pa.date64()), "time of day"),
        (pa.array([200], pa.uint8()), "beyond the signed"),
        (pa.array([[2**63]], pa.list_(pa.uint64())), "beyond the signed"),
        (pa.array([1], pa.duration("us")), "no counterpart in Delta"),
        # Arrow 25 loses values when it casts one to a list.
        (pa.array([[1]], pa.list_view(pa.int64())), "no counterpart in Delta"),
        (pa.array([1], pa.time64("us")), "no counterpart in Delta"),
        (pa.array([1.0], pa.float16()), "no counterpart in Delta"),
        (pa.array([1]).cast(pa.decimal256(50, 0)), "no counterpart in Delta"),
    ],
    ids=str,
)
def test_what_delta_cannot_hold_unchanged_is_refused(array, sentence):
    """A value that a write would cut, wrap or lose has no digest."""
    with pytest.raises(NotDigestibleError, match=sentence):
        facts(array)


def test_repeated_names_are_refused():
    """Two columns, or two fields of a struct, of one name could be swapped unseen."""
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    with pytest.raises(NotDigestibleError, match="'a' occurs twice"):
        digest_table(twice)
    with pytest.raises(NotDigestibleError, match="'x' occurs twice"):
        facts(pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.uint32(), "integer"),
        (pa.timestamp("ns", "Europe/Vienna"), "timestamp"),
        (pa.timestamp("s"), "timestamp_ntz"),
        (pa.dictionary(pa.int8(), pa.string_view()), "string"),
        (pa.list_(pa.float32(), 3), "array<float>"),
        (
            pa.struct([('say "x"', pa.int8()), ("ü", pa.bool_())]),
            r'struct<"say \"x\"":byte,"ü":boolean>',
        ),
        (pa.map_(pa.string(), pa.list_(pa.date32())), "map<string,array<date>>"),
    ],
    ids=str,
)
def test_types_have_deltas_names(kind, name):
    """Encodings vanish; field names are quoted as JSON does."""
    assert delta_type(kind) == name
