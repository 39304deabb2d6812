"""What the log alone says of a version, and what is asked of its files where it does not."""

import json
from pathlib import Path

import deltalake
import polars as pl

from lakeproof.delta.log.opening import open_table
from lakeproof.versioned.location import Location


def test_rows_are_counted_in_the_files_where_the_log_has_no_statistics(tmp_path: Path):
    """A writer may leave statistics out; a folder of a partition is encoded in the log."""
    folder = tmp_path / "Müller & Sohn"
    rows = pl.DataFrame({"who": ["a b", "a b", "ü"], "n": [1, 2, 3]})
    deltalake.write_deltalake(folder, rows.to_arrow(), partition_by=["who"])
    log = folder / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        action.get("add", {}).pop("stats", None)
    log.write_text("\n".join(map(json.dumps, actions)) + "\n")

    opened = open_table(Location("samples", str(folder)))

    assert opened.table.get_add_actions(flatten=True)["num_records"].null_count == 2
    assert opened.rows() == 3
