"""Tables that were made elsewhere: each engine reads what their log says, or refuses them."""

import datetime as dt
import json
import unicodedata
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elsewhere import relaid, rewritten
from lakeproof.delta import DeltaTable
from lakeproof.delta.read.scan import scan
from lakeproof.delta.read.versions import compute_digest
from lakeproof.digest import digest_table
from lakeproof.errors import LakeproofError, TableError

NFD = unicodedata.normalize("NFD", "é")
TEXTS = ["a b", "%20", "%25", "a:b", "é", NFD, "x=y", "a/b", "a+b", "Zürich", "😀", "*?[0]", None]
MOMENTS = [
    dt.datetime(2026, 7, 1, 10, 30, tzinfo=dt.UTC),
    dt.datetime(1600, 1, 1, 1, 2, 3, 500_000, tzinfo=dt.UTC),
    None,
]
FAR = [dt.datetime(9999, 12, 31), dt.datetime(1600, 1, 1, 5, 6, 7, 123456), dt.datetime(2000, 1, 1)]
Rows = Callable[..., pa.Table]


def rows(values: list[Any], kind: pa.DataType) -> pa.Table:
    numbers = list(range(len(values)))
    return pa.table({"id": numbers, "x": [n / 2 for n in numbers], "k": pa.array(values, kind)})


def flat(path: str, values: Any) -> str:
    """Put all files into the table's folder, as the protocol allows."""
    return Path(path).name


def written(folder: Path, table: pa.Table, place: Any = None, value: Any = None) -> pa.Table:
    """Write a table that is laid out by `k`, then lay it out otherwise."""
    deltalake.write_deltalake(str(folder), table, partition_by=["k"])
    if place is not None:
        relaid(folder, place, *([value] if value is not None else []))
    return table


def int96(folder: Path, table: pa.Table) -> pa.Table:
    """Write a table as Spark does where nothing is said: times as INT96."""
    folder.mkdir(parents=True)
    options = {"use_deprecated_int96_timestamps": True, "store_schema": False}
    pq.write_table(table, folder / "part-0.parquet", **options)
    deltalake.convert_to_deltalake(str(folder))
    return table


def times(values: list[Any]) -> pa.Table:
    naive = pa.timestamp("us")
    arrays = {
        "id": pa.array(range(len(values))),
        "at": pa.array(values, naive),
        "many": pa.array([[one] for one in values], pa.list_(naive)),
        "pair": pa.array([{"a": one} for one in values], pa.struct([("a", naive)])),
    }
    return pa.table(arrays)


def cases(root: Path) -> Iterator[tuple[str, pa.Table]]:
    """Make one table after the other; give its folder and the rows that its log tells of."""
    text = rows(TEXTS, pa.string())
    yield "folders", written(root / "folders", text)
    yield "flat", written(root / "flat", text, flat)
    named = rows(["Zürich", "Bern", NFD, "é"], pa.string())
    yield "raw", written(root / "raw", named, lambda p, v: f"k={v['k']}/{Path(p).name}")
    lying = rows(["a", "b"], pa.string())
    yield "lying", written(root / "lying", lying, lambda p, v: f"k=c/{v['k']}-{Path(p).name}")
    yield "env=prod/k=z/below", written(root / "env=prod/k=z/below", lying)
    doubles = rows([2.0, -0.5, float("inf"), None], pa.float64())
    yield "doubles", written(root / "doubles", doubles, flat)
    prices = rows([Decimal("1.50"), Decimal("12345678901234567.25")], pa.decimal128(19, 2))
    yield "prices", written(root / "prices", prices, flat)
    yield "flags", written(root / "flags", rows([True, False, None], pa.bool_()), flat)
    days = rows([dt.date(2026, 1, 1), dt.date(1, 1, 1), None], pa.date32())
    yield "days", written(root / "days", days, flat)
    moments = rows(MOMENTS, pa.timestamp("us", "UTC"))
    yield "moments", written(root / "moments", moments)
    short = lambda p, v: f"k={_short(v['k'])}/{Path(p).name}"  # noqa: E731
    yield "short", written(root / "short", moments, short)
    # As Spark writes it in a session of another zone: the folder is local time, the log UTC.
    zoned = lambda p, v: f"k=2026-07-01%2012%253A30%253A00/{str(v['k'])[:10]}-{Path(p).name}"  # noqa: E731
    yield "zoned", written(root / "zoned", moments, zoned)
    inside = written(root / "inside", rows(["a", "b"], pa.string()))
    for file in (root / "inside").rglob("k=*/*.parquet"):
        pq.write_table(pq.ParquetFile(file).read().append_column("k", [["z"]]), file)
    rewritten(root / "inside", lambda action: _resize(root / "inside", action))
    yield "inside", inside
    yield "int96", int96(root / "int96", times(FAR))
    yield "int96_today", int96(root / "int96_today", times([dt.datetime(2026, 1, 1), None]))


def _short(value: str | None) -> str:
    if value is None:
        return "__HIVE_DEFAULT_PARTITION__"
    moment = dt.datetime.fromisoformat(value)
    return f"{moment:%Y-%m-%d%%20%H%%253A%M%%253A%S}" + (".5" if moment.microsecond else "")


def _resize(table: Path, action: dict[str, Any]) -> None:
    if add := action.get("add"):
        add["size"] = (table / add["path"]).stat().st_size


def as_arrow(rows: Any) -> pa.Table:
    """Collect rows of either engine."""
    return rows.collect().to_arrow() if isinstance(rows, pl.LazyFrame) else rows.toArrow()


def read_otherwise(root: Path, engine: str, asked: Collection[str] = ()) -> list[str]:
    """Name the tables, of all or of those asked for, that an engine or the digest misreads."""
    wrong = []
    for name, expected in cases(root):
        if asked and name not in asked:
            continue
        table = DeltaTable(filepath=str(root / name), engine=engine)
        found = {digest_table(as_arrow(table.load())).digest, compute_digest(table.resolve())}
        if found != {digest_table(expected).digest}:
            wrong.append(name)
    return wrong


def test_polars_reads_what_the_log_says(tmp_path):
    """Values of partitions, whatever folders are called, and times of Spark's own kind."""
    assert read_otherwise(tmp_path, "embedded") == []


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(("flat", "lying", "zoned", "int96"), id="some"),
        pytest.param((), id="all", marks=pytest.mark.beyond_ci),
    ],
)
def test_spark_reads_what_the_log_says(spark_session, tmp_path, asked):
    """The same, in a session."""
    assert read_otherwise(tmp_path, "spark", asked) == []


def test_polars_itself_reads_something_else(tmp_path):
    """When this fails, `scan` can hand such tables to Polars."""
    expected = dict(cases(tmp_path))
    other = []
    for name, table in expected.items():
        try:
            found = digest_table(pl.scan_delta(str(tmp_path / name))).digest
        except pl.exceptions.PolarsError:
            found = ""
        if found != digest_table(table).digest:
            other.append(name)
    assert {"flat", "lying", "zoned", "env=prod/k=z/below", "int96"} <= set(other)


@pytest.mark.parametrize("name", ["folders", "raw", "moments", "short"])
def test_what_polars_reads_rightly_it_reads_itself(tmp_path, name):
    """A filter then leaves out files, and not all of them are in memory."""
    _ = dict(cases(tmp_path))
    plan = scan(DeltaTable(filepath=str(tmp_path / name)).resolve()).explain()
    assert "Parquet SCAN" in plan


def test_two_tables_of_other_times_have_two_digests(tmp_path):
    """The end of time in one, another day in the other: neither is the one that Polars reads."""
    digests = set()
    for year in (9999, 5555):
        int96(tmp_path / str(year), times([dt.datetime(year, 12, 31)]))
        digests.add(compute_digest(DeltaTable(filepath=str(tmp_path / str(year))).resolve()))
    assert len(digests) == 2


@pytest.mark.parametrize("mode", ["merge", "delete"])
def test_times_that_delta_rs_would_write_anew_as_others_are_not(tmp_path, mode):
    """It wraps them around without a word; an overwrite reads none of them."""
    int96(tmp_path / "t", times(FAR))
    more = pl.from_arrow(times([dt.datetime(2026, 1, 1)]))
    with pytest.raises(TableError, match="'t' holds times of before 1900 or after 2261"):
        DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args={"mode": mode}).save(more)
    table = DeltaTable(filepath=str(tmp_path / "t"))
    assert compute_digest(table.resolve()) == digest_table(times(FAR)).digest
    table.save(more)
    assert compute_digest(table.resolve()) == digest_table(more).digest


def by_old_spark(folder: Path, table: pa.Table, key: str) -> None:
    """Make a table of a file that says it is of an old Spark."""
    folder.mkdir()
    options = {"use_deprecated_int96_timestamps": True, "store_schema": False}
    with pq.ParquetWriter(folder / "part-0.parquet", table.schema, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({key: "3.0.1"})
    deltalake.convert_to_deltalake(str(folder))


OLD_SPARK = ["org.apache.spark.legacyINT96", "org.apache.spark.version"]
OLD_DAYS = {
    "date": [dt.date(1500, 1, 1)],
    "time": pa.array([dt.datetime(1500, 1, 1)], pa.timestamp("us")),
    "nested": pa.array([[{"a": dt.date(1500, 1, 1)}]]),
    "mapped": pa.array([[("a", dt.date(1500, 1, 1))]], pa.map_(pa.string(), pa.date32())),
}


@pytest.mark.parametrize("key", OLD_SPARK)
def test_a_file_of_an_old_spark_is_read_where_calendars_agree(tmp_path, key):
    """Most such tables hold nothing of before 1900."""
    table = times([dt.datetime(2020, 2, 29, 1, 2, 3), dt.datetime(1900, 1, 1), None])
    by_old_spark(tmp_path / "t", table, key)
    opened = DeltaTable(filepath=str(tmp_path / "t")).resolve()
    assert compute_digest(opened) == digest_table(table).digest


@pytest.mark.parametrize("key", OLD_SPARK)
@pytest.mark.parametrize("column", OLD_DAYS)
def test_days_of_another_calendar_are_refused(tmp_path, key, column):
    """Spark would shift them, Polars and delta-rs not."""
    by_old_spark(tmp_path / "t", pa.table({"d": OLD_DAYS[column]}), key)
    with pytest.raises(TableError, match="'t' was not read at version 0: a file of it"):
        DeltaTable(filepath=str(tmp_path / "t")).load()


def test_a_value_that_is_none_of_its_columns_type_is_refused(tmp_path):
    """By the name of the table, whoever wrote the log."""
    written(tmp_path / "t", rows([Decimal("1.50")], pa.decimal128(10, 2)), flat, lambda _: "-2.-25")
    with pytest.raises(TableError, match=r"Table 't' cannot be opened: .* value '-2.-25' as"):
        DeltaTable(filepath=str(tmp_path / "t")).load()


def test_a_shallow_clone_is_refused_as_one(tmp_path):
    """Its files lie in another table."""
    table = written(tmp_path / "t", rows(["a"], pa.string()))
    assert table.num_rows == 1
    rewritten(
        tmp_path / "t", lambda a: a.get("add", {}).update(path=f"file://{tmp_path}/x.parquet")
    )
    with pytest.raises(LakeproofError, match=r"'t' cannot be read at version 0: .* shallow clone"):
        DeltaTable(filepath=str(tmp_path / "t")).load()


def test_files_of_which_the_log_tells_nothing_are_read(tmp_path):
    """Statistics are optional."""
    table = written(tmp_path / "t", rows(MOMENTS, pa.timestamp("us", "UTC")))
    rewritten(tmp_path / "t", lambda action: action.get("add", {}).pop("stats", None))
    opened = DeltaTable(filepath=str(tmp_path / "t")).resolve()
    assert compute_digest(opened) == digest_table(table).digest
    assert opened.rows() == len(MOMENTS)


PRICES = ["10.123456789012345678", "20.123456789012345678"]


def prices(folder: Path) -> None:
    """Write prices of 20 digits, each into a file of its own, as delta-rs writes them elsewhere."""
    for price in PRICES:
        array = pa.array([Decimal(price)], pa.decimal128(38, 18))
        table = pa.table({"price": array, "pair": pa.array([{"p": price}]), "id": [price]})
        deltalake.write_deltalake(str(folder), table, mode="append")


def test_a_filter_on_a_wide_decimal_finds_its_row(tmp_path):
    """Whatever the log says of it; of the other columns that is still believed."""
    prices(tmp_path / "t")
    opened = DeltaTable(filepath=str(tmp_path / "t")).resolve()
    is_there = pl.col("price") == Decimal(PRICES[0])
    assert scan(opened).filter(is_there).collect()["id"].to_list() == [PRICES[0]]
    assert pl.scan_delta(str(tmp_path / "t")).filter(is_there).collect().is_empty()
    told = pa.table(opened.table.get_add_actions(flatten=True)).column_names
    assert "min.id" in told
    assert "min.price" not in told


def words(folder: Path) -> pa.Table:
    """Write a text that its table calls `char(5)`, as the file of another writer holds it."""
    table = pa.table({"id": [1, 2], "word": ["a", "abc"]})
    deltalake.write_deltalake(str(folder), table)

    def as_char(action: dict[str, Any]) -> None:
        if described := action.get("metaData"):
            schema = json.loads(described["schemaString"])
            schema["fields"][1]["metadata"] = {"__CHAR_VARCHAR_TYPE_STRING": "char(5)"}
            described["schemaString"] = json.dumps(schema)

    rewritten(folder, as_char)
    return table


def test_a_text_of_fixed_length_is_what_the_file_holds(tmp_path):
    """Polars knows no such type."""
    table = words(tmp_path / "words")
    opened = DeltaTable(filepath=str(tmp_path / "words")).resolve()
    assert compute_digest(opened) == digest_table(table).digest


@pytest.mark.slow
@pytest.mark.spark
def test_spark_hands_over_what_is_digested_and_finds_what_is_there(spark_session, tmp_path):
    """No blanks that a node would see on Spark alone; no row lost by a bound that is not true."""
    from pyspark.sql import functions as sql

    prices(tmp_path / "prices")
    for numbers in ([1.0, float("nan")], [200.0, 3.0]):
        deltalake.write_deltalake(str(tmp_path / "nan"), pa.table({"x": numbers}), mode="append")
    table = words(tmp_path / "words")

    def read(name: str) -> Any:
        return DeltaTable(filepath=str(tmp_path / name), engine="spark").load()

    found = read("words")
    assert digest_table(found.toArrow()).digest == digest_table(table).digest
    assert found.filter(sql.col("word") == "a    ").count() == 0
    keys = ("spark.databricks.delta.stats.skipping", "spark.sql.parquet.filterPushdown")
    before = {key: spark_session.conf.get(key, "true") for key in keys}
    for key in keys:
        spark_session.conf.set(key, "true")
    try:
        is_there = sql.col("price") == sql.lit(Decimal(PRICES[0]))
        assert read("prices").filter(is_there).count() == 1
        assert spark_session.conf.get(keys[1]) == "true"
        assert read("nan").filter(sql.col("x") > 100).count() == 2
        spark_session.sql(
            f"CREATE TABLE delta.`{tmp_path}/vectors` (x INT) USING delta "
            "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
        )
        with pytest.raises(TableError, match="'vectors' was not read"):
            read("vectors")
        spark_session.conf.set(keys[0], "true")
        assert read("vectors").count() == 0
        with pytest.raises(TableError, match="'nan' was not read: table 'vectors' has deletion"):
            read("nan")
    finally:
        for key, value in before.items():
            spark_session.conf.set(key, value)


def test_an_empty_text_that_lays_out_files_is_refused(tmp_path, engine):
    """To Spark it is a text, to delta-rs nothing at all."""
    written(tmp_path / "t", rows(["", "a"], pa.string()))
    with pytest.raises(TableError, match="'t' was not read at version 0: column 'k' lays out"):
        DeltaTable(filepath=str(tmp_path / "t"), engine=engine).load()
