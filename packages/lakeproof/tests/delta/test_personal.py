"""What belongs to a person stands in the rows, and nowhere beside them."""

import json
from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta import DeltaTable
from lakeproof.delta.diff.compare_rows import diff
from lakeproof.delta.diff.masked import PERSONAL, masked
from lakeproof.errors import RowKeyError, SchemaError

PEOPLE = pl.DataFrame(
    {
        "k": ["Aebi", "Meier", "Zaugg"],
        "born": [19310417, 19700203, 20041130],
        "town": ["Bern", "Chur", "Bern"],
    }
)
VALUES = {str(value) for row in PEOPLE.rows() for value in row}


def logged(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted((folder / "_delta_log").glob("*.json")))


def told(folder: Path) -> list[set[str]]:
    """The columns of which the log tells bounds, by file, in the order of the commits."""
    actions = (json.loads(line) for line in logged(folder).splitlines() if line)
    stats = (json.loads(one["add"].get("stats") or "{}") for one in actions if "add" in one)
    return [{*one.get("minValues", ()), *one.get("maxValues", ())} for one in stats]


@pytest.mark.slow_on_spark
def test_the_log_of_a_table_made_here_holds_no_value(make_table, make_other, tmp_path):
    """Of no column, whoever writes next: a delete by somebody else tells no bound either."""
    make_table("t", key="k").save(PEOPLE)
    for mode, rows in (
        ("append", PEOPLE.head(1).with_columns(k=pl.lit("Frey"))),
        ("merge", PEOPLE.head(1).with_columns(town=pl.lit("Chur"))),
        ("delete", PEOPLE[1:2, :1]),
    ):
        make_table("t", key="k", save_args={"mode": mode}).save(rows)
    log = logged(tmp_path / "t")
    assert [value for value in {*VALUES, "Frey"} if f'"{value}' in log or f":{value}" in log] == []
    table = deltalake.DeltaTable(str(tmp_path / "t"))
    table.delete("born < 19400101")
    assert make_other("t").resolve().rows() == 1
    assert not any(told(tmp_path / "t"))


@pytest.mark.slow_on_spark
def test_a_table_made_elsewhere_tells_bounds_of_other_columns_alone(make_table, tmp_path):
    """Whatever its properties ask for, where a column is personal."""
    deltalake.write_deltalake(str(tmp_path / "t"), PEOPLE.to_arrow())
    table = make_table("t", key="k", personal=["k", "born"], save_args={"mode": "merge"})
    table.save(PEOPLE.head(1).with_columns(town=pl.lit("Chur")))
    first, *others = told(tmp_path / "t")
    assert first == {"k", "born", "town"}
    assert others
    assert all(one <= {"town"} for one in others)
    assert table.resolve().rows() == 3


def test_a_personal_column_lays_out_no_files(make_embedded_table, tmp_path):
    """Its values would be names of folders."""
    table = make_embedded_table("t", personal="born", save_args={"partition_by": ["born"]})
    with pytest.raises(SchemaError, match="is personal, and would lay out its files"):
        table.save(PEOPLE)
    assert not (tmp_path / "t").exists()


def test_a_key_that_is_there_twice_is_not_shown(make_embedded_table):
    """How often is."""
    table = make_embedded_table("t", key="k", personal="k", save_args={"mode": "merge"})
    table.save(PEOPLE)
    with pytest.raises(RowKeyError, match=r"hold the key .personal. 2 times") as caught:
        table.save(pl.concat([PEOPLE, PEOPLE.head(1)]))
    assert not [value for value in VALUES if value in caught.value.message]


def test_a_row_that_breaks_a_rule_is_not_shown(make_embedded_table, tmp_path):
    """The rule is."""
    deltalake.write_deltalake(str(tmp_path / "t"), PEOPLE.to_arrow())
    deltalake.DeltaTable(str(tmp_path / "t")).alter.add_constraint({"late": "born > 19000101"})
    early = PEOPLE.head(1).with_columns(born=pl.lit(18990228, pl.Int64), k=pl.lit("Hug"))
    table = make_embedded_table("t", personal="k", save_args={"mode": "append"})
    with pytest.raises(SchemaError, match="born > 19000101") as caught:
        table.save(early)
    assert "Hug" not in caught.value.message
    table = make_embedded_table("t", save_args={"mode": "append"})
    with pytest.raises(SchemaError, match="Hug"):
        table.save(early)


def test_a_preview_leaves_personal_columns_out(make_embedded_table):
    """But for name and type; another entry of the catalog may say which they are."""
    table = make_embedded_table("t")
    table.save(PEOPLE)
    table.keep_back({"k", "born"})
    shown = json.loads(table.preview())["columns: type | first 5 rows"]
    assert (shown["k"], shown["born"]) == ("string | (personal)", "long | (personal)")
    assert shown["town"] == "string | Bern | Chur | Bern"


def test_a_difference_is_counted_and_not_shown(make_embedded_table):
    """Keys and values alike."""
    table: DeltaTable = make_embedded_table("t", key="k")
    table.save(PEOPLE)
    table.save(PEOPLE.tail(2).with_columns(born=pl.lit(20000229, pl.Int64)))
    found = diff(table.open(0), table.open(1), ("k",))
    hidden = masked(found, {"k", "born"})
    assert (hidden.removed, hidden.changed) == (found.removed, found.changed) == (1, 2)
    assert "Aebi" in str(found)
    assert not [value for value in VALUES - {"Bern", "Chur"} if value in str(hidden)]
    assert hidden.first_removed[0] == {"k": PERSONAL, "born": PERSONAL, "town": "Bern"}
