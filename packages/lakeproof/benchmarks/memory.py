"""Peak memory of ingest and feature over 10M rows of 12 columns, each in a process of its own."""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from measure import report, run

ROWS, NUMBERS = 10_000_000, 10
COLUMNS = [f"c{number}" for number in range(NUMBERS)]
GIB = 2**30


def make(folder: Path) -> None:
    """Write the delivery."""
    import numpy as np
    import polars as pl

    (folder / "raw").mkdir()
    random = np.random.default_rng(0)
    with (folder / "raw/1.csv").open("wb") as file:
        for start in range(0, ROWS, 1_000_000):
            frame = pl.DataFrame({"id": np.arange(start, start + 1_000_000)}).with_columns(
                **{name: pl.Series(random.random(1_000_000).round(6)) for name in COLUMNS},
                y=pl.Series(random.random(1_000_000).round(3)),
            )
            file.write(frame.write_csv(include_header=start == 0).encode())


def table(folder: Path, name: str, **entry: object):
    """Give the catalog entry of a table."""
    from lakeproof.delta import DeltaTable

    return DeltaTable(filepath=str(folder / name), key="id", **entry)


def ingest(folder: Path) -> None:
    """Take the delivery."""
    from lakeproof.deliveries import DeliveryFolder
    from winery.pipelines.ingest.nodes import ingest_deliveries

    schema = {"id": {"type": "long"}} | {name: {"type": "double"} for name in [*COLUMNS, "y"]}
    deliveries = DeliveryFolder(path=str(folder / "raw"), key="id", schema=schema).load()
    table(folder, "samples", save_args={"mode": "merge"}).save(ingest_deliveries(deliveries))


def feature(folder: Path) -> None:
    """Build and write the features."""
    from winery.pipelines.feature.nodes import build_features

    settings = {
        "key": "id",
        "target": "y",
        "columns": COLUMNS,
        "ratios": {"share": ["c0", "c1"]},
        "split": {"salt": "1", "test_fraction": 0.25},
    }
    samples = table(folder, "samples").load()
    table(folder, "features").save(build_features(samples, settings))


def main() -> None:
    """Measure each step in a child process, which tells its own peak."""
    if len(sys.argv) > 1:
        begin = time.perf_counter()
        {"make": make, "ingest": ingest, "feature": feature}[sys.argv[1]](Path(sys.argv[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        spent = time.perf_counter() - begin
        print(json.dumps({"gib": round(peak / GIB, 2), "seconds": round(spent, 1)}))
        return
    with tempfile.TemporaryDirectory() as folder:
        steps = {}
        for step in ("make", "ingest", "feature"):
            told = run([sys.executable, __file__, step, folder], Path(__file__).parents[3])
            steps[step] = json.loads(told.splitlines()[-1])
        size = (Path(folder) / "raw/1.csv").stat().st_size / 1e6
    report(
        "memory of ingest and feature, 10M rows x 12 columns",
        "<= 2 GiB each",
        max(steps["ingest"]["gib"], steps["feature"]["gib"]) <= 2,
        csv_mb=round(size),
        **{f"{step}_{key}": value for step in steps for key, value in steps[step].items()},
    )


if __name__ == "__main__":
    main()
