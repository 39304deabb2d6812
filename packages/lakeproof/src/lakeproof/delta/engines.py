"""The engines by the names that a catalog has for them; imported when they are asked for.

Of the two, Spark costs a JVM and Polars half a second: a project pays for the one that it names.
"""

from lakeproof.delta.write.engine import Engine
from lakeproof.errors import RunError


def engine_for(name: str) -> Engine:
    """Make the engine that the catalog names.

    Raises:
        RunError: If there is none of that name.
    """
    if name == "embedded":
        from lakeproof.delta.embedded.embedded_engine import EmbeddedEngine

        return EmbeddedEngine()
    if name == "spark":
        from lakeproof.delta.spark.spark_engine import SparkEngine

        return SparkEngine()
    raise RunError(f"There is no engine '{name}'. Known: embedded, spark. Nothing was run.")
