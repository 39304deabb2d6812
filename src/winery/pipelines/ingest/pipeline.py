"""Wire the ingestion of deliveries: those of a folder at once, or as a stream."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.ingest.nodes import (
    ingest_deliveries,
    ingest_stream,
)


def create_pipeline() -> Pipeline:
    """Connect the delivered files with the table `samples`.

    Returns:
        The pipeline `ingest`.
    """
    return Pipeline(
        [Node(ingest_deliveries, inputs="deliveries", outputs="samples", name="ingest_deliveries")]
    )


def create_stream() -> Pipeline:
    """Connect the same files, as they arrive, with the same table; it needs Spark.

    Returns:
        The pipeline `stream`, which is no part of a whole run.
    """
    return Pipeline(
        [Node(ingest_stream, inputs="delivery_stream", outputs="samples", name="ingest_stream")]
    )
