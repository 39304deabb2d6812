"""Which version is asked for: the flag, then the catalog, then the latest."""

from datetime import UTC, datetime

import polars as pl
import pytest
from kedro.io.core import Version

from lakeproof.errors import PinError
from lakeproof.versioned.pins import Pin, choose_pin


def rows(table) -> list[int]:
    return sorted(table.load().collect()["x"].to_list())


@pytest.fixture
def three_versions(make_table, make_other):
    """A table whose version N holds the one row N; either engine reads what delta-rs wrote."""
    table = make_other()
    for value in range(3):
        table.save(pl.DataFrame({"x": [value]}))
    return make_table


def test_the_latest_version_is_read_unless_one_is_asked_for(three_versions):
    """No pin is no version 0."""
    assert rows(three_versions()) == [2]


@pytest.mark.slow_on_spark
@pytest.mark.parametrize("version", [0, 1])
def test_the_catalog_pins_a_version_and_0_is_one(three_versions, version):
    """`if version:` would drop the first."""
    assert rows(three_versions(load_args={"version": version})) == [version]


@pytest.mark.slow_on_spark
def test_the_flag_wins_over_the_catalog(three_versions):
    """`--load-versions samples:0` beside `load_args: {version: 1}` reads 0."""
    table = three_versions(load_args={"version": 1}, version=Version("0", None))
    assert rows(table) == [0]


@pytest.mark.slow_on_spark
def test_the_flag_can_ask_for_the_latest(three_versions):
    """A pinned catalog entry is unpinned for one run."""
    table = three_versions(load_args={"version": 1}, version=Version("latest", None))
    assert rows(table) == [2]


@pytest.mark.slow_on_spark
def test_a_time_means_the_newest_version_committed_by_then(three_versions):
    """Also exactly at the commit."""
    table = three_versions()
    history = table.resolve().table.history()
    moment = next(entry["timestamp"] for entry in history if entry["version"] == 1)
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat()
    assert rows(three_versions(load_args={"timestamp": text})) in ([1], [2])
    assert three_versions(load_args={"timestamp": text}).resolve().version == max(
        int(e["version"]) for e in history if e["timestamp"] <= moment
    )
    assert rows(three_versions(load_args={"timestamp": "2999-01-01"})) == [2]


@pytest.mark.slow_on_spark
def test_a_time_before_the_first_commit_is_refused(three_versions):
    """delta-rs would read version 0."""
    with pytest.raises(PinError, match="first commit that is still known, version 0"):
        three_versions(load_args={"timestamp": "2020-01-01T00:00:00Z"}).load()


def test_a_yaml_timestamp_without_a_zone_is_utc():
    """YAML hands over a datetime, not text."""
    pin = choose_pin("samples", None, {"timestamp": datetime(2026, 1, 31, 12)})
    assert pin == Pin("the catalog", timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC))


@pytest.mark.parametrize("flag", ["x", "-1", "1.5", "2026-01-31T00:00:00Z", ""])
def test_a_flag_that_is_no_version_number_is_refused(flag):
    """The message names the flag, the table and the value."""
    with pytest.raises(PinError, match="--load-versions of table 'samples' is"):
        choose_pin("samples", flag, {})


@pytest.mark.parametrize(
    ("load_args", "words"),
    [
        ({"version": True}, "not a version number"),
        ({"version": "newest"}, "not a version number"),
        ({"timestamp": "yesterday"}, "not an ISO 8601 time"),
        ({"version": 1, "timestamp": "2026-01-31"}, "pinned twice"),
        ({"versionAsOf": 1}, "Unknown key 'versionAsOf' in load_args of the"),
    ],
)
def test_load_args_that_mean_nothing_are_refused(load_args, words):
    """Ignored, they would read the latest."""
    with pytest.raises(PinError, match=words):
        choose_pin("samples", None, load_args)


@pytest.mark.slow_on_spark
def test_a_version_that_is_not_there_names_the_newest(three_versions):
    """And the command that lists them."""
    with pytest.raises(PinError, match=r"no version 7: the newest is 2.*kedro history samples"):
        three_versions(load_args={"version": 7}).load()


@pytest.mark.slow_on_spark
def test_a_version_whose_log_was_cleaned_names_those_that_are_left(three_versions, tmp_path):
    """A checkpoint at 1 keeps 1 and 2 readable when the first commit goes."""
    import deltalake

    deltalake.DeltaTable(str(tmp_path / "samples"), version=1).create_checkpoint()
    (tmp_path / "samples" / "_delta_log" / f"{0:020d}.json").unlink()
    assert rows(three_versions(load_args={"version": 1})) == [1]
    with pytest.raises(PinError, match="no version 0: its log was cleaned; there are versions 1 t"):
        three_versions(load_args={"version": 0}).load()


@pytest.mark.slow_on_spark
def test_a_version_whose_data_file_is_gone_is_refused(three_versions, tmp_path):
    """By presence, before a row is read."""
    table = three_versions(load_args={"version": 0})
    next(iter(table.resolve().table.file_uris()))
    (tmp_path / "samples" / table.resolve().table.file_uris()[0]).unlink()
    with pytest.raises(PinError, match=r"at version 0: 1 data file\(s\) are missing"):
        table.load()
    assert rows(three_versions()) == [2]


@pytest.mark.slow_on_spark
def test_a_version_whose_data_file_was_cut_short_is_refused(three_versions, tmp_path):
    """By size."""
    table = three_versions(load_args={"version": 0})
    path = tmp_path / "samples" / table.resolve().table.file_uris()[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PinError, match="another size than the log says"):
        table.load()


@pytest.mark.slow_on_spark
def test_files_in_partitions_with_odd_names_are_found(make_table):
    """The log writes their paths encoded, each engine in its own way."""
    frame = pl.DataFrame({"p": ["a b", "c/d", "e=f", "g%h", "ü", None], "x": [0, 1, 2, 3, 4, 5]})
    make_table(save_args={"partition_by": "p"}).save(frame)
    assert rows(make_table(load_args={"version": 0})) == [0, 1, 2, 3, 4, 5]


@pytest.mark.slow_on_spark
def test_a_table_that_does_not_exist_is_said_with_its_folder(make_table, tmp_path):
    """Never `None`, never an empty frame."""
    with pytest.raises(PinError, match=r"does not exist: there is no folder .*samples"):
        make_table(load_args={"version": 0}).load()


@pytest.mark.slow_on_spark
def test_a_folder_that_is_no_table_is_said_so(make_table, tmp_path):
    """A folder of Parquet files is not a Delta table."""
    (tmp_path / "samples").mkdir()
    with pytest.raises(PinError, match="not a Delta table"):
        make_table(load_args={"version": 0}).load()


def test_opening_the_catalog_entry_touches_nothing(make_table, tmp_path):
    """A bad pin on an entry that nobody uses breaks nothing."""
    make_table(load_args={"version": 99})
    make_table("not/there", load_args={"version": 99})
    assert list(tmp_path.iterdir()) == []
