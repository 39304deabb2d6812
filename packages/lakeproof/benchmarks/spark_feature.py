"""P9: the feature pipeline on Spark, against the same in hand-written PySpark.

`python benchmarks/spark_feature.py [ROWS [RUNS]]`. Each side is a process with its own session, the
same for both, whose start is not counted. Both have read the same table, and what
they have written is digested and compared at the end.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import spark_side
from measure import Seconds, pairs, processors, ratio, report, seconds

ROWS, RUNS, NUMBERS = 100_000_000, 3, 10
COLUMNS = [f"c{number}" for number in range(NUMBERS)]
SALT, TEST_FRACTION, WHOLE, PRIME = "1", 0.25, 10_000, 2**31 - 1


def table(folder: Path, name: str, engine: str = "spark"):
    """Give the catalog entry of a table."""
    from lakeproof.delta import DeltaTable

    return DeltaTable(filepath=str(folder / name), key="id", engine=engine)


def make(folder: Path, rows: int) -> None:
    """Write the samples."""
    table(folder, "samples").save(spark_side.random_rows(rows, [*COLUMNS, "y"]))


def ours(folder: Path, engine: str = "spark") -> None:
    """Load, build and save as a run does."""
    from winery.pipelines.feature.nodes import build_features

    settings = {
        "key": "id",
        "target": "y",
        "columns": COLUMNS,
        "ratios": {"share": ["c0", "c1"]},
        "split": {"salt": SALT, "test_fraction": TEST_FRACTION},
    }
    samples = table(folder, "samples", engine).load()
    table(folder, "features", engine).save(build_features(samples, settings))


def theirs(folder: Path) -> None:
    """Do the same without this project: the same columns and the same split."""
    from pyspark.sql import functions as sql

    checksum = sql.crc32(sql.concat(sql.lit(f"{SALT}:"), sql.col("id").cast("string")))
    residue = (checksum % PRIME * 48_271 + 1) % PRIME
    square = residue * residue % PRIME
    spread = square * square % PRIME * residue % PRIME
    samples = spark_side.session().read.format("delta").load(str(folder / "samples"))
    features = samples.select(
        "id",
        *COLUMNS,
        sql.when(sql.col("c1") != 0, sql.col("c0") / sql.col("c1")).alias("share"),
        "y",
        (spread % WHOLE < int(TEST_FRACTION * WHOLE)).alias("is_test"),
    )
    features.write.format("delta").mode("overwrite").save(str(folder / "by_hand"))


def require_equal(folder: Path) -> Seconds:
    """Compare what the two sides have written, to the bit; what the digest of a table takes."""
    import polars as pl

    from lakeproof.digest import digest_table

    facts = {}

    def digest(name: str) -> None:
        facts[name] = digest_table(pl.scan_delta(str(folder / name)))

    digest("by_hand")
    took = seconds(lambda: digest("features"))
    if facts["by_hand"] != facts["features"]:
        sys.exit(f"the two sides wrote other rows: {facts}")
    return took


def compare(folder: Path, rows: int, runs: int) -> None:
    """Measure in turn, each side a process that writes a table which is not there."""
    spark_side.told(__file__, "make", str(folder), str(rows))
    peaks: dict[str, list[dict[str, float]]] = {"features": [], "by_hand": []}

    def side(name: str, written: str) -> Seconds:
        shutil.rmtree(folder / written, ignore_errors=True)
        took, peak = spark_side.told(__file__, name, str(folder))
        peaks[written].append(peak)
        return took

    timed = pairs(
        lambda: side("ours", "features"),
        lambda: side("theirs", "by_hand"),
        runs,
        warm_up=0,
        clock=lambda work: work(),
    )
    digest = require_equal(folder)
    figures = ratio(timed)
    report(
        f"P9 the feature pipeline over {rows:,} rows ÷ hand-written PySpark",
        "<= 1.05",
        figures["ratio"] <= 1.05,
        rows=rows,
        runs=runs,
        **figures,
        **processors(timed),
        digest_processor_s_per_1m_rows=round(digest.processor / rows * 1e6, 3),
        **{
            f"{whose}_{process}_gib": max(peak[f"{process}_gib"] for peak in peaks[written])
            for whose, written in (("ours", "features"), ("theirs", "by_hand"))
            for process in ("python", "jvm")
        },
    )


def main() -> None:
    """Compare, or be one of the sides."""
    if len(sys.argv) > 2 and not sys.argv[1].isdigit():
        name, folder = sys.argv[1], Path(sys.argv[2])
        spark_side.session()
        if name == "make":
            spark_side.tell(lambda: make(folder, int(sys.argv[3])))
        else:
            spark_side.tell(lambda: {"ours": ours, "theirs": theirs}[name](folder))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else RUNS
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), rows, runs)


if __name__ == "__main__":
    main()
