"""P9b: a correction of 1 % merged into 5M rows, against a hand-written `DeltaTable.merge`.

`python benchmarks/spark_merge.py [ROWS [NEW]]`, with so many new rows among the corrections.
Ours is what a run does: the delivery is parsed and checked, the table's content is reckoned, the
commit says who made it. By hand it is read by Spark and merged, as Delta's documentation has it.
One session for both, warm; each merge is into a copy of its own of the same table.
"""

import os
import shutil
import sys
import tempfile
from itertools import count
from pathlib import Path

import spark_side
from measure import pairs, processors, ratio, report

# Pairs differ by a tenth either way.
ROWS, CORRECTED, RUNS, NUMBERS = 5_000_000, 50_000, 11, 10
COLUMNS = [f"c{number}" for number in range(NUMBERS)]
SCHEMA = {"id": "long", **dict.fromkeys([*COLUMNS, "y"], "double")}


def table(path: Path):
    """Give the catalog entry of a table."""
    from lakeproof.delta import DeltaTable

    return DeltaTable(filepath=str(path), key="id", engine="spark", save_args={"mode": "merge"})


def make(folder: Path, rows: int, corrected: int, new: int) -> None:
    """Write the table, and the delivery that corrects rows all over it and brings some."""
    import numpy as np
    import polars as pl

    table(folder / "before").save(spark_side.random_rows(rows, [*COLUMNS, "y"]))
    random = np.random.default_rng(0)
    known = random.choice(rows, corrected - new, replace=False)
    ids = np.concatenate([known, np.arange(rows, rows + new)])
    correction = pl.DataFrame({"id": ids}).with_columns(
        **{name: pl.Series(random.random(corrected).round(6)) for name in [*COLUMNS, "y"]}
    )
    (folder / "raw").mkdir()
    correction.write_csv(folder / "raw/1.csv")


def ours(raw: Path, path: Path) -> None:
    """Take the delivery as a run does."""
    from lakeproof.deliveries import DeliveryFolder
    from winery.pipelines.ingest.nodes import ingest_deliveries

    schema = {name: {"type": kind} for name, kind in SCHEMA.items()}
    deliveries = DeliveryFolder(path=str(raw), key="id", schema=schema).load()
    table(path).save(ingest_deliveries(deliveries))


def theirs(raw: Path, path: Path) -> None:
    """Merge the same file without this project."""
    from delta.tables import DeltaTable

    spark = spark_side.session()
    declared = ", ".join(f"{name} {kind}" for name, kind in SCHEMA.items())
    correction = spark.read.schema(declared).option("header", True).csv(str(raw))
    merge = (
        DeltaTable.forPath(spark, str(path)).alias("t").merge(correction.alias("s"), "t.id = s.id")
    )
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()


def require_equal(first: Path, second: Path) -> None:
    """Compare what the two sides have made of the table, row by row and to the bit."""
    from lakeproof.delta.read.versions import compute_digest, digest_of

    said, made, by_hand = (
        digest_of(table(first).resolve()),
        compute_digest(table(first).resolve()),
        compute_digest(table(second).resolve()),
    )
    if not said == made == by_hand:
        sys.exit(f"the two sides made other tables: {said}, {made}, {by_hand}")


def main() -> None:
    """Measure in turn."""
    rows, corrected, new = ROWS, CORRECTED, 0
    if len(sys.argv) > 1:
        rows, corrected = int(sys.argv[1]), int(sys.argv[1]) // 100
    if len(sys.argv) > 2:
        new = int(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spark_side.session()
        make(folder, rows, corrected, new)
        copies = {
            side: [folder / f"{side}-{number}" for number in range(RUNS + 1)]
            for side in ("ours", "theirs")
        }
        for copy in (*copies["ours"], *copies["theirs"]):
            # Files of a table are never written again, so that links to them do.
            shutil.copytree(folder / "before", copy, copy_function=os.link)
        next_ours, next_theirs = count(), count()
        timed = pairs(
            lambda: ours(folder / "raw", copies["ours"][next(next_ours)]),
            lambda: theirs(folder / "raw", copies["theirs"][next(next_theirs)]),
            RUNS,
            clock=spark_side.spark_seconds,
        )
        require_equal(copies["ours"][-1], copies["theirs"][-1])
    figures = ratio(timed)
    report(
        f"P9b ingest of {corrected:,} corrections, {new:,} of them new, into {rows:,} rows ÷ "
        "hand-written merge",
        "<= 1.05",
        figures["ratio"] <= 1.05,
        **figures,
        **processors(timed),
    )


if __name__ == "__main__":
    main()
