"""Until when versions live, on both engines, and how a table is told to keep them."""

import datetime as dt
import json
import logging

import deltalake
import polars as pl
import pytest

from aging import age
from lakeproof.delta import DeltaTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.delta.retention.lifetime import lifetime, retention_of
from lakeproof.delta.retention.set_retention import keep_versions, wanted_properties
from lakeproof.errors import PinError, TableError
from lakeproof.versioned.location import Location
from lakeproof.versioned.run_tables import RunTables

FILES, LOG = "delta.deletedFileRetentionDuration", "delta.logRetentionDuration"
NEVER = {"delta.enableExpiredLogCleanup": "false"}
LONG = {FILES: "interval 365 days", LOG: "interval 366 days"}


@pytest.fixture
def made_elsewhere(tmp_path):
    """Give the folder of a table of three versions that something else has made."""

    def make(**properties: str):
        for value in range(3):
            rows = pl.DataFrame({"x": [value]})
            options = {"configuration": properties} if value == 0 else {}
            rows.write_delta(tmp_path / "samples", mode="overwrite", delta_write_options=options)
        return tmp_path / "samples"

    return make


def value(table) -> int:
    return table.load().collect()["x"].item()


def date(days: float) -> str:
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=days):%Y-%m-%d}"


def said(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.slow_on_spark
def test_a_pinned_version_of_ours_loads_at_forty_days(make_table, make_other, tmp_path, caplog):
    """Our properties keep it for Spark, and nothing is said."""
    for number in range(3):
        make_other().save(pl.DataFrame({"x": [number]}))
    age(tmp_path / "samples")
    assert [value(make_table(load_args={"version": v})) for v in (0, 1)] == [0, 1]
    assert said(caplog) == []


@pytest.mark.slow_on_spark
def test_without_the_properties_spark_refuses_it_and_the_error_says_what_to_do(
    make_table, made_elsewhere, engine
):
    """The embedded engine reads it; Spark does once the table is told to keep its versions."""
    age(made_elsewhere())
    pinned = make_table(load_args={"version": 0})
    if engine == "spark":
        with pytest.raises(PinError) as caught:
            pinned.load()
        assert str(caught.value) == (
            "Version 0 of table 'samples' is older than the table's retention of 7 days "
            "(delta.deletedFileRetentionDuration), and Spark refuses it although its files may all "
            "be there. Nothing was written to the table. Let it keep its versions: kedro pin "
            "samples=0 --set-retention; or read it on the embedded engine: --params engine=embedded"
        )
    else:
        assert value(pinned) == 0
    assert value(make_table()) == 2  # the newest lives
    keep_versions(pinned.location)
    assert value(make_table(load_args={"version": 0})) == 0
    assert value(make_table()) == 2


@pytest.mark.slow
@pytest.mark.spark
def test_a_table_that_spark_has_made_lives_as_long(spark_session, tmp_path):
    """Delta's defaults are the same whoever makes it."""
    for number in range(2):
        rows = spark_session.range(number, number + 1).toDF("x")
        rows.write.format("delta").mode("overwrite").save(str(tmp_path / "samples"))
    age(tmp_path / "samples")
    spark = DeltaTable(filepath=str(tmp_path / "samples"), engine="spark", load_args={"version": 0})
    with pytest.raises(PinError, match="retention of 7 days"):
        spark.load()
    keep_versions(spark.location)
    assert spark.load().toArrow()["x"].to_pylist() == [0]


@pytest.mark.parametrize(
    ("version", "days", "lives"),
    [
        (None, 0, f"Version 2 lives until {date(7)}, or for as long as it is the newest."),
        (None, 40, "Version 2 lives for as long as it is the newest; its own time was over on "),
        (1, 3, f"Version 1 lives until {date(4)}."),
        (1, 40, f"Version 1 was sure to live until {date(-33)} only."),
    ],
)
def test_a_table_made_elsewhere_is_opened_with_a_warning(
    make_embedded_table, made_elsewhere, caplog, version, days, lives
):
    """It says until when the version lives, and what to type; once."""
    age(made_elsewhere(), days)
    table = make_embedded_table(load_args={} if version is None else {"version": version})
    table.load()
    table.load()
    (warning,) = said(caplog)
    wanted = "latest" if version is None else version
    assert warning.startswith(
        "Table 'samples' does not promise to keep its versions: those older than 7 days may be "
        f"removed, and Spark refuses them. {lives}"
    )
    assert warning.endswith(f" Keep them all: kedro pin samples={wanted} --set-retention")


def test_within_a_run_a_load_says_nothing(make_embedded_table, made_elsewhere, caplog):
    """The run has, before its first node."""
    made_elsewhere()
    table = make_embedded_table()
    table.join(RunTables())
    table.load()
    assert said(caplog) == []


@pytest.mark.parametrize(
    ("properties", "days"),
    [
        ({}, 7),
        ({FILES: "interval 365 days"}, 30),  # the log goes first
        ({FILES: "interval 365 days", LOG: "365 days"}, 30),  # delta-rs passes over it
        ({**NEVER, FILES: "INTERVAL 365 DAYS"}, 7),
        ({LOG: "interval 365 days"}, 7),
        ({**LONG, FILES: "interval 1 day"}, 1),
        ({**LONG, FILES: "1 day"}, 1),
        ({FILES: "interval 12 hours", LOG: "interval 12 hours"}, 0.5),
        (LONG, None),
        ({**NEVER, FILES: "interval 9 days"}, None),
    ],
)
def test_what_a_table_says_holds_where_both_engines_understand_it(made_elsewhere, properties, days):
    """Else the shorter of what each makes of it."""
    opened = open_table(Location("samples", str(made_elsewhere(**properties))))
    found = lifetime(opened)
    if days is None:
        assert found is None
    else:
        assert found is not None
        assert found.retention.versions == dt.timedelta(days=days)


def test_the_property_that_spark_goes_by_is_not_the_logs(make_embedded_table, made_elsewhere):
    """Where the log would go first, Spark refuses nothing by then."""
    made_elsewhere(**{FILES: "interval 365 days"})
    sentence = lifetime(make_embedded_table().resolve()).sentence()
    assert "those older than 30 days may be removed. Version 2 lives until" in sentence


def test_properties_set_later_hold_for_older_versions(make_embedded_table, made_elsewhere, caplog):
    """A pinned version does not know of them; its table does."""
    made_elsewhere()
    table = make_embedded_table(load_args={"version": 0})
    keep_versions(table.location)
    table.load()
    assert said(caplog) == []


def test_setting_is_one_commit_that_changes_nothing_else(make_embedded_table, tmp_path):
    """With our note in it, rows and digest as they were; where nothing is lacking, none is made."""
    table = make_embedded_table()
    table.save(pl.DataFrame({"x": [1.5, None]}))
    assert keep_versions(table.location) is None
    before = table.resolve()
    # As a restore to a version from before does.
    before.table.alter.set_table_properties({FILES: "interval 1 day", "delta.appendOnly": "false"})
    opened = keep_versions(table.location, git_commit="c0ffee")
    assert opened.version == 2
    assert keep_versions(table.location) is None
    properties = opened.table.metadata().configuration
    assert retention_of(properties).is_promised
    assert properties["delta.appendOnly"] == "false"
    note = json.loads(opened.table.history(1)[0]["userMetadata"])
    assert (note["git_commit"], note["rows"], note["follows"]) == ("c0ffee", 2, 1)
    assert compute_digest(opened) == stored_digest(before)


def test_a_digest_that_is_known_stays_known(make_embedded_table, tmp_path):
    """The next run need not read the table for it."""
    table = make_embedded_table()
    table.save(pl.DataFrame({"x": [1.5, None]}))
    first = tmp_path / "samples" / "_delta_log" / f"{0:020d}.json"
    first.write_text(first.read_text().replace("interval 3650 days", "interval 5 days"))
    opened = keep_versions(table.location)
    assert opened.version == 1
    assert stored_digest(opened) == compute_digest(opened)


def test_setting_removes_nothing_that_was_due(tmp_path):
    """delta-rs cleans the log after a commit, by what the table says then."""
    place = tmp_path / "samples"
    for number in range(12):
        pl.DataFrame({"x": [number]}).write_delta(place, mode="overwrite")
    age(place)
    deltalake.DeltaTable(place).create_checkpoint()
    keep_versions(Location("samples", str(place)))
    assert len(list((place / "_delta_log").glob("*.json"))) == 13
    keep = DeltaTable(filepath=str(place), save_args={"mode": "append"})
    keep.save(pl.DataFrame({"x": [12]}))
    assert len(list((place / "_delta_log").glob("*.json"))) == 14


@pytest.mark.spark_sample("append")
@pytest.mark.parametrize("mode", ["overwrite", "append", "merge", "delete"])
def test_a_write_removes_no_version_of_a_table_made_elsewhere(make_table, engine, tmp_path, mode):
    """Though its log is due to be cleaned, which delta-rs would do after a commit."""
    place = tmp_path / "samples"
    for number in range(5):
        pl.DataFrame({"x": [number, 9], "y": [0, 0]}).write_delta(place, mode="overwrite")
    age(place)
    deltalake.DeltaTable(place).create_checkpoint()
    make_table(key="x", save_args={"mode": mode}).save(pl.DataFrame({"x": [4], "y": [1]}))
    assert open_table(Location("samples", str(place))).version == 5
    first = DeltaTable(filepath=str(place), load_args={"version": 0}).load().collect()
    assert sorted(first["x"]) == [0, 9]


def test_what_a_table_keeps_longer_is_left_so():
    """In a spelling that both engines read; and Spark wants the log as long as the files."""
    assert wanted_properties({}) == {
        FILES: "interval 3650 days",
        LOG: "interval 3660 days",
        **NEVER,
    }
    longer = wanted_properties({FILES: "INTERVAL 4000 DAYS 1 hour", LOG: "interval 1 day"})
    assert longer == {FILES: "interval 4001 days", LOG: "interval 4001 days", **NEVER}


def test_a_table_that_cannot_be_changed_says_so(made_elsewhere):
    """And stays as it is."""
    place = made_elsewhere()
    location = Location("samples", str(place))
    opened = open_table(location)
    # What stands in the way of the next commit.
    (place / "_delta_log" / f"{3:020d}.json").mkdir()
    with pytest.raises(TableError, match=r"'samples' cannot be told to keep .* as it was"):
        keep_versions(location)
    assert not retention_of(opened.table.metadata().configuration).is_promised
