"""The same bits on both engines, with the values at which engines part ways."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hostile import FURTHEST_PLANS, PLANS, TYPES, VALUES, hostile_rows, near_rows
from lakeproof.delta import DeltaTable
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.digest import digest_table
from lakeproof.errors import LakeproofError, SchemaError

OTHER = {"embedded": "spark", "spark": "embedded"}


def frame(rows: pa.Table, engine: str) -> Any:
    """Give rows as a frame of an engine."""
    if engine == "embedded":
        return pl.from_arrow(rows)
    from lakeproof.delta.spark.parsed_rows import frame_of

    return frame_of(rows)


def counts(rows: Any, conditions: list[Any]) -> list[int]:
    """Count the rows that meet each condition; Spark in one job, each with a filter of its own."""
    if isinstance(rows, pl.DataFrame | pl.LazyFrame):
        return [rows.lazy().filter(condition).collect().height for condition in conditions]
    from pyspark.sql import functions as sql

    numbered = enumerate(conditions)
    found = [rows.filter(c).agg(sql.lit(n).alias("n"), sql.count("*")) for n, c in numbered]
    return [row[1] for row in sorted(reduce(lambda one, other: one.union(other), found).collect())]


def digest(rows: pa.Table) -> str:
    return digest_table(rows).digest


@pytest.fixture(autouse=True)
def _compiled(request: pytest.FixtureRequest) -> Iterator[None]:
    """What computes rows is compiled here, as in a session that is not set up for tests."""
    if request.node.get_closest_marker("spark") is None:
        yield
        return
    wanted = {
        "spark.sql.codegen.wholeStage": "true",
        "spark.sql.codegen.factoryMode": "FALLBACK",
    }
    with having(request.getfixturevalue("spark_session"), wanted):
        yield


def planned(session: Any, partitions: int, adaptive: str) -> AbstractContextManager[None]:
    """Have Spark cut its work in another way."""
    wanted = {
        "spark.sql.shuffle.partitions": str(partitions),
        "spark.sql.adaptive.enabled": adaptive,
    }
    return having(session, wanted)


@contextmanager
def having(session: Any, wanted: Mapping[str, str]) -> Iterator[None]:
    """Set what a session goes by."""
    before = {key: session.conf.get(key) for key in wanted}
    for key, value in wanted.items():
        session.conf.set(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            session.conf.set(key, value)


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., DeltaTable]:
    """Give an entry of one table on an engine."""

    def entry(engine: str, folder: str = "samples", **entry: Any) -> DeltaTable:
        return DeltaTable(filepath=str(tmp_path / folder), engine=engine, **entry)

    return entry


def test_a_digest_tells_every_near_pair_apart():
    """So that the tests below would see a correction that was not made."""
    before, after = near_rows(False), near_rows(True)
    same = [
        before["id"][row].as_py()
        for row in range(len(before))
        if digest(before.slice(row, 1)) == digest(after.slice(row, 1))
    ]
    assert same == []


@pytest.mark.spark
@pytest.mark.parametrize("writer", ["embedded", "spark"])
def test_what_either_engine_writes_both_read(spark_session, table, writer):
    """Every value; the digest in the commit is that of the rows, and none is written twice."""
    rows = hostile_rows()
    table(writer).save(frame(rows, writer))
    opened = table(writer).resolve()
    assert stored_digest(opened) == digest(rows)
    assert compute_digest(opened) == digest(rows)
    assert digest(table("spark").load().toArrow()) == digest(rows)
    table(OTHER[writer]).save(frame(rows, OTHER[writer]))
    assert table(writer).resolve().version == 0


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize("first", ["spark", pytest.param("embedded", marks=pytest.mark.long)])
def test_engines_take_turns_on_one_table(spark_session, table, first):
    """After each commit the table holds what it should, and the commit says so."""
    before, after, more = near_rows(False), near_rows(True), hostile_rows()
    less = after.filter(pc.not_equal(pc.utf8_slice_codeunits(after["id"], 0, 4), "many"))
    gone = after.filter(pc.equal(pc.utf8_slice_codeunits(after["id"], 0, 4), "many"))
    steps = [
        ("overwrite", before, before),
        ("merge", after, after),
        ("append", more, pa.concat_tables([after, more])),
        ("delete", gone.select(["id"]), pa.concat_tables([less, more])),
        ("merge", before, pa.concat_tables([before, more])),
    ]
    assert len(gone)
    engine = first
    for version, (mode, given, wanted) in enumerate(steps):
        table(engine, key="id", save_args={"mode": mode}).save(frame(given, engine))
        opened = table(engine).resolve()
        found = (opened.version, compute_digest(opened), stored_digest(opened))
        assert found == (version, digest(wanted), digest(wanted)), f"{mode} on {engine}"
        engine = OTHER[engine]


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize(
    ("partitions", "adaptive"),
    [
        pytest.param(*plan, marks=() if plan in FURTHEST_PLANS else pytest.mark.long)
        for plan in PLANS
    ],
)
def test_the_plan_changes_no_bit(spark_session, table, partitions, adaptive):
    """However rows were shuffled and joined, the embedded engine's content is found again."""
    rows = hostile_rows()
    table("embedded").save(pl.from_arrow(rows))
    with planned(spark_session, partitions, adaptive):
        ids = frame(rows.select(["id"]), "spark").repartition("id")
        joined = frame(rows, "spark").join(ids, "id").repartition("text", "double")
        table("spark").save(joined)
        assert digest(joined.toArrow()) == digest(rows)
    assert table("embedded").resolve().version == 0


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize("writer", ["embedded", pytest.param("spark", marks=pytest.mark.long)])
def test_a_filter_finds_what_it_looks_for(spark_session, table, writer):
    """Also where a file tells its least and greatest values: rounded, or of another calendar."""
    from pyspark.sql import functions as sql

    nested = pa.array(
        [{"d": value} for value in VALUES["whole"]], pa.struct([("d", pa.decimal128(38, 0))])
    )
    wide = pa.table({"v": pa.array(VALUES["whole"], TYPES["whole"]), "s": nested})
    table(writer).save(frame(wide, writer))
    for value in VALUES["whole"]:
        lit = pl.lit(value, dtype=pl.Decimal(38, 0))
        for found in (pl.col("v") == lit, pl.col("s").struct.field("d") == lit):
            assert table("embedded").load().filter(found).collect().height == 1
        given = sql.lit(str(value)).cast("decimal(38,0)")
        for column in ("v", "s.d"):
            assert table("spark").load().filter(sql.col(column) == given).count() == 1
    for name, kind in {"day": "date", "moment": "timestamp", "clock": "timestamp_ntz"}.items():
        times = pa.table({"v": pa.array(VALUES[name], TYPES[name])})
        table(writer, name).save(frame(times, writer))
        rows = table("spark", name).load()
        for value in VALUES[name]:
            text = value.isoformat().replace("+00:00", "Z")
            given = sql.lit(text).cast(kind)
            assert rows.filter(sql.col("v") == given).toArrow()["v"].to_pylist() == [value]
            assert table("embedded", name).load().filter(pl.col("v") == value).collect().height == 1


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize(
    ("kind", "writer"),
    [
        ("real", "spark"),
        ("double", "embedded"),
        pytest.param("real", "embedded", marks=pytest.mark.long),
        pytest.param("double", "spark", marks=pytest.mark.long),
    ],
)
def test_a_value_beyond_all_others_is_found(spark_session, table, kind, writer):
    """Also NaN, which is greater than infinity: no file is left out for bounds that it is past."""
    from pyspark.sql import functions as sql

    rows = pa.table({"v": pa.array(VALUES[kind], TYPES[kind])})
    table(writer).save(frame(rows, writer))
    for engine in OTHER:
        column, given = (pl.col, pl.lit) if engine == "embedded" else (sql.col, sql.lit)
        of_each = [(column("v"), given(float(value))) for value in ("nan", "inf", "-inf")]
        conditions = [c for v, value in of_each for c in (v == value, v >= value, v <= value)]
        stored = counts(table(engine).load(), conditions)
        assert stored == counts(frame(rows, engine), conditions), engine


def test_narrow_decimals_keep_their_least_and_greatest(table):
    """Fifteen digits survive delta-rs's way through a double, where a table asks for bounds."""
    prices = pa.array([Decimal("9999999999999.99")], pa.decimal128(15, 2))
    wide = pa.array([Decimal("99999999999999.99")], pa.decimal128(16, 2))
    rows = pa.table({"narrow": prices, "wide": wide})
    deltalake.write_deltalake(table("embedded").location.uri, rows.slice(0, 0))
    table("embedded").save(pl.from_arrow(rows))
    actions = pa.table(table("embedded").resolve().table.get_add_actions(flatten=True))
    assert actions["max.narrow"].to_pylist() == [Decimal("9999999999999.99")]
    assert "max.wide" not in actions.column_names or actions["max.wide"].to_pylist() == [None]


@pytest.mark.parametrize("kind", ["double", "real", "many", "pair", "pairs"])
def test_a_key_must_be_equal_to_itself_on_both(make_table, engine, kind):
    """-0.0 and NaN are not, and a map cannot be compared."""
    rows = frame(pa.table({"k": pa.array(VALUES[kind][-1:], TYPES[kind])}), engine)
    with pytest.raises(SchemaError, match=r"'k' of the key of table 'samples' is .* what is equal"):
        make_table(key="k", save_args={"mode": "merge"}).save(rows)
    assert not make_table().exists()


@pytest.mark.parametrize("kind", ["double", "real", "price", "part", "bytes", "many"])
def test_files_are_laid_out_by_nothing_that_engines_write_in_two_ways(make_table, engine, kind):
    """delta-rs writes a negative decimal such that nobody reads it."""
    rows = pa.table({"id": pa.array([1]), "p": pa.array(VALUES[kind][:1], TYPES[kind])})
    with pytest.raises(SchemaError, match=r"'p' of table 'samples' is .* lay out files"):
        make_table(save_args={"partition_by": ["p"]}).save(frame(rows, engine))
    assert not make_table().exists()


@pytest.mark.parametrize(
    "text",
    ["", "__HIVE_DEFAULT_PARTITION__", "\x00", "😀" * 21],
    ids=["no", "hive", "zero", "long"],
)
def test_files_are_laid_out_by_no_text_that_would_be_lost(make_table, engine, text):
    """Spark would make a null of it without a word."""
    table = make_table(save_args={"partition_by": ["p"]})
    with pytest.raises(SchemaError, match="'p' lays out the files of table 'samples' and holds"):
        table.save(frame(pa.table({"id": pa.array([1, 2]), "p": pa.array(["z", text])}), engine))
    assert not table.exists()


@pytest.mark.slow_on_spark
@pytest.mark.spark
@pytest.mark.parametrize("writer", ["embedded", "spark"])
def test_files_may_be_laid_out_by_all_other_values(spark_session, table, writer):
    """Null too; each value comes back from its path on both engines."""
    kinds = ["text", "flag", "byte", "short", "int", "long", "day", "moment", "clock"]
    rows = hostile_rows().select(["id", *kinds])
    is_lost = pc.is_in(rows["text"], pa.array(["", "\x00", "\U0010ffff" * 40]))
    rows = rows.filter(pc.invert(is_lost))
    laid_out = table(writer, save_args={"partition_by": kinds})
    laid_out.save(frame(rows, writer))
    opened = laid_out.resolve()
    assert stored_digest(opened) == compute_digest(opened) == digest(rows)
    assert digest(table("spark").load().toArrow()) == digest(rows)


@pytest.mark.parametrize("name", ["a.b", "a`b", "a b"])
def test_a_name_that_a_node_could_not_say_on_both_is_refused(make_table, engine, name):
    """For Spark a point leads into a struct."""
    with pytest.raises(SchemaError, match="has a name that Delta does not take on both"):
        make_table().save(frame(pa.table({name: pa.array([1])}), engine))


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1]], dtype=pl.List(pl.Duration)),
        pl.Series([{"a b": 1}]),
        pl.Series([{"a": 1, "A": 2}]),
        pl.Series([[None]], dtype=pl.List(pl.Null)),
    ],
)
def test_what_only_one_engine_would_nest_is_refused_by_both(make_table, engine, values):
    """Types and names that the other has not, however deep."""
    rows = pl.DataFrame({"v": values}).to_arrow(compat_level=pl.CompatLevel.oldest())
    with pytest.raises(SchemaError, match="for table 'samples'"):
        make_table().save(frame(rows, engine))
    assert not make_table().exists()


def test_what_has_a_delta_type_is_cast_to_it_however_deep(make_embedded_table):
    """Unsigned numbers, categories, fixed lengths and nanoseconds."""
    columns = {
        "u": pl.Series([[200]], dtype=pl.List(pl.UInt8)),
        "c": pl.Series([{"x": "a"}], dtype=pl.Struct({"x": pl.Enum(["a"])})),
        "a": pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)),
        "n": pl.Series([[dt.datetime(2026, 1, 1)]], dtype=pl.List(pl.Datetime("ns"))),
    }
    table = make_embedded_table()
    table.save(pl.DataFrame(columns))
    assert table.resolve().columns == {
        "u": "array<short>",
        "c": 'struct<"x":string>',
        "a": "array<long>",
        "n": "array<timestamp_ntz>",
    }
    assert table.load().collect().row(0) == (
        [200],
        {"x": "a"},
        [1, 2],
        [dt.datetime(2026, 1, 1)],
    )


@pytest.mark.spark
def test_bytes_that_are_no_text_are_refused(spark_session, table):
    """Spark would call them text; nobody else reads them."""
    rows = spark_session.sql("SELECT 1 AS id, CAST(X'FF61' AS STRING) AS v")
    with pytest.raises(SchemaError, match="not UTF-8"):
        table("spark").save(rows)
    assert not table("spark").exists()


@pytest.mark.spark
def test_sessions_that_would_change_the_calendar_are_refused():
    """What exactness needs cannot be taken away in spark.yml."""
    from lakeproof.spark.settings import SparkSettings

    for key, value in {
        "spark.sql.parquet.datetimeRebaseModeInRead": "LEGACY",
        "spark.sql.datetime.java8API.enabled": "false",
    }.items():
        with pytest.raises(LakeproofError, match=key):
            SparkSettings.from_config({key: value}, Path("jars.txt"))
