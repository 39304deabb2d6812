"""What kedro viz shows of a table, in a form that it draws."""

import inspect
import json
import sys

import polars as pl
import pytest

ROWS = pl.DataFrame({"a_long_id": ["a", "b", "c"], "x": [1.0, None, float("nan")]})


@pytest.fixture
def table(make_table):
    """A table with two versions, the later one of other rows."""
    table = make_table(key="a_long_id")
    table.save(ROWS)
    table.save(ROWS.head(1))
    return table


def shown(table, **args):
    return json.loads(table.preview(**args))


def test_the_latest_version_is_shown_with_schema_and_first_rows(make_table):
    """Exactly so, rows in the order in which they lie, and what JSON lacks as text."""
    table = make_table()
    table.save(ROWS)
    found = shown(table, nrows=2)
    assert (found["version"], found["rows"]) == (0, 3)
    assert found["columns: type | first 2 rows"] == {
        "a_long_id": "string | a | b",
        "x": "double | 1.0 | null",
    }
    assert found["table id"] == table.resolve().table_id
    assert "pinned by" not in found


@pytest.mark.spark_sample
def test_kedro_viz_is_told_how_to_draw_it(make_table):
    """By the name of the annotation, which is all it looks at."""
    assert inspect.signature(make_table().preview).return_annotation.__name__ == "JSONPreview"


@pytest.mark.spark_sample
def test_a_pin_is_what_is_shown(table, make_table):
    """Also the first version, which is 0, and it says who pinned it."""
    assert shown(table)["rows"] == 1
    pinned = shown(make_table(key="a_long_id", load_args={"version": 0}))
    assert (pinned["version"], pinned["pinned by"], pinned["rows"]) == (0, "the catalog", 3)


@pytest.mark.spark_sample
def test_somebody_elses_commit_is_called_that(table):
    """It has no run, no node and no commit of code to name."""
    ROWS.write_delta(table.location.uri, mode="append")
    found = shown(table)
    assert found["written"]["by"] == "no run of this project"
    assert "by node" not in found["written"]
    assert found["rows"] == 4


@pytest.mark.spark_sample
def test_a_version_whose_commit_was_cleaned_away_is_shown_without_its_writer(table, tmp_path):
    """A checkpoint still has the rows."""
    import deltalake

    deltalake.DeltaTable(table.location.uri).create_checkpoint()
    for number in range(2):
        (tmp_path / f"samples/_delta_log/{number:020d}.json").unlink()
    found = shown(table)
    assert found["rows"] == 1
    assert "written" not in found


@pytest.mark.spark_sample
@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({}, "Table 'elsewhere' does not exist"),
        ({"load_args": {"version": "newest"}}, "newest"),
        ({"load_args": {"versoin": 1}}, "versoin"),
    ],
)
def test_what_cannot_be_had_is_said_in_a_sentence(make_table, entry, sentence):
    """A fresh clone has no tables, and looking at it is no error."""
    found = shown(make_table("elsewhere", **entry))
    assert sentence in found.pop("nothing to show")
    assert found == {}


@pytest.mark.spark_sample
def test_long_cells_and_many_columns_are_cut_and_counted(make_table):
    """The browser gets no page that it cannot draw."""
    table = make_table()
    table.save(pl.DataFrame({"text": ["x" * 1000]} | {f"c{n}": [n] for n in range(300)}))
    found = shown(table)
    columns = found["columns: type | first 5 rows"]
    assert len(columns["text"]) < 100
    assert columns["text"].endswith("x…")
    assert len(columns) + found["columns not shown"] == 301


@pytest.mark.spark_sample
def test_looking_starts_no_spark(table, make_table, monkeypatch):
    """A table of the other engine is shown by the one that is always there."""
    monkeypatch.setitem(sys.modules, "pyspark", None)  # importing it fails
    assert shown(make_table(key="a_long_id", engine="spark"))["rows"] == 1
