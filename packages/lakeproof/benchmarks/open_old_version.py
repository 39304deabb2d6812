"""P6: open a pin in the middle of a table of 10,000 commits that has our properties."""

import json
import tempfile
from functools import partial
from pathlib import Path

import deltalake
import polars as pl

from lakeproof.delta import DeltaTable
from lakeproof.delta.log.protocol_support import PROPERTIES
from measure import pairs, ratio, report

COMMITS = 10_000


def build(path: Path, keeps_files: bool) -> None:
    """Make the log by hand, with checkpoints where our property puts them near the middle.

    Every commit adds a file of one row; without `keeps_files` it removes the one before.
    """
    frame = pl.DataFrame({"x": [0.0]}).to_arrow()
    deltalake.write_deltalake(str(path), frame, configuration=dict(PROPERTIES))
    log = path / "_delta_log"
    first = [json.loads(line) for line in (log / f"{0:020d}.json").read_text().splitlines()]
    add = next(action["add"] for action in first if "add" in action)
    content = (path / add["path"]).read_bytes()
    previous = add["path"]
    for version in range(1, COMMITS):
        name = f"part-{version:05}.parquet"
        (path / name).write_bytes(content)
        time = add["modificationTime"] + version
        actions = [
            {"commitInfo": {"timestamp": time, "operation": "WRITE"}},
            {"add": {**add, "path": name, "modificationTime": time}},
        ]
        if not keeps_files:
            actions.append(
                {"remove": {"path": previous, "deletionTimestamp": time, "dataChange": True}}
            )
            previous = name
        (log / f"{version:020d}.json").write_text("\n".join(map(json.dumps, actions)))
        # Our checkpointInterval is 10; only those near the middle and the last are ever read.
        is_near = abs(version - COMMITS // 2) <= 30 or version == COMMITS - 1
        if version % 10 == 9 and is_near:
            deltalake.DeltaTable(str(path), version=version).create_checkpoint()


def main() -> None:
    """Measure with 5,000 live files and with one."""
    figures = {}
    for kind, keeps_files in (("appends", True), ("overwrites", False)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "samples"
            build(path, keeps_files)
            pinned = DeltaTable(filepath=str(path), load_args={"version": COMMITS // 2 + 4})
            pinned.resolve()
            version = COMMITS // 2 + 4
            bare = pairs(
                pinned.resolve, partial(deltalake.DeltaTable, str(path), version=version), 9
            )
            figures[f"{kind}_s"] = ratio(bare)["ours_s"]
            figures[f"{kind}_bare_delta_rs_s"] = ratio(bare)["theirs_s"]
            figures[f"{kind}_files"] = len(pinned.resolve().table.file_uris())
            # What opening saves must not come back when rows are asked for.
            first_row = pairs(
                lambda pinned=pinned: pinned.load().head(1).collect(),
                lambda path=path, version=version: (
                    pl.scan_delta(deltalake.DeltaTable(str(path), version=version))
                    .head(1)
                    .collect()
                ),
                9,
            )
            figures[f"{kind}_first_row_s"] = ratio(first_row)["ours_s"]
            figures[f"{kind}_first_row_bare_s"] = ratio(first_row)["theirs_s"]
    report(
        "P6 open a pin in the middle of 10,000 commits",
        "<= 0.1 s",
        max(figures["appends_s"], figures["overwrites_s"]) <= 0.1,
        **figures,
    )


if __name__ == "__main__":
    main()
