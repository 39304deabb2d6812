"""A session of Spark's for its VACUUM, as somebody else would start one."""

from pathlib import Path
from typing import Any

from lakeproof.spark.jars import locked_jars

_LOCK = Path(__file__).parents[4] / "requirements/jars.txt"


def session() -> Any:
    """Start it with Delta's jars, as locked, and with no setting of ours."""
    from pyspark.sql import SparkSession

    jars = locked_jars(_LOCK, {})
    builder = (
        SparkSession.builder.master("local[1]")
        .config("spark.jars", ",".join(str(one.path) for one in jars))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.sql.shuffle.partitions", "1")
        # VACUUM lists folders in as many tasks as this says: 10,000 where nobody says it.
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
    )
    return builder.getOrCreate()
