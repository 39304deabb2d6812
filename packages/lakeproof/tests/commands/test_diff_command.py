"""`kedro diff`: what a person types, and what the report about two runs says of it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lakeproof.commands.row_diff import diff, row_changes
from lakeproof.delta import DeltaTable
from lakeproof.errors import TableError
from lakeproof.record.facts import InputFacts, Record
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.views import text

from ..reproduce.builders import RERUN, RUN, a_record, a_rerun, a_table_read

KEYS = ["version", "uri", "table_id", "run_id"]


@pytest.fixture
def changed(lakehouse):
    """A project whose `samples` has at version 4 another row and another value than at 3."""
    table = lakehouse.table("samples")
    table._save_config["schema_mode"] = "overwrite"
    table.save(pl.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]}))
    table.save(pl.DataFrame({"id": ["b", "c"], "x": [2.5, 3.0]}))
    return lakehouse


def test_json_says_all_of_it(changed):
    """Exit code 1: they differ."""
    import json

    found = json.loads(changed.run("diff", "samples", "3", "latest", "--json", code=1).stdout)
    assert (found["schema"], found["table"], found["is_same"]) == (1, "samples", False)
    assert [list(found[side]) for side in "ab"] == [KEYS, KEYS]
    assert [found[side]["version"] for side in "ab"] == [3, 4]
    assert (found["compared_by"], found["key"], found["reason"]) == ("key", ["id"], None)
    assert (found["added"], found["removed"], found["changed"]) == (1, 1, 1)
    first = [{"key": {"id": "b"}, "a": 2.0, "b": 2.5}]
    assert found["columns"] == [{"name": "x", "changed": 1, "first": first}]
    assert found["first_added"] == [{"id": "c", "x": 3.0}]
    assert found["first_removed"] == [{"id": "a", "x": 1.0}]
    assert found["schema_changes"] == []


def test_a_person_reads_how_many_and_the_first_few(changed):
    """Also what came into the schema."""
    said = changed.run("diff", "samples", "3", "4", code=1).stdout
    assert (
        "DIFFERENT (samples, version 3 and version 4): 1 rows added, 1 removed, 1 changed, by id."
        in said
    )
    assert ["x", "1", "b", "2.0", "2.5"] in [line.split() for line in said.splitlines()]
    said = changed.run("diff", "samples", "2", "3", code=1).stdout
    assert ["x", "-", "double"] in [line.split() for line in said.splitlines()]


def test_the_same_rows_are_exit_code_0(changed):
    """In whatever order they were written."""
    assert "the same rows" in changed.run("diff", "samples", "4", "4").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("samples", "0", "9"), "has no version 9: the newest is 4"),
        (("report", "0", "1"), "has no versions"),
        (("sample", "0", "1"), "Did you mean 'samples'?"),
    ],
)
def test_trouble_is_exit_code_2(changed, args, said):
    """And says which."""
    done = changed.run("diff", *args, code=2)
    assert said in done.output


@dataclass(frozen=True)
class Project:
    """Two runs, and the tables that they read."""

    path: Path
    records: Any
    table: DeltaTable

    def locate_in(self, kedro_env: str) -> Any:
        """Look a table up in any environment."""
        return lambda name: self.table if name == "samples" else None

    def personal_in(self, kedro_env: str) -> frozenset[str]:
        """Name no column: nothing here is about people."""
        return frozenset()


@dataclass(frozen=True)
class Shelf:
    """Records, by their ids."""

    held: dict[str, Record]

    def record(self, run_id: str) -> Record:
        """Give one."""
        return self.held[run_id]


def reading(record: Record, table: DeltaTable, version: int, **other: Any) -> Record:
    """Have a run read a version of a table, and know its content."""
    opened = table.open(version)
    facts = {"uri": str(table.location.uri), "table_id": opened.table_id, "version": version}
    read = replace(a_table_read(), **{**facts, "digest": opened.compute_digest(), **other})
    return replace(record, inputs=InputFacts((read,), record.inputs.files, record.inputs.values))


@pytest.fixture
def two_runs(changed):
    table = DeltaTable(filepath=str(changed.path / "data/wine/samples"), key="id")
    table.name_as("samples")
    held = {
        RUN: reading(a_record(), table, 3),
        RERUN: reading(a_rerun(), table, 4),
    }
    return Project(changed.path, Shelf(held), table)


def test_of_a_run_it_is_the_version_that_the_run_read(two_runs):
    """With the key of the catalog."""
    side = diff.side_of_run(two_runs, two_runs.records.record(RUN), "samples")
    assert (side.opened.version, side.key, str(side)) == (3, ("id",), f"version 3 (run {RUN[:8]})")


def test_a_table_that_was_made_anew_is_not_that_of_the_run(two_runs):
    """Version numbers begin anew, too."""
    record = reading(a_record(), two_runs.table, 3, table_id="0" * 32)
    with pytest.raises(TableError, match="was made anew since"):
        diff.side_of_run(two_runs, record, "samples")
    with pytest.raises(TableError, match="neither read nor wrote table 'other'"):
        diff.side_of_run(two_runs, record, "other")


def test_a_report_about_two_runs_says_what_changed_and_what_to_type(two_runs, monkeypatch):
    """Of a large table only what to type."""
    found = compare(*two_runs.records.held.values(), is_rerun=False)
    said = text.write(row_changes.sections(two_runs, found))
    assert "1 rows added, 1 removed, 1 changed, by id." in said
    command = f"kedro diff samples {RUN[:8]} {RERUN[:8]}"
    assert command in said
    assert ["x", "1", "b", "2.0", "2.5"] in [line.split() for line in said.splitlines()]
    monkeypatch.setattr(row_changes, "_LARGEST_BYTES", 0)
    said = text.write(row_changes.sections(two_runs, found))
    assert command in said
    assert "rows added" not in said


def test_runs_that_read_the_same_say_nothing_of_rows(two_runs):
    """No factor, no section."""
    held = two_runs.records.held
    same = reading(a_rerun(), two_runs.table, 3)
    found = compare(held[RUN], same, is_rerun=False)
    assert row_changes.sections(replace(two_runs, records=Shelf({RUN: held[RUN]})), found) == []
