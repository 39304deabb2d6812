"""Wire the ingestion of the deliveries that lie in a folder."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.ingest.nodes import ingest_deliveries


def create_pipeline() -> Pipeline:
    """Connect the delivered files with the table `samples`.

    Returns:
        The pipeline `ingest`.
    """
    return Pipeline(
        [Node(ingest_deliveries, inputs="deliveries", outputs="samples", name="ingest_deliveries")]
    )
