"""What only Spark's way of writing could get wrong: its files become the table's."""

import json

import polars as pl
import pytest

from lakeproof.deliveries import DeliveryFolder
from lakeproof.delta import DeltaTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.delta.spark.spark_staging import SparkStagedRows
from lakeproof.errors import SchemaError
from lakeproof.spark.spark_errors import SparkError

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture
def engine(spark_session) -> str:
    """This file is about one engine."""
    return "spark"


def assert_believed(table) -> None:
    opened = table.resolve()
    assert stored_digest(opened) == compute_digest(opened)


@pytest.mark.beyond_ci
def test_files_that_were_compacted_at_once_do_not_come_twice(make_table, spark_session):
    """The staged table may have been rewritten by Delta itself before its files are taken."""
    key = "spark.databricks.delta.autoCompact.enabled"
    before = spark_session.conf.get(key)
    spark_session.conf.set(key, "true")
    try:
        table = make_table()
        table.save(spark_session.range(0, 120, 1, 60))
    finally:
        spark_session.conf.set(key, before)
    assert open_table(table.location).rows() == 120
    assert_believed(table)


@pytest.fixture
def mapped_by_default(spark_session):
    """A session that has Delta name the columns of each new table's files by words of its own."""
    key = "spark.databricks.delta.properties.defaults.columnMapping.mode"
    spark_session.conf.set(key, "name")
    yield
    spark_session.conf.unset(key)


def test_a_session_that_maps_the_columns_of_new_tables_loses_no_value(
    make_table, mapped_by_default, spark_session
):
    """The rows are staged as a table, whose files are then read and taken by their own names."""
    table = make_table(key="k", save_args={"mode": "merge"})
    for rows in ([("a", 1), ("b", 2)], [("b", 3), ("c", 4)]):
        table.save(spark_session.createDataFrame(rows, "k string, x long"))
    loaded = table.load().collect().sort("k").to_dict(as_series=False)
    assert loaded == {"k": ["a", "b", "c"], "x": [1, 3, 4]}
    assert_believed(table)


@pytest.mark.parametrize(
    "save_args",
    [
        {"mode": "overwrite", "schema_mode": "overwrite"},
        {"mode": "append", "schema_mode": "merge"},
    ],
)
def test_times_without_a_zone_may_join_a_table(make_table, make_other, save_args):
    """That changes the table's protocol, which files alone do not."""
    make_other(key="k").save(pl.DataFrame({"k": [1, 2]}))
    table = make_table(key="k", save_args=save_args)
    table.save(pl.DataFrame({"k": [2, 3]}).with_columns(t=pl.datetime(2026, 1, 1)))
    found = dict(table.load().select("k", pl.col("t").is_not_null()).collect().iter_rows())
    assert found[3]
    assert table.resolve().version == 1


def test_times_without_a_zone_are_not_merged_into_a_table_that_has_none(make_table, make_other):
    """Nobody could open it afterwards."""
    make_other(key="k").save(pl.DataFrame({"k": [1, 2]}))
    table = make_table(key="k", save_args={"mode": "merge", "schema_mode": "merge"})
    with pytest.raises(SchemaError, match=r"Column 't'.*first times without a zone"):
        table.save(pl.DataFrame({"k": [2, 3]}).with_columns(t=pl.datetime(2026, 1, 1)))
    assert sorted(make_table().load().collect()["k"]) == [1, 2]


def test_a_constraint_of_the_table_holds(make_table, make_other):
    """Rows that break it are refused, as on the embedded engine."""
    table = make_table(save_args={"mode": "append"})
    make_other().save(pl.DataFrame({"k": [1]}))
    table.resolve().table.alter.add_constraint({"positive": "k > 0"})
    with pytest.raises(Exception, match=r"(?i)constraint|invalid"):
        table.save(pl.DataFrame({"k": [-5]}))
    table.save(pl.DataFrame({"k": [5]}))
    assert sorted(table.load().collect()["k"]) == [1, 5]


def test_a_column_that_only_its_case_tells_apart_is_refused(make_table, make_other):
    """Delta would take it for the other one."""
    make_other().save(pl.DataFrame({"k": [1], "Val": [1]}))
    table = make_table(save_args={"mode": "append", "schema_mode": "merge"})
    with pytest.raises(SchemaError, match="has a column 'Val', the rows to be written have 'val'"):
        table.save(pl.DataFrame({"k": [2], "val": [2]}))


def test_rows_without_the_column_that_lays_out_the_files_are_merged(make_table, make_other):
    """They keep it where their key is known, and have none where it is new."""
    make_other(key="k", save_args={"partition_by": "p"}).save(
        pl.DataFrame({"k": [1, 2], "p": ["a", "b"], "v": [1, 2]})
    )
    table = make_table(key="k", save_args={"mode": "merge"})
    table.save(pl.DataFrame({"k": [2, 3], "v": [20, 30]}))
    assert sorted(table.load().select("k", "p", "v").collect().rows()) == [
        (1, "a", 1),
        (2, "b", 20),
        (3, None, 30),
    ]


def test_a_folder_on_another_disk_is_written_to(make_table, tmp_path):
    """The staged files are copied where they cannot be renamed."""
    import os

    other = "/dev/shm" if os.path.isdir("/dev/shm") else str(tmp_path)
    if os.stat(other).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("there is no second disk here")
    import shutil
    import tempfile

    place = tempfile.mkdtemp(dir=other)
    try:
        (tmp_path / "samples").symlink_to(place)
        table = make_table()
        table.save(pl.DataFrame({"k": [1, 2]}))
        assert_believed(table)
    finally:
        shutil.rmtree(place)


@pytest.mark.beyond_ci
def test_only_rows_to_add_are_merged_with_a_way_to_add_them(make_table):
    """Without one Delta need not sort the whole table; with one that is missing, rows were lost."""
    table = make_table(key="k", save_args={"mode": "merge"})
    table.save(pl.DataFrame({"k": [1, 2, 3], "v": [0.0, 0.0, 0.0]}))
    table.save(pl.DataFrame({"k": [2, 3], "v": [-0.0, 5.0]}))
    assert_believed(table)
    assert not inserts(table)
    table.save(pl.DataFrame({"k": [1, 4], "v": [7.0, 8.0]}))
    assert_believed(table)
    assert inserts(table)
    held = table.load().sort("k").collect()
    assert [str(value) for value in held["v"]] == ["7.0", "-0.0", "5.0", "8.0"]


def test_a_merge_leaves_the_session_as_spark_yml_has_it(tmp_path, spark_session):
    """It is told for one statement that few rows are looked up by hashes; nothing else is left."""
    table = DeltaTable(
        filepath=str(tmp_path / "{x}" / "t"), key="k", engine="spark", save_args={"mode": "merge"}
    )
    for rows in ({"k": [1, 2], "v": [0.0, 1.0]}, {"k": [2, 3], "v": [5.0, 6.0]}):
        before = settings_of(spark_session)
        table.save(spark_session.createDataFrame(pl.DataFrame(rows).to_arrow()))
        assert settings_of(spark_session) == before
    assert inserts(table)
    assert not spark_session.catalog.listTables()
    assert_believed(table)


def settings_of(session) -> dict[str, str]:
    """Give what is set in a session, but for what Delta notes there of its own commits."""
    told = {row.key: row.value for row in session.sql("SET").collect()}
    return {key: value for key, value in told.items() if ".lastCommitVersion" not in key}


def inserts(table) -> bool:
    """Tell whether the last commit could have added a row."""
    told = table.resolve().table.history(1)[0]["operationParameters"]
    return bool(json.loads(told["notMatchedPredicates"]))


@pytest.mark.beyond_ci
def test_a_table_that_tells_its_changes_tells_no_others(make_table, spark_session):
    """A row that is corrected to what it is has not changed."""
    table = make_table(key="k", save_args={"mode": "merge"})
    table.save(pl.DataFrame({"k": [1, 2], "v": [0.0, 1.0]}))
    path = table.resolve().location.uri
    told = "delta.enableChangeDataFeed"
    spark_session.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('{told}' = 'true')")
    table.save(pl.DataFrame({"k": [1, 2], "v": [-0.0, 1.0]}))
    reader = spark_session.read.format("delta").option("readChangeFeed", "true")
    changes = reader.option("startingVersion", table.resolve().version).load(path)
    assert sorted((row.k, str(row.v)) for row in changes.collect()) == [(1, "-0.0"), (1, "0.0")]


def test_rows_that_went_to_another_machine_s_disk_leave_the_table_as_it_was(
    make_table, spark_session, tmp_path, monkeypatch
):
    """Executors without a disk in common with the driver write where it cannot see."""
    make_table().save(pl.DataFrame({"k": [1]}))
    far = str(tmp_path / "far")
    monkeypatch.setattr(
        SparkStagedRows, "_write", lambda self: self._frame.write.format("delta").save(far)
    )
    with pytest.raises(SparkError, match="where this machine does not see them"):
        make_table().save(spark_session.range(3))
    assert make_table().load().collect()["k"].to_list() == [1]


TYPED = {
    "id": "long",
    "day": "date",
    "at": "timestamp",
    "value": "double",
    "text": "string",
    "is_so": "boolean",
}


@pytest.fixture
def arriving(make_table, tmp_path):
    """Save deliveries into one table, each with rows of all types that a file can bring."""
    table = make_table(key="id", save_args={"mode": "merge"})
    folder = tmp_path / "raw"
    folder.mkdir()

    def arrive(name: str, ids: list[int], clean=lambda rows: rows) -> None:
        row = "{0},1501-0{0}-28,1900-01-01T00:0{0}:00.12345{0}Z,-0.{0},é{0},true"
        lines = [row.format(number) for number in ids]
        (folder / name).write_text("\n".join([",".join(TYPED), *lines, ""]))
        schema = {column: {"type": kind} for column, kind in TYPED.items()}
        loaded = DeliveryFolder(path=str(folder), key="id", schema=schema).load()
        table.save([one.map(clean) for one in loaded])

    return table, arrive


def test_rows_of_a_delivery_that_are_merged_are_not_written_twice(arriving, monkeypatch):
    """They lie in a file already; as a table they are written where that table takes files."""
    table, arrive = arriving
    arrive("1.csv", [1, 2, 3])
    written = []
    real = SparkStagedRows._write
    monkeypatch.setattr(
        SparkStagedRows, "_write", lambda self: (written.append(self._frame.count()), real(self))
    )
    arrive("2.csv", [3, 4])
    assert written == []
    arrive("3.csv", [5])
    arrive("4.csv", [5, 6], lambda rows: rows.filter("id > 5"))
    assert written == [1, 1]
    assert table.load().select("id").collect().to_series().sort().to_list() == [1, 2, 3, 4, 5, 6]
    assert_believed(table)
