"""Writing: each mode, what it refuses, and what its commits say."""

import json

import deltalake
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.delta.log.protocol_support import PROPERTIES
from lakeproof.delta.read.versions import compute_digest, history
from lakeproof.delta.write.lock import lock_path
from lakeproof.errors import LakeproofError, RowKeyError, SchemaError, TableError

ABC = pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, None, 3.0]})


def rows(table) -> dict[str, float | None]:
    frame = table.load().collect()
    return dict(zip(frame["id"], frame["x"], strict=True))


def version(table) -> int:
    return table.resolve().version


@pytest.fixture
def abc(make_other) -> None:
    """The table is there with three rows, by delta-rs: either engine goes on with it."""
    make_other(key="id").save(ABC)


def test_a_new_table_is_one_commit_with_the_properties_both_engines_honour(make_table):
    """Creation and first rows are version 0."""
    table = make_table()
    table.save(ABC)
    opened = table.resolve()
    assert opened.version == 0
    assert opened.table.metadata().configuration == dict(PROPERTIES)
    assert opened.table.protocol().min_reader_version == 1


def test_overwrite_replaces_all_rows_and_keeps_the_old_version(abc, make_table):
    """And the table's properties."""
    table = make_table()
    table.save(ABC.head(1))
    assert rows(table) == {"a": 1.0}
    assert rows(make_table(load_args={"version": 0})) == {"a": 1.0, "b": None, "c": 3.0}
    assert table.resolve().table.metadata().configuration == dict(PROPERTIES)


def test_equal_content_commits_nothing_whatever_its_order(abc, make_table):
    """`skip_unchanged` compares content, not files."""
    table = make_table()
    table.save(ABC.reverse())
    assert version(table) == 0
    make_table(save_args={"skip_unchanged": False}).save(ABC)
    assert version(table) == 1


def test_equal_content_is_noticed_when_somebody_else_wrote_it(make_table, tmp_path):
    """Without a digest in the commit, the rows are read."""
    deltalake.write_deltalake(str(tmp_path / "samples"), ABC.to_arrow())
    table = make_table()
    table.save(ABC)
    assert version(table) == 0
    table.save(ABC.with_columns(x=pl.lit(0.5)))
    assert version(table) == 1


def test_one_changed_value_is_a_commit(abc, make_table):
    """The twin of the test above that must write."""
    table = make_table()
    table.save(ABC.with_columns(x=pl.Series([1.0, None, 3.0000000000000004])))
    assert version(table) == 1


def test_append_adds_rows(make_table):
    """Also equal ones."""
    table = make_table(save_args={"mode": "append"})
    table.save(ABC.head(1))
    table.save(ABC.head(1))
    assert version(table) == 1
    assert table.load().collect().height == 2


def test_error_writes_a_table_once(make_table):
    """The second time it is as it was."""
    table = make_table(save_args={"mode": "error"})
    table.save(ABC)
    with pytest.raises(TableError, match="exists already at version 0"):
        table.save(ABC.head(1))
    assert version(table) == 0


def test_merge_updates_known_keys_and_inserts_new_ones(abc, make_table, make_other):
    """In one commit; null is a value to correct to."""
    table = make_table(key="id", save_args={"mode": "merge"})
    table.save(pl.DataFrame({"id": ["a", "b", "d"], "x": [None, 2.0, 4.0]}))
    assert version(table) == 1
    assert rows(table) == {"a": None, "b": 2.0, "c": 3.0, "d": 4.0}
    before = make_other(load_args={"version": 0})
    assert rows(before) == {"a": 1.0, "b": None, "c": 3.0}


def test_merge_of_equal_rows_commits_nothing(abc, make_table):
    """Nulls are equal to nulls here."""
    table = make_table(key="id", save_args={"mode": "merge"})
    table.save(ABC.head(2))
    assert version(table) == 0


@pytest.mark.slow_on_spark
def test_merge_by_two_columns(make_table, make_other):
    """The key may be a pair, with names that need quoting."""
    frame = pl.DataFrame({"the-id": [1, 1, 2], 'q"t': ["x", "y", "x"], "v": [1, 2, 3]})
    table = make_table(key=["the-id", 'q"t'], save_args={"mode": "merge"})
    make_other().save(frame)
    table.save(frame.filter(pl.col("v") == 2).with_columns(v=pl.lit(20, pl.Int64)))
    assert sorted(table.load().collect()["v"].to_list()) == [1, 3, 20]


def test_delete_removes_rows_by_key_and_leaves_old_versions(abc, make_table, make_other):
    """Keys that are not there are no error, and no commit."""
    table = make_table(key="id", save_args={"mode": "delete"})
    table.save(pl.DataFrame({"id": ["a", "zzz"]}))
    assert rows(table) == {"b": None, "c": 3.0}
    table.save(pl.DataFrame({"id": ["a"]}))
    assert version(table) == 1
    before = make_other(load_args={"version": 0})
    assert rows(before) == {"a": 1.0, "b": None, "c": 3.0}


@pytest.mark.parametrize("mode", ["merge", "delete"])
def test_a_key_twice_in_what_is_written_is_refused_by_name(abc, make_table, mode):
    """A merge would take either row."""
    table = make_table(key="id", save_args={"mode": mode})
    with pytest.raises(RowKeyError, match=r"hold the key 'a' 2 times"):
        table.save(pl.concat([ABC, ABC.head(1)]))
    assert version(table) == 0


def test_a_null_in_the_key_is_refused(make_table):
    """It could never be corrected."""
    table = make_table(key="id", save_args={"mode": "merge"})
    with pytest.raises(RowKeyError, match=r"no value in its key \(id\)"):
        table.save(pl.DataFrame({"id": ["a", None], "x": [1.0, 2.0]}))
    assert not table.exists()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"save_args": {"mode": "merge"}}, "catalog names none"),
        ({"save_args": {"mode": "merge"}, "key": "nr"}, "no column 'nr'"),
        ({"save_args": {"mode": "upsert"}}, "mode: 'upsert', which must be 'overwrite', 'append'"),
        ({"save_args": {"schema_mode": "drop"}}, "schema_mode: 'drop', which must be 'merge' or"),
        (
            {"save_args": {"mood": "merge"}},
            "Unknown key 'mood' in save_args of .* mean 'mode'",
        ),
        ({"save_args": {"mode": "append", "schema_mode": "overwrite"}}, "only together with all"),
        ({"engine": "duckdb"}, "no engine 'duckdb'"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused(make_table, entry, words):
    """With what would be understood."""
    with pytest.raises(LakeproofError, match=words):
        make_table(**entry).save(ABC)


@pytest.mark.slow_on_spark
def test_a_new_column_joins_only_where_the_catalog_says_so(abc, make_table):
    """Old versions load without it."""
    wider = ABC.with_columns(y=pl.lit(1))
    for mode in ("append", "overwrite"):
        with pytest.raises(SchemaError, match=r"no column 'y' \(integer\).*schema_mode: merge"):
            make_table(save_args={"mode": mode}).save(wider)
    make_table(save_args={"mode": "append", "schema_mode": "merge"}).save(wider)
    assert make_table().load().collect()["y"].to_list().count(None) == 3
    assert make_table(load_args={"version": 0}).load().collect().columns == ["id", "x"]


@pytest.mark.slow
def test_a_new_column_joins_with_a_merge(abc, make_table):
    """Also when no key is new."""
    table = make_table(key="id", save_args={"mode": "merge", "schema_mode": "merge"})
    table.save(pl.DataFrame({"id": ["a"], "x": [1.0], "y": ["new"]}))
    frame = table.load().sort("id").collect()
    assert frame["y"].to_list() == ["new", None, None]
    assert frame["x"].to_list() == [1.0, None, 3.0]


@pytest.mark.parametrize("mode", ["append", "overwrite", "merge"])
def test_a_changed_type_is_refused_with_both_types(abc, make_table, mode):
    """delta-rs would cast the integers to text."""
    table = make_table(key="id", save_args={"mode": mode, "skip_unchanged": False})
    with pytest.raises(SchemaError, match=r"Column 'x' of table 'samples' is double.*have long"):
        table.save(pl.DataFrame({"id": ["a"], "x": [1]}))
    assert version(table) == 0


@pytest.mark.slow_on_spark
def test_a_lacking_column_is_refused_when_all_rows_are_replaced(abc, make_table):
    """An append or merge leaves it null or as it was."""
    with pytest.raises(SchemaError, match=r"lack its column 'x' \(double\)"):
        make_table().save(ABC.select("id"))
    make_table(save_args={"schema_mode": "overwrite"}).save(ABC.select("id"))
    assert make_table().load().collect().columns == ["id"]


@pytest.mark.slow_on_spark
def test_a_merge_leaves_columns_that_the_rows_lack(make_table, make_other):
    """A correction of one column does not wipe another."""
    table = make_table(key="id", save_args={"mode": "merge"})
    make_other().save(ABC.with_columns(y=pl.lit("kept")))
    table.save(pl.DataFrame({"id": ["a", "d"], "x": [9.0, 4.0]}))
    frame = table.load().sort("id").collect()
    assert frame["y"].to_list() == ["kept", "kept", "kept", None]
    assert frame["x"].to_list() == [9.0, None, 3.0, 4.0]


@pytest.mark.parametrize("column", [pl.lit(None), pl.lit(1).cast(pl.Duration)])
def test_a_column_that_delta_has_no_type_for_is_refused_by_name(make_table, column):
    """Before anything is written."""
    table = make_table()
    with pytest.raises(SchemaError, match=r"Column 'z'.*Delta has no type"):
        table.save(ABC.with_columns(z=column))
    assert not table.exists()


def test_any_frame_of_the_field_can_be_written(make_embedded_table):
    """Polars lazy and eager, pandas, Arrow and Narwhals; categories become text."""
    import narwhals.stable.v2 as nw

    categories = ABC.with_columns(pl.col("id").cast(pl.Categorical))
    for number, frame in enumerate(
        [ABC.lazy(), ABC.to_pandas(), ABC.to_arrow(), nw.from_native(ABC.lazy()), categories]
    ):
        table = make_embedded_table(f"t{number}")
        table.save(frame)
        assert rows(table) == {"a": 1.0, "b": None, "c": 3.0}
    with pytest.raises(SchemaError, match=r"was handed a builtins\.dict"):
        make_embedded_table("t9").save({"id": ["a"]})


@pytest.mark.spark_sample("eager")
@pytest.mark.parametrize(
    "empty",
    [ABC.head(0), ABC.head(0).lazy(), pd.DataFrame({"id": pd.Series([], dtype="str")})],
    ids=["eager", "lazy", "pandas"],
)
def test_a_table_may_have_no_rows(make_table, empty):
    """Its columns are there all the same."""
    table = make_table()
    table.save(empty)
    assert version(table) == 0
    assert table.load().collect().height == 0


def test_rows_beyond_memory_pass_through_a_file_that_is_gone_afterwards(
    make_embedded_table, tmp_path, monkeypatch
):
    """Same rows, same digest, nothing left beside the table."""
    from lakeproof.delta.embedded import staging

    monkeypatch.setattr(staging, "_IN_MEMORY_BYTES", 1_000)
    frame = pl.DataFrame({"id": range(400_000), "x": 0.5})
    table = make_embedded_table(key="id", save_args={"mode": "merge"})
    table.save(frame.lazy())
    assert table.load().select(pl.col("id").sum(), pl.len()).collect().row(0) == (
        79999800000,
        400000,
    )
    make_embedded_table().save(frame)
    assert version(table) == 0
    table.save(frame.with_columns(x=pl.lit(0.25)))
    assert table.load().select(pl.col("x").sum()).collect().item() == 100_000.0
    left = {path.name for path in tmp_path.iterdir()}
    assert left <= {"samples", lock_path(str(tmp_path / "samples")).name}


@pytest.mark.slow_on_spark
def test_every_commit_says_who_made_it(make_table):
    """One JSON string in userMetadata, where both engines show it."""
    from lakeproof.versioned.run_tables import RunTables

    run = RunTables(git_commit="c" * 40, nodes={"samples": "build"}, run_id="r" * 32)
    saves = {"overwrite": ABC, "append": ABC.head(1), "delete": ABC.select("id").head(1)}
    for mode, frame in saves.items():
        table = make_table(key="id", save_args={"mode": mode})
        table.join(run)
        table.save(frame)
    merging = make_table(key="id", save_args={"mode": "merge"})
    merging.join(run)
    merging.save(ABC.tail(1).with_columns(x=pl.lit(7.0)))
    versions = list(history(merging.location))
    assert [facts.version for facts in versions] == [3, 2, 1, 0]
    assert {(f.run_id, f.git_commit, f.node) for f in versions} == {("r" * 32, "c" * 40, "build")}
    assert [facts.rows for facts in versions] == [2, 2, 4, 3]
    raw = merging.resolve().table.history(1)[0]["userMetadata"]
    assert json.loads(raw)["run_id"] == "r" * 32


def test_the_digest_in_a_commit_is_that_of_the_table(make_table):
    """What a record takes from the commit is what reading would give."""
    table = make_table()
    table.save(ABC)
    assert next(history(table.location)).digest == compute_digest(table.resolve())


def test_the_rows_of_somebody_elses_commit_are_counted(make_table, tmp_path):
    """From the statistics of the log."""
    deltalake.write_deltalake(str(tmp_path / "samples"), ABC.to_arrow())
    facts = next(history(make_table().location))
    assert (facts.rows, facts.run_id, facts.operation) == (3, None, "WRITE")


def test_a_table_with_plain_timestamps_is_not_refused(make_table):
    """Both engines read timestamps without a zone, though they need a feature."""
    table = make_table()
    table.save(
        pl.DataFrame({"t": [None, pl.datetime(2026, 1, 1)]}).select(
            pl.lit("2026-01-01").str.to_datetime(time_unit="ns").alias("t")
        )
    )
    assert table.resolve().columns == {"t": "timestamp_ntz"}


def test_credentials_reach_no_message_and_no_description():
    """Not even when the store cannot be reached."""
    from lakeproof.delta import DeltaTable

    table = DeltaTable(
        filepath="s3://no-such-bucket/samples",
        credentials={
            "aws_access_key_id": "AKIAVERYSECRET",
            "aws_secret_access_key": "verysecretkey",
            "aws_region": "eu-west-1",
            "aws_endpoint_url": "http://127.0.0.1:9",
            "allow_http": "true",
            "max_retries": "0",
            "retry_timeout": "1s",
            "timeout": "1s",
        },
    )
    shown = [str(table), repr(table), repr(table.location), repr(table._describe())]
    with pytest.raises(TableError, match="cannot be reached") as caught:
        table.load()
    shown.append(str(caught.value))
    assert not [text for text in shown if "SECRET" in text or "verysecret" in text]


def test_exists_tells_whether_there_is_a_table(make_table, tmp_path):
    """A folder alone is none."""
    table = make_table()
    assert not table.exists()
    (tmp_path / "samples").mkdir()
    assert not table.exists()
    table.save(ABC)
    assert table.exists()


def test_arrow_streams_of_several_chunks_keep_their_rows(make_embedded_table):
    """Chunks are not batches of the same length."""
    chunks = pa.concat_tables([ABC.to_arrow(), ABC.with_columns(id=pl.col("id") + "2").to_arrow()])
    table = make_embedded_table()
    table.save(chunks)
    assert len(rows(table)) == 6


def test_a_uri_that_carries_credentials_is_refused_without_showing_them():
    """`abfss://container@account` carries none."""
    from lakeproof.delta import DeltaTable

    with pytest.raises(TableError, match="s3://…, an address that carries") as caught:
        DeltaTable(filepath="s3://AKIA123:verysecret@bucket/samples")
    assert "verysecret" not in str(caught.value)
    DeltaTable(filepath="abfss://container@account.dfs.core.windows.net/samples")


@pytest.mark.parametrize("schema_mode", [None, "overwrite"])
@pytest.mark.parametrize("partition_by", [None, "id"])
def test_an_overwrite_in_another_order_keeps_the_tables_own(make_table, schema_mode, partition_by):
    """And says the digest of the rows as the table has them; the next write goes on from it."""
    layout = {"partition_by": partition_by} if partition_by else {}
    make_table(save_args=layout).save(ABC)
    table = make_table(save_args={"schema_mode": schema_mode, "skip_unchanged": False, **layout})
    table.save(ABC.select("x", "id"))
    opened = table.resolve()
    assert list(opened.columns) == ["id", "x"]
    assert opened.stored_digest() == opened.compute_digest()
    make_table(save_args={"mode": "append", **layout}).save(ABC)
    opened = table.resolve()
    assert opened.stored_digest() == opened.compute_digest()
