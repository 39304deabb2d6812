"""When to switch: the feature pipeline on the embedded engine and on Spark, over growing tables.

`python benchmarks/engines.py [ROWS…]`. Each is a process from its start to its end, imports and
session included: that is what somebody waits for. Both must write the same content.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import spark_feature
import spark_side
from measure import report, seconds

SIZES = (1_000_000, 10_000_000, 100_000_000)
ENGINES = ("embedded", "spark")


def both(folder: Path, rows: int) -> dict[str, float]:
    """Take both engines over a table of so many rows."""
    from lakeproof.delta.read.versions import digest_of

    spark_side.told(spark_feature.__file__, "make", str(folder), str(rows))
    figures: dict[str, float] = {}
    digests = set()
    for engine in ENGINES:
        peaks: dict[str, float] = {}

        def work(engine: str = engine, peaks: dict[str, float] = peaks) -> None:
            peaks.update(spark_side.told(__file__, engine, str(folder))[1])

        figures[f"{engine}_{rows:,}_s"] = round(seconds(work), 1)
        figures[f"{engine}_{rows:,}_gib"] = round(sum(peaks.values()), 2)
        written = spark_feature.table(folder, "features", engine).resolve()
        if written.rows() != rows:
            sys.exit(f"{engine} wrote {written.rows()} of {rows} rows")
        digests.add(digest_of(written))
        shutil.rmtree(folder / "features")
    if len(digests) != 1:
        sys.exit(f"the engines wrote other rows: {digests}")
    return figures


def main() -> None:
    """Measure each size, or be one of the engines."""
    if len(sys.argv) > 2 and sys.argv[1] in ENGINES:
        engine, folder = sys.argv[1], Path(sys.argv[2])
        if engine == "spark":
            spark_side.session()
        spark_side.tell(lambda: spark_feature.ours(folder, engine))
        return
    figures: dict[str, float] = {}
    for rows in [int(rows) for rows in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            figures |= both(Path(folder), rows)
    report("the feature pipeline on either engine", "told", True, **figures)


if __name__ == "__main__":
    main()
