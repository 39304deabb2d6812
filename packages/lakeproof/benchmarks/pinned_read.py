"""P4: a pinned read of 10M rows of 10 doubles, against a raw Polars scan of the same files."""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from lakeproof.delta import DeltaTable
from measure import pairs, ratio, report

ROWS, COLUMNS = 10_000_000, 10


def main() -> None:
    """Read version 0 of a table of two versions; opening and checking the pin included."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "samples")
        frame = pl.DataFrame({f"c{i}": random.random(ROWS) for i in range(COLUMNS)})
        DeltaTable(filepath=path).save(frame)
        DeltaTable(filepath=path).save(frame.head(10))
        del frame
        pinned = DeltaTable(filepath=path, load_args={"version": 0})
        files = pinned.resolve().table.file_uris()
        timed = pairs(lambda: pinned.load().collect(), lambda: pl.scan_parquet(files).collect(), 7)
        figures = ratio(timed)
        speed = round(1 / figures["ratio"], 3)
        report(
            "P4 pinned read of 10M rows ÷ raw scan",
            "speed >= 0.95",
            speed >= 0.95,
            **figures,
            speed=speed,
        )


if __name__ == "__main__":
    main()
