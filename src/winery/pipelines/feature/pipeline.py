"""Wire the features."""

from kedro.pipeline import Node, Pipeline

from winery.pipelines.feature.nodes import build_features


def create_pipeline() -> Pipeline:
    """Connect the tables `samples` and `features`.

    Returns:
        The pipeline `feature`.
    """
    return Pipeline(
        [
            Node(
                build_features,
                inputs=["samples", "params:feature"],
                outputs="features",
                name="build_features",
            )
        ]
    )
