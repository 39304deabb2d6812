"""The ids that a table has had, as far as what is left of its log tells them."""

from pathlib import Path

import deltalake
import polars as pl
import pytest

from lakeproof.delta.log.opening import exists, open_table
from lakeproof.leases.table_ids import ids_of
from lakeproof.versioned.location import Location


@pytest.fixture
def three_ids(tmp_path) -> tuple[Path, list[str]]:
    """A table that has another id from version 0, 2 and 4 on, with a checkpoint of each version."""
    ids = []
    for number in range(5):
        if number % 2 == 0:
            other = tmp_path / f"other-{number}"
            deltalake.write_deltalake(str(other), pl.DataFrame({"k": [number]}).to_arrow())
            ids.append(str(deltalake.DeltaTable(str(other)).metadata().id))
        at = tmp_path / "t"
        rows = pl.DataFrame({"k": [number]}).to_arrow()
        deltalake.write_deltalake(str(at), rows, mode="append")
        commit = at / "_delta_log" / f"{number:020d}.json"
        if number % 2 == 0:
            told = (tmp_path / f"other-{number}/_delta_log/{0:020d}.json").read_text()
            lines = [line for line in told.splitlines() if '"metaData"' in line]
            own = [line for line in commit.read_text().splitlines() if '"metaData"' not in line]
            commit.write_text("\n".join([*own, *lines]) + "\n")
        deltalake.DeltaTable(str(at), version=number).create_checkpoint()
    return tmp_path / "t", ids


@pytest.mark.parametrize(
    ("commits", "checkpoints"),
    [((), ()), ((0,), ()), ((0, 1, 2), ()), ((1, 2, 3), (1, 2)), ((1, 2), (1, 2))],
    ids=["a whole log", "no beginning", "checkpoints first", "a gap", "a gap before a commit"],
)
def test_all_ids_are_known_of_which_a_commit_or_a_checkpoint_is_left(
    three_ids, commits, checkpoints
):
    """A lease goes on under the id that the table had."""
    table, ids = three_ids
    for number in commits:
        (table / "_delta_log" / f"{number:020d}.json").unlink()
    for number in checkpoints:
        (table / "_delta_log" / f"{number:020d}.checkpoint.parquet").unlink()
    assert ids_of(open_table(Location("t", str(table)))) == set(ids)


def test_an_id_is_forgotten_with_the_last_that_told_it(three_ids):
    """Nothing opens a version of it any more."""
    table, ids = three_ids
    for number in (0, 1):
        for path in (table / "_delta_log").glob(f"{number:020d}.*"):
            path.unlink()
    assert ids_of(open_table(Location("t", str(table)))) == set(ids[1:])


def test_no_checkpoint_is_read_where_the_commits_tell_all(three_ids):
    """A log of ten years has hundreds, each with all tombstones in it."""
    table, ids = three_ids
    for number in range(4):
        (table / f"_delta_log/{number:020d}.checkpoint.parquet").write_bytes(b"not read")
    assert ids_of(open_table(Location("t", str(table)))) == set(ids)


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("_delta_log/",),
        ("_delta_log/_last_checkpoint", "_delta_log/00000000000000000000.json.tmp"),
        ("_delta_log/.00000000000000000000.json.crc", "_delta_log/0.json"),
        ("_delta_log/00000000000000000000.crc",),
        ("_delta_log/00000000000000000000.00000000000000000001.compacted.json",),
        ("_delta_log/00000000000000000003.json",),
        ("_delta_log/00000000000000000003.checkpoint.parquet",),
        ("_delta_log/00000000000000000003.checkpoint.0000000001.0000000002.parquet",),
        ("_delta_log",),
    ],
    ids=lambda names: " and ".join(names) or "nothing",
)
def test_a_table_is_there_as_delta_rs_tells_it(tmp_path, names):
    """By the names in its log."""
    for name in names:
        path = tmp_path / "t" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_text("")
    place = str(tmp_path / "t")
    assert exists(Location("t", place)) == deltalake.DeltaTable.is_deltatable(place)
