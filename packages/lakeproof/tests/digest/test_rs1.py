"""The table digest against a plain-Python reference, and what it must and must not notice."""

import datetime as dt
import random
import struct
import subprocess
import sys
from decimal import Context, Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import xxhash

from lakeproof.digest import NotDigestibleError, RowSet, digest_table, digesting
from lakeproof.digest.tables.arithmetic import STEP_ROWS, keys

WORD = (1 << 64) - 1
NULL = (0x6E756C6C2D6C616E, 0x652D7A65726F2121)
EPOCH = dt.datetime(1970, 1, 1)


def mix(x):
    x &= WORD
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & WORD
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & WORD
    return x ^ x >> 31


def pair(word):
    first = mix(word)
    second = first * 0xD6E8FEB86659FD93 & WORD
    second ^= second >> 32
    second = second * 0xD6E8FEB86659FD93 & WORD
    return first, second ^ second >> 29


def folded(fields):
    return tuple(
        mix(sum(keys(name)[lane] * cell[lane] for name, cell in fields)) for lane in (0, 1)
    )


def listed(cells, is_ordered):
    def factor(i, lane):
        return mix((2 * i + lane + 1) * 0x9E3779B97F4A7C15) | 1 if is_ordered else 1

    return tuple(
        mix(
            sum(cell[lane] * factor(i, lane) for i, cell in enumerate(cells))
            + (len(cells) + 1) * keys("length")[lane]
        )
        for lane in (0, 1)
    )


def cell(kind, value):
    """Digest one Python value as the specification says, a word at a time."""
    if value is None:
        return NULL
    if pa.types.is_floating(kind):
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        return pair(0x7FF8 << 48 if value != value else bits)
    if pa.types.is_timestamp(kind):
        return pair((value.replace(tzinfo=None) - EPOCH) // dt.timedelta(microseconds=1))
    if pa.types.is_date(kind):
        return pair((value - EPOCH.date()).days)
    if pa.types.is_decimal(kind):
        # The default context would round 38 digits to 28.
        whole = int(value.scaleb(kind.scale, Context(prec=60)))
        return folded([("low", pair(whole & WORD)), ("high", pair(whole >> 64))])
    if pa.types.is_struct(kind):
        return folded([(field.name, cell(field.type, value[field.name])) for field in kind])
    if pa.types.is_map(kind):
        entries = [
            folded([("key", cell(kind.key_type, k)), ("value", cell(kind.item_type, v))])
            for k, v in value
        ]
        return listed(entries, is_ordered=False)
    if pa.types.is_list(kind):
        return listed([cell(kind.value_type, item) for item in value], is_ordered=True)
    if isinstance(value, str | bytes):
        whole = xxhash.xxh3_128_intdigest(value.encode() if isinstance(value, str) else value)
        return whole & WORD, whole >> 64
    return pair(int(value))


def reference(table):
    """Return (nulls and sum of each column, total) of a table, without numpy."""
    columns, rows = [], [[] for _ in range(table.num_rows)]
    for name in table.column_names:
        cells = [cell(table.schema.field(name).type, v) for v in table[name].to_pylist()]
        columns.append((table[name].null_count, summed(cells)))
        for row, one in zip(rows, cells, strict=True):
            row.append((name, one))
    return columns, summed([folded(row) for row in rows])


def summed(pairs):
    return "".join(f"{sum(one[lane] for one in pairs) & WORD:016x}" for lane in (0, 1))


STAMP = dt.datetime(2021, 4, 26, 12, 0, 0, 1)
# Per type some values, the first two of which are distinct.
SAMPLES = {
    pa.bool_(): [True, False],
    pa.int8(): [1, -128, 127],
    pa.int16(): [1, -32768],
    pa.int32(): [1, -(2**31)],
    pa.int64(): [1, -(2**63), 2**63 - 1],
    pa.float32(): [0.5, -0.0, 0.0, float("nan"), float("inf"), 1e-45],
    pa.float64(): [0.1, -0.0, 0.0, float("nan"), float("-inf"), 5e-324],
    pa.string(): ["a", "", "\0", "Grüner", "\U0001f377", "long " * 60],
    pa.binary(): [b"\xff", b"", b"\0"],
    pa.date32(): [dt.date(2020, 2, 29), dt.date(1899, 12, 31)],
    pa.timestamp("us", "UTC"): [STAMP.replace(tzinfo=dt.UTC), EPOCH.replace(tzinfo=dt.UTC)],
    pa.timestamp("us"): [STAMP, dt.datetime(1900, 1, 1)],
    pa.decimal128(12, 2): [Decimal("1.50"), Decimal("-1.50")],
    pa.decimal128(38, 0): [Decimal(10**38 - 1), Decimal(1 - 10**38), Decimal(2**64)],
    pa.list_(pa.int64()): [[1, 2], [2, 1], [], [None], [None, None]],
    pa.list_(pa.list_(pa.string())): [[["a"], []], [[], ["a"]], [None], []],
    pa.struct([("x", pa.int32()), ("y", pa.string())]): [
        {"x": 1, "y": "a"},
        {"x": None, "y": "a"},
        {"x": None, "y": None},
    ],
    pa.map_(pa.string(), pa.float64()): [[("a", 1.0), ("b", None)], [("a", 1.0)], []],
    pa.list_(pa.struct([("m", pa.map_(pa.string(), pa.int64()))])): [
        [{"m": [("a", 1)]}, None],
        [{"m": None}],
        [],
    ],
}
NAMES = [f"{number} {str(kind)[:20]}" for number, kind in enumerate(SAMPLES)]


@pytest.fixture(scope="module")
def table():
    """Return 700 random rows with every Delta type and nulls in each."""
    choose = random.Random(20)
    return pa.table(
        {
            name: pa.array([choose.choice([*values, None]) for _ in range(700)], kind)
            for name, (kind, values) in zip(NAMES, SAMPLES.items(), strict=True)
        }
    )


@pytest.mark.parametrize("seed", range(4))
def test_random_tables_agree_with_the_plain_reference(table, seed):
    """Slices of a table of all types have the facts that plain Python gives them."""
    start = random.Random(seed).randrange(500)
    part = table.slice(start, 150)

    facts = digest_table(part)

    columns, total = reference(part)
    assert [(c.nulls, c.sum) for c in facts.columns] == columns
    assert (facts.rows, facts.total) == (150, total)


def test_order_of_rows_does_not_count(table):
    """Permuted rows are the same table."""
    places = np.random.default_rng(1).permutation(table.num_rows)
    assert digest_table(table.take(places)) == digest_table(table)


def test_chunks_batches_and_threads_do_not_count():
    """Batches of 1, 7 or 300,000 rows in 1, 2 or 5 threads are the same table."""
    rows = 2 * STEP_ROWS + 5
    numbers = np.arange(rows)
    whole = pa.table({"n": numbers, "s": [f"{n % 999}" for n in range(rows)]})
    expected = digest_table(whole, threads=1)
    for size in (50_000, 1_000, rows):
        cut = pa.Table.from_batches(whole.to_batches(max_chunksize=size))
        for threads in (1, 2, 5):
            assert digest_table(cut, threads=threads) == expected
    few = whole.slice(3, 50)
    one_by_one = pa.Table.from_batches(few.to_batches(max_chunksize=1))
    assert digest_table(one_by_one) == digest_table(few)


def test_rows_can_be_fed_batch_by_batch_and_in_passing(table):
    """A writer that digests what passes through it gets the facts of what it wrote."""
    rows = RowSet(table.schema)
    written = digesting(table, rows).read_all()
    # As text, in which NaN equals NaN.
    assert str(written.to_pylist()) == str(table.to_pylist())
    assert rows.facts() == digest_table(table)
    rows.update(table.slice(0, 10))
    assert rows.facts() == digest_table(table) + digest_table(table.slice(0, 10))


def test_polars_frames_lazy_frames_and_arrow_agree():
    """A LazyFrame that streams, its frame and its Arrow table have one digest."""
    frame = pl.DataFrame(
        {
            "n": [1, None, 3],
            "s": ["x", None, "y" * 40],
            "c": pl.Series(["b", "a", None], dtype=pl.Categorical),
            "e": pl.Series(["b", None, "a"], dtype=pl.Enum(["b", "a"])),
            "l": pl.Series([["p"], [], None], dtype=pl.List(pl.Categorical)),
            "z": pl.Series([STAMP, None, EPOCH], dtype=pl.Datetime("ns", "Europe/Vienna")),
            "d": pl.Series(["1.5", None, "2"]).cast(pl.Decimal(10, 2)),
        }
    )
    expected = digest_table(frame)
    assert digest_table(frame.lazy()) == expected
    assert digest_table(frame.to_arrow()) == expected
    assert [column.nulls for column in expected.columns] == [1] * 7
    nothing = frame.lazy().filter(pl.lit(False))
    assert digest_table(nothing) == expected - expected


@pytest.mark.parametrize("kind", SAMPLES, ids=NAMES)
def test_one_changed_cell_changes_column_and_total(kind):
    """Whatever the type, another value or a null in one cell is noticed."""
    values = SAMPLES[kind]
    before = digest_table(pa.table({"k": [1, 2], "v": pa.array([values[0]] * 2, kind)}))
    for other in [*values[1:], None]:
        after = digest_table(pa.table({"k": [1, 2], "v": pa.array([values[0], other], kind)}))
        assert after.columns[1] != before.columns[1]
        assert after.total != before.total
        assert after.columns[0] == before.columns[0]


def test_values_swapped_between_rows_are_noticed():
    """The columns hold the same values, the rows do not: only the total tells."""
    before = digest_table(pa.table({"a": [1, 2], "b": ["x", "y"]}))
    after = digest_table(pa.table({"a": [1, 2], "b": ["y", "x"]}))
    assert before.columns == after.columns
    assert before.total != after.total


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 1, 2], [1, 2, 2]),
        (["", "x"], [None, "x"]),
        (["\0"], [""]),
        (["ab", "c"], ["a", "bc"]),
        ([[]], [[None]]),
        ([[[1], []]], [[[], [1]]]),
        ([0.0], [-0.0]),
        (["é"], ["e\u0301"]),
    ],
)
def test_what_looks_alike_is_kept_apart(one, other):
    """Multiplicity, emptiness, null, nesting, the sign of zero and code points all count."""
    assert digest_table(pa.table({"v": one})) != digest_table(pa.table({"v": other}))


def test_every_nan_is_one_nan():
    """Spark rewrites the payload of a NaN, so it must not count; nor in a float, signalling."""
    words = np.array([0x7FF8000000000000, 0x7FF0000000000001, 0xFFF8000000000DAD], np.uint64)
    nans = words.view(np.float64)
    small = np.array([0x7FC00000, 0x7F800001, 0xFFC00DAD], np.uint32).view(np.float32)
    for payloads in (nans, small):
        first, *others = (digest_table(pa.table({"v": payloads[i : i + 1]})) for i in range(3))
        assert all(other == first for other in others)


def test_columns_count_by_name_type_and_order():
    """The same cells under another name, type or place are another table."""
    table = pa.table({"a": [1, 2], "b": [3, 4]})
    digest = digest_table(table).digest
    assert digest_table(table.rename_columns(["a", "c"])).digest != digest
    assert digest_table(table.select(["b", "a"])).digest != digest
    narrow = digest_table(pa.table({"a": pa.array([1, 2], pa.int32()), "b": [3, 4]}))
    assert narrow.digest != digest
    assert narrow.columns[0].sum == digest_table(table).columns[0].sum


def test_a_set_that_refused_a_batch_gives_no_facts():
    """After a failure there is no digest of the rest, even if more batches come."""
    rows = RowSet()
    stamps = pa.array([1_001], pa.timestamp("ns"))
    with pytest.raises(NotDigestibleError, match="finer than microseconds"):
        rows.update(pa.table({"t": stamps}))
    with pytest.raises(NotDigestibleError, match="earlier batch"):
        rows.update(pa.table({"t": pa.array([1_000], pa.timestamp("ns"))}))
    with pytest.raises(NotDigestibleError, match="earlier batch"):
        rows.facts()


def test_a_failure_in_a_thread_is_not_lost():
    """A bad value in the first of many large batches ends the digest."""
    stamps = np.zeros(3 * STEP_ROWS, np.int64)
    stamps[7] = 1
    table = pa.table({"t": pa.array(stamps, pa.timestamp("ns"))})
    with pytest.raises(NotDigestibleError, match=r"Column 't' \(timestamp_ntz\): 1 values"):
        digest_table(table)


def test_nothing_is_not_a_table():
    """A set that saw no schema has no facts, and a list is not a table."""
    with pytest.raises(NotDigestibleError, match="Nothing was digested"):
        RowSet().facts()
    with pytest.raises(NotDigestibleError, match="list is not a table"):
        digest_table([1, 2])


def test_numbers_are_digested_without_pandas():
    """A re-run that verifies what it reads would begin with a quarter of a second of it."""
    code = """
import sys
import pyarrow as pa
from lakeproof.digest import digest_table
from lakeproof.digest.tables.fixed_width import _dtype
kinds = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64()]
for kind in kinds:
    # Made of bytes: to make one of values imports pandas, too.
    array = pa.Array.from_buffers(kind, 3, [None, pa.py_buffer(bytes(24))])
    digest_table(pa.Table.from_arrays([array], ["a"]))
assert "pandas" not in sys.modules
for kind in (*kinds, pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
    assert _dtype(kind) == kind.to_pandas_dtype()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
