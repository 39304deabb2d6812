"""A commit of delta-rs is looked at before it is one: it does what was asked for, or is none."""

import datetime as dt
import json
import os
from pathlib import Path

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.retention.set_retention import keep_versions
from lakeproof.delta.write import prepared_commit
from lakeproof.errors import SchemaError, TableError
from lakeproof.versioned.location import Location

NOON = dt.datetime(2026, 1, 1, 12)


def actions_of(folder: Path, version: int) -> list[dict]:
    lines = (folder / f"_delta_log/{version:020d}.json").read_text().splitlines()
    return [json.loads(line) for line in lines]


def protocols_after(folder: Path, version: int) -> list[dict]:
    return [action for action in actions_of(folder, version) if "protocol" in action]


def data_files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts}


@pytest.fixture
def plain_times(tmp_path):
    """Give a table of times without a zone, as Polars makes it: its protocol lists features."""
    rows = pl.DataFrame({"id": ["a", "b"], "seen": [NOON, None], "x": [1.0, 2.0]})
    rows.write_delta(tmp_path / "t")
    return tmp_path / "t", rows


def test_a_table_that_is_told_to_keep_its_versions_stays_its_owners(plain_times):
    """delta-rs would have the protocol demand what nobody uses, and lock everybody out."""
    folder, rows = plain_times
    keep_versions(Location("t", str(folder)))
    assert protocols_after(folder, 1) == []
    assert open_table(Location("t", str(folder))).table.protocol().reader_features == [
        "timestampNtz"
    ]
    assert DeltaTable(filepath=str(folder)).load().collect().height == rows.height


@pytest.mark.parametrize("mode", ["append", "overwrite", "merge", "delete"])
def test_no_commit_of_ours_touches_the_protocol_unasked(plain_times, mode):
    """Whatever it does to rows."""
    folder, rows = plain_times
    more = rows.with_columns(x=pl.col("x") + 1)
    DeltaTable(filepath=str(folder), key="id", save_args={"mode": mode}).save(more)
    assert protocols_after(folder, 1) == []


def test_the_first_times_without_a_zone_ask_for_their_feature_and_no_other(tmp_path):
    """An append may bring them."""
    table = DeltaTable(
        filepath=str(tmp_path / "t"), save_args={"mode": "append", "schema_mode": "merge"}
    )
    table.save(pl.DataFrame({"id": ["a"]}))
    table.save(pl.DataFrame({"id": ["b"], "seen": [NOON]}))
    (action,) = protocols_after(tmp_path / "t", 1)
    assert action["protocol"]["readerFeatures"] == ["timestampNtz"]
    assert set(action["protocol"]["writerFeatures"]) <= {"appendOnly", "invariants", "timestampNtz"}
    assert table.load().collect().height == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("path", "would remove nowhere.parquet, which is no file of it"),
        ("rows", "would have 3 rows, where 2 should be"),
        ("protocol", "variantType"),
    ],
)
def test_a_commit_that_does_something_else_is_none(tmp_path, monkeypatch, fault, said):
    """Neither a version nor a file of it stays."""
    folder = tmp_path / "t"
    table = DeltaTable(filepath=str(folder), key="id", save_args={"mode": "merge"})
    table.save(pl.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]}))
    before = data_files(folder)
    mend = prepared_commit._mend

    def broken(made: Path, current) -> None:
        mend(made, current)
        actions = list(map(json.loads, made.read_text().splitlines()))
        for action in actions:
            if fault == "path" and "remove" in action:
                action["remove"]["path"] = "nowhere.parquet"
            if fault == "rows" and "add" in action:
                stats = json.loads(action["add"]["stats"])
                action["add"]["stats"] = json.dumps({**stats, "numRecords": 3})
        if fault == "protocol":
            features = {
                "readerFeatures": ["variantType"],
                "writerFeatures": ["variantType"],
            }
            versions = {"minReaderVersion": 3, "minWriterVersion": 7}
            actions.append({"protocol": {**versions, **features}})
        made.write_text("".join(f"{json.dumps(action)}\n" for action in actions))

    monkeypatch.setattr(prepared_commit, "_mend", broken)
    with pytest.raises(TableError, match=said):
        table.save(pl.DataFrame({"id": ["b"], "x": [3.0]}))
    assert table.resolve().version == 0
    assert data_files(folder) == before
    assert {path.name for path in tmp_path.iterdir()} == {"t", ".t.lock"}


def test_checkpoints_are_made_where_they_are_due_and_hold_what_was_committed(tmp_path):
    """Of a table that delta-rs writes at once, every tenth; a view of the log makes none."""
    table = DeltaTable(filepath=str(tmp_path / "t"), save_args={"mode": "append"})
    for number in range(12):
        table.save(pl.DataFrame({"id": [str(number)]}))
    names = os.listdir(tmp_path / "t/_delta_log")
    assert [name for name in names if name.endswith(".parquet")] == [f"{9:020d}.checkpoint.parquet"]
    assert deltalake.DeltaTable(str(tmp_path / "t"), version=9).to_pyarrow_table().num_rows == 10


REQUIRED = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("x", pa.float64())])


def with_rules(folder: Path) -> deltalake.DeltaTable:
    """Make a table whose id may not be missing, whose x is positive and whose note is short."""
    schema = REQUIRED.append(pa.field("note", pa.string()))
    rows = pa.table({"id": ["a", "b"], "x": [1.0, 2.0], "note": ["n", None]}, schema=schema)
    deltalake.write_deltalake(str(folder), rows)
    first = folder / f"_delta_log/{0:020d}.json"
    said = first.read_text()
    quoted = r"\"name\":\"note\",\"type\":\"string\",\"nullable\":true,\"metadata\":{"
    length = r"\"__CHAR_VARCHAR_TYPE_STRING\":\"varchar(3)\""
    assert quoted in said
    first.write_text(said.replace(quoted, quoted + length))
    deltalake.DeltaTable(str(folder)).alter.add_constraint({"positive": "x > 0"})
    return deltalake.DeltaTable(str(folder))


@pytest.mark.parametrize("schema_mode", [None, "overwrite"])
def test_an_overwrite_keeps_what_a_table_demands(tmp_path, schema_mode):
    """Constraints, columns that may not be missing, lengths of text; and the order of columns."""
    before = with_rules(tmp_path / "t")
    rows = pl.DataFrame({"x": [3.0], "note": ["abc"], "id": ["c"]})
    table = DeltaTable(filepath=str(tmp_path / "t"), save_args={"schema_mode": schema_mode})
    table.save(rows)
    after = deltalake.DeltaTable(str(tmp_path / "t"))
    assert after.schema() == before.schema()
    assert after.metadata().configuration == before.metadata().configuration
    assert table.load().collect().rows() == [("c", 3.0, "abc")]
    assert table.resolve().stored_digest() == table.resolve().compute_digest()


def test_a_merge_leaves_rows_whose_values_may_not_be_missing(tmp_path):
    """Also where new columns may come; where one does, it is said what cannot be done at once."""
    schema = pa.schema([pa.field(field.name, field.type, nullable=False) for field in REQUIRED])
    place = str(tmp_path / "t")
    deltalake.write_deltalake(place, pa.table({"id": ["a", "b"], "x": [1.0, 2.0]}, schema=schema))
    save_args = {"mode": "merge", "schema_mode": "merge"}
    table = DeltaTable(filepath=place, key="id", save_args=save_args)
    table.save(pl.DataFrame({"id": ["a", "c"], "x": [1.5, 3.0]}))
    assert sorted(table.load().collect().rows()) == [("a", 1.5), ("b", 2.0), ("c", 3.0)]
    with pytest.raises(SchemaError, match="bring the column 'new', and its column 'x' may not be"):
        table.save(pl.DataFrame({"id": ["a"], "x": [0.0], "new": ["n"]}))
    assert table.resolve().version == 1


@pytest.mark.parametrize("mode", ["append", "overwrite", "merge"])
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "c", "x": -1.0, "note": "n"}, r"the constraint 'positive' \(x > 0\)"),
        ({"id": "c", "x": 1.0, "note": "long"}, "'note' of table 't' takes 3 characters, .* of 4"),
    ],
)
def test_a_row_that_breaks_it_is_refused_by_the_rule(tmp_path, mode, row, said):
    """And the table is as it was."""
    with_rules(tmp_path / "t")
    table = DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args={"mode": mode})
    with pytest.raises(SchemaError, match=said):
        table.save(pl.DataFrame([row]))
    assert table.resolve().version == 1


def test_an_overwrite_with_other_columns_would_break_a_constraint(tmp_path):
    """It is refused by the constraint's name."""
    with_rules(tmp_path / "t")
    table = DeltaTable(filepath=str(tmp_path / "t"), save_args={"schema_mode": "overwrite"})
    with pytest.raises(SchemaError, match="'t' has the constraint 'positive'"):
        table.save(pl.DataFrame({"id": ["c"], "y": [1]}))


@pytest.mark.parametrize("schema_mode", [None, "merge"])
def test_a_merge_keeps_a_column_that_may_not_be_missing(tmp_path, schema_mode):
    """With new columns or without."""
    rows = pa.table({"id": ["a", "b"], "x": [1.0, 2.0]}, schema=REQUIRED)
    deltalake.write_deltalake(str(tmp_path / "t"), rows)
    save_args = {"mode": "merge", "schema_mode": schema_mode}
    table = DeltaTable(filepath=str(tmp_path / "t"), key="id", save_args=save_args)
    frame = pl.DataFrame({"id": ["b", "c"], "x": [3.0, 4.0]})
    table.save(frame if schema_mode is None else frame.with_columns(y=pl.lit(1)))
    found = table.load().select("id", "x").sort("id").collect().rows()
    assert found == [("a", 1.0), ("b", 3.0), ("c", 4.0)]
    assert not deltalake.DeltaTable(str(tmp_path / "t")).schema().fields[0].nullable
