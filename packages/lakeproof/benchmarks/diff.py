"""P10: what differs between two versions of 10M rows, 1 % changed, against one read of both."""

import argparse
import resource
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from lakeproof.delta import DeltaTable
from lakeproof.delta.diff.compare_rows import diff
from measure import pairs, ratio, report

COLUMNS = 10


def main() -> None:
    """Compare by key; no file is in both versions, so all rows are read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    args = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        table = DeltaTable(filepath=str(Path(folder) / "samples"), key="id")
        columns = {f"c{i}": random.random(args.rows) for i in range(COLUMNS - 1)}
        table.save(pl.DataFrame({"id": np.arange(args.rows), **columns}))
        changed = random.random(args.rows) < 0.01
        columns["c3"] = np.where(changed, columns["c3"] + 1, columns["c3"])
        table.save(pl.DataFrame({"id": np.arange(args.rows), **columns}))
        del columns
        before, after = table.open(0), table.open(1)
        frames = [DeltaTable(filepath=table.location.uri, load_args={"version": v}) for v in (0, 1)]

        def read() -> None:
            for frame in frames:
                for _ in frame.load().collect_batches(maintain_order=False, lazy=True):
                    pass

        found = diff(before, after, table.key)
        assert found.changed == int(changed.sum()), found
        figures = ratio(pairs(lambda: diff(before, after, table.key), read, args.pairs))
        report(
            f"P10 kedro diff of {args.rows:,} rows ÷ one read of both",
            "ratio <= 3",
            figures["ratio"] <= 3,
            **figures,
            peak_gib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        )


if __name__ == "__main__":
    main()
