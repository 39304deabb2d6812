"""A session of Spark's for its VACUUM, as somebody else would start one."""

from typing import Any


def session() -> Any:
    """Start it."""
    from pyspark.sql import SparkSession

    from delta import configure_spark_with_delta_pip

    extension = "io.delta.sql.DeltaSparkSessionExtension"
    catalog = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
    builder = (
        SparkSession.builder.master("local[1]")
        .config("spark.sql.extensions", extension)
        .config("spark.sql.catalog.spark_catalog", catalog)
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.ui.enabled", "false")
    )
    return configure_spark_with_delta_pip(builder).getOrCreate()
