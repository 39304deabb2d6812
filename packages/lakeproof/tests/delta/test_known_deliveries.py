"""What a table knows of the files it took: contents under any name, moved rows, declarations."""

import datetime as dt
import hashlib
import logging

import polars as pl
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import node, pipeline

from lakeproof.deliveries import DeliveryError, DeliveryFolder
from lakeproof.delta import DeltaTable
from lakeproof.delta.begin_anew import begin_anew
from lakeproof.delta.log.commits import entries
from lakeproof.errors import LakeproofError, SchemaError
from lakeproof.record.run.pinning import pin_tables
from lakeproof.versioned.run_tables import Corrected, RunTables

BY_ROW = {"no": {"type": "string", "from": "row"}, "x": {"type": "long"}}
BY_CONTENT = {"no": {"type": "string", "from": "content"}, "x": {"type": "long"}}


@pytest.fixture
def table(make_table):
    return make_table(key="no", save_args={"mode": "merge", "schema_mode": "merge"})


@pytest.fixture
def embedded(make_embedded_table):
    return make_embedded_table(key="no", save_args={"mode": "merge", "schema_mode": "merge"})


def listed(folder, schema, **more):
    return DeliveryFolder(**{"path": str(folder), "key": "no", "schema": schema, **more})


def rows(table):
    frame = table.load().collect().sort("no")
    return dict(zip(frame["no"], frame["x"], strict=True))


@pytest.mark.slow_on_spark
def test_a_known_content_is_known_under_any_name(folder, table, caplog):
    """A copy, a renamed file, and two new files of one content."""
    (folder / "a.csv").write_text("x\n1\n2\n")
    table.save(listed(folder, BY_ROW).load())
    (folder / "a.csv").rename(folder / "b.csv")
    (folder / "c.csv").write_text("x\n1\n2\n")
    (folder / "d.csv").write_text("x\n3\n")
    (folder / "e.csv").write_text("x\n3\n")
    with caplog.at_level(logging.WARNING):
        table.save(listed(folder, BY_ROW).load())
    assert rows(table) == {"a-000001": 1, "a-000002": 2, "d-000001": 3}
    said = [record.getMessage() for record in caplog.records]
    assert [text.split("'")[3] for text in said] == ["b.csv", "c.csv", "e.csv"]
    assert "is, byte for byte, 'a.csv', whose rows it has" in said[0]
    assert "byte for byte, 'd.csv'" in said[2]
    assert table.resolve().version == 1
    (folder / "e.csv").write_text("x\n3\n\n")
    table.save(listed(folder, BY_ROW).load())
    assert rows(table)["e-000001"] == 3


def test_a_content_that_a_file_had_before_it_was_corrected_is_known(folder, embedded):
    """An old copy under another name brings nothing back; the file itself may be changed back."""
    for text in ("x\n1\n", "x\n5\n"):
        (folder / "a.csv").write_text(text)
        embedded.save(listed(folder, BY_ROW).load())
    (folder / "old.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW).load())
    assert rows(embedded) == {"a-000001": 5}
    (folder / "a.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW).load())
    assert rows(embedded) == {"a-000001": 1}


def test_a_correction_is_taken_that_makes_two_files_the_same(folder, embedded):
    """Of a file that was taken, however its content is known: from the other file, or both anew."""
    by_id = {"no": {"type": "integer"}, "x": {"type": "integer"}}
    for b, a, expected in (("1,2", "1,1", 2), ("1,1", "1,1", 1), ("1,3", "1,3", 3)):
        (folder / "a.csv").write_text(f"no,x\n{a}\n")
        (folder / "b.csv").write_text(f"no,x\n{b}\n")
        embedded.save(listed(folder, by_id).load())
        assert rows(embedded) == {1: expected}
    assert embedded.resolve().version == 4  # two, b alone, then both


def test_a_file_that_has_changed_is_told_to_the_run(folder, embedded):
    """By the digest that it had: the run knows who needs it."""
    tables = RunTables(run_id="3f9c2a7be1c44d0f8a6f0c2d9b7e5a10")
    embedded.join(tables)
    (folder / "a.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW).load())
    assert tables.corrected == []
    (folder / "a.csv").write_text("x\n5\n")
    embedded.save(listed(folder, BY_ROW).load())
    was = hashlib.sha256(b"x\n1\n").hexdigest()
    assert tables.corrected == [Corrected("samples", "a.csv", was)]


@pytest.mark.slow_on_spark
@pytest.mark.spark_sample("first-out")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("123", "23"),
        ("12345", "1245"),
        ("123", "0123"),
        ("12345", "12453"),
        ("1234567", "2345678"),
        ("12", "21"),
    ],
    ids=["first-out", "middle-out", "put-in", "moved", "window", "exchanged"],
)
def test_rows_that_moved_are_refused(folder, table, before, after):
    """By row numbers each would become another's correction; the table is as it was."""
    (folder / "a.csv").write_text("x\n" + "\n".join(before))
    table.save(listed(folder, BY_ROW).load())
    was = rows(table)
    (folder / "a.csv").write_text("x\n" + "\n".join(after))
    with pytest.raises(DeliveryError) as caught:
        table.save(listed(folder, BY_ROW).load())
    assert "'a.csv': its rows have moved since it was taken" in caught.value.message
    assert "no: {type: string, from: content}" in caught.value.message
    assert "kedro deliveries anew samples" in caught.value.message
    assert (rows(table), table.resolve().version) == (was, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("123", "1234"),
        ("123", "173"),
        ("1111", "1121"),
        ("123", "12"),
        ("121212", "121222"),
    ],
    ids=["appended", "corrected", "coarse", "cut", "coarse-again"],
)
def test_corrections_and_additions_are_taken(folder, embedded, before, after):
    """Where nothing says that rows moved, a file may change."""
    (folder / "a.csv").write_text("x\n" + "\n".join(before))
    embedded.save(listed(folder, BY_ROW).load())
    (folder / "a.csv").write_text("x\n" + "\n".join(after))
    embedded.save(listed(folder, BY_ROW).load())
    values = [str(value) for value in rows(embedded).values()]
    assert "".join(values) == after + before[len(after) :]


@pytest.mark.spark_sample
def test_a_key_of_content_goes_with_its_row(folder, table):
    """A line taken out or moved changes nothing; another file's same row is the same row."""
    (folder / "a.csv").write_text("x\n1\n2\n2\n")
    table.save(listed(folder, BY_CONTENT).load())
    assert sorted(rows(table).values()) == [1, 2, 2]
    (folder / "a.csv").write_text("x\n2\n1\n")
    (folder / "b.csv").write_text("x\n3\n2\n")
    table.save(listed(folder, BY_CONTENT).load())
    assert sorted(rows(table).values()) == [1, 2, 2, 3]


def declared(table, folder):
    """Do what a run does before its first node."""
    catalog = DataCatalog({"deliveries": folder, "samples": table})
    flow = pipeline([node(list, "deliveries", "samples", name="ingest")])
    pin_tables({}, flow, catalog, RunTables())


@pytest.mark.parametrize(
    ("schema", "key", "said"),
    [
        (
            {**BY_ROW, "x": {"type": "double"}},
            "no",
            "'x' of its deliveries as long, and the catalog declares double",
        ),
        (BY_CONTENT, "no", "as string from row, and the catalog declares string from content"),
        (
            {"x": {"type": "long"}, "no": {"type": "string", "from": "file"}},
            "no",
            "string from file",
        ),
        (BY_ROW, "x", "by the key no, and the catalog declares x"),
    ],
)
def test_a_declaration_that_does_not_fit_the_table_is_refused(folder, embedded, schema, key, said):
    """Before the first node, whether or not a file is new, with the way out."""
    (folder / "a.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW).load())
    declared(embedded, listed(folder, BY_ROW))
    with pytest.raises(SchemaError) as caught:
        declared(embedded, listed(folder, schema, key=key))
    assert said in caught.value.message
    assert "Nothing was run" in caught.value.message
    assert "kedro deliveries anew samples" in caught.value.message


def test_what_else_has_changed_is_said(folder, embedded, caplog):
    """A column more or less, another dialect: the run goes on."""
    (folder / "a.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW).load())
    other = {"no": BY_ROW["no"], "y": {"type": "long", "optional": True}}
    with caplog.at_level(logging.WARNING):
        declared(embedded, listed(folder, other, csv={"decimal": ","}))
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "keeps column x, which the schema of its deliveries declares no more" in said
    assert "gets column y with the next delivery" in said
    assert "`csv` has changed since table 'samples' took 'a.csv'" in said


def test_a_re_run_is_not_held_against_the_table(folder, embedded):
    """What the run took, it takes."""
    (folder / "a.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW).load())
    catalog = DataCatalog({"d": listed(folder, BY_CONTENT), "samples": embedded})
    flow = pipeline([node(list, "d", "samples", name="ingest")])
    pin_tables({}, flow, catalog, RunTables(believes_commits=False))


def test_a_commit_notes_what_its_delivery_was_read_by(folder, embedded):
    """Types, key, and the dialect where it is not the strict one."""
    (folder / "a.csv").write_text("x\n1\n")
    embedded.save(listed(folder, BY_ROW, csv={"null_values": ["NA"]}).load())
    note = next(entries(embedded.location, 0)).note
    assert note.delivery.columns == {"no": "string from row", "x": "long"}
    assert note.delivery.key == ["no"]
    assert note.delivery.dialect == {"null_values": ["NA"]}


@pytest.mark.spark_sample
def test_a_table_begins_anew(folder, table):
    """All files again, by another schema, in place of what it held; the old version stays."""
    (folder / "a.csv").write_text("x\n1\n2\n")
    (folder / "b.csv").write_text("x\n3\n")
    table.save(listed(folder, BY_ROW).load())
    written, count = begin_anew(table.location, None)
    assert (written.opened.version, count) == (2, 2)
    assert rows(table) == {"a-000001": 1, "a-000002": 2, "b-000001": 3}
    with pytest.raises(LakeproofError, match="has taken no delivery since it began anew"):
        begin_anew(table.location, None)
    other = {"no": BY_CONTENT["no"], "x": {"type": "double"}}
    declared(table, listed(folder, other))
    table.save(listed(folder, other).load())
    assert sorted(rows(table).values()) == [1.0, 2.0, 3.0]
    assert table.resolve().columns["x"] == "double"
    assert table.resolve().version == 4
    table.save(listed(folder, other).load())
    assert table.resolve().version == 4
    assert (
        DeltaTable(filepath=table.location.uri, load_args={"version": 1}).load().collect().height
        == 3
    )
    begin_anew(table.location, None)
    table.save(listed(folder, BY_ROW).load())
    assert set(rows(table)) == {"a-000001", "a-000002", "b-000001"}


@pytest.mark.slow_on_spark
def test_files_of_any_format_and_dialect_become_the_same_rows(folder, make_table):
    """On each engine: what is parsed is handed over, not parsed twice."""
    table = make_table(key="id", save_args={"mode": "merge", "schema_mode": "merge"})
    schema = {
        "id": {"type": "string"},
        "day": {"type": "date", "format": "%d.%m.%Y", "nullable": True},
        "x": {"type": "double", "nullable": True},
    }
    (folder / "a.CSV").write_bytes("id;day;x\nä;31.1.2026;1.234,5\nB;NA;\n".encode("cp1252"))
    (folder / "b.jsonl").write_text('{"id": "C", "day": null, "x": "0,1"}\n')
    pl.DataFrame({"id": ["D"], "day": [dt.date(2026, 2, 1)], "x": [0.1]}).write_parquet(
        folder / "c.parquet"
    )
    csv = {"separator": ";", "encoding": "cp1252", "decimal": ",", "thousands": "."}
    listed = DeliveryFolder(
        path=str(folder),
        pattern=["*.csv", "*.jsonl", "*.parquet"],
        key="id",
        schema=schema,
        csv={**csv, "null_values": ["NA"]},
    )
    for _ in range(2):
        table.save(listed.load())
    assert table.resolve().version == 2
    assert table.load().collect().select("id", "day", "x").sort("id").rows() == [
        ("B", None, None),
        ("C", None, 0.1),
        ("D", dt.date(2026, 2, 1), 0.1),
        ("ä", dt.date(2026, 1, 31), 1234.5),
    ]
