"""Take deliveries as they arrive, exactly once; it needs Spark."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.ingest.nodes import ingest_stream

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Connect the files of `ingest`, as they arrive, with the same table.

    Returns:
        The pipeline `stream`, which is no part of a whole run.
    """
    return Pipeline(
        [Node(ingest_stream, inputs="delivery_stream", outputs="samples", name="ingest_stream")]
    )
